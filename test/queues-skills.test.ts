import { afterEach, describe, expect, test } from '@jest/globals';
import { Secret } from '../src/credentials.ts';
import { ExporterError } from '../src/errors.ts';
import type { Fault } from '../src/simulator/faults.ts';
import type { Series } from './support/oracle.ts';
import {
  expectAgents,
  lines,
  scrape,
  sent,
  seriesOf,
  simulator,
  start,
  stop,
  timing,
} from './support/queue-account.ts';
import { inOrder } from './support/queue-oracle.ts';
import { only, startMs, trueSkillSeries } from './support/queue-truth.ts';

afterEach(stop);

describe('the key of hashes', () => {
  const number = /^vcc_queue_waiting\{.*interaction_plan="(number[^"]*)".*\}/;
  const plans = (series: Series) => new Set([...series.keys()].flatMap((key) => number.exec(key)?.[1] ?? []));

  test.each<[Record<string, string>, unknown[]]>([
    [{ VCC_QUEUE_NUMBERS: 'show' }, []],
    [{}, ['number']],
    [
      { VCC_QUEUE_NUMBERS: 'hash', VCC_AGENT_KEY: 'a-key-of-32-characters-for-tests' },
      [expect.stringMatching(/^number-[0-9a-f]{16}$/)],
    ],
  ])('with %j numbers become %j', async (env, expected) => {
    await start({}, env);
    const series = await seriesOf();
    expect([...plans(series)]).toEqual(expected);
    const shown = [...series.keys()].some((key) => key.includes('0123456789'));
    expect(shown).toBe(env.VCC_QUEUE_NUMBERS === 'show');
  });

  test('hides the queues while it is missing, and counts their requests', async () => {
    let key: Secret | undefined;
    // The same snapshots are served again, but not the failure of the key.
    await start({}, { VCC_CACHE_TTL: '1m' }, (account) => {
      account.queues!.numbers = async () => {
        if (key) return key;
        throw new ExporterError('secret', 'the secret has no agentKey');
      };
    });
    const reading = await expectAgents();
    expect(reading.queues).toMatchObject({
      sources: [
        { error: 'secret', requests: 1, takenAtMs: undefined },
        { error: 'secret', requests: 1 },
      ],
      counts: { ongoing: undefined, left: undefined },
    });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        level: 'error',
        event: 'queues not counted',
        account: 'test',
        code: 'secret',
        message: 'the secret has no agentKey',
      },
    ]);
    await scrape();
    key = new Secret('a-key-of-32-characters-for-tests');
    expect([...plans(await seriesOf())]).toEqual([expect.stringMatching(/^number-[0-9a-f]{16}$/)]);
    expect(sent()).toMatchObject({ api: 1, ongoing: 1, 'queue-times': 1 });
  });
});

describe('skills', () => {
  const skills = { VCC_SKILLS: 'users-api', VCC_ROSTER_TTL: '1h' };
  const status = async () => (await scrape()).queues!.sources.find(({ source }) => source === 'skills')!;
  const names = /^vcc_skill/;

  test('are right, have a token of their own, and are read again after VCC_ROSTER_TTL', async () => {
    await start({ now: () => startMs }, skills);
    const series = await seriesOf();
    expect(inOrder(only(series, names))).toEqual(inOrder(trueSkillSeries(simulator.accounts[0]!)));
    expect(series.get('vcc_queue_up{account="test",source="skills"}')).toBe(1);
    // The list of skills, and the users of each of the 4. The token is requested beside them.
    expect(sent()).toMatchObject({ users: 5, token: 2 });
    expect(series.get('vcc_queue_api_requests{account="test",source="skills"}')).toBe(6);
    timing.pass(3_599_000);
    await scrape();
    expect(sent().users).toBe(5);
    timing.pass(2_000);
    await scrape();
    expect(sent().users).toBe(10);
  });

  test('are in pages, of which none is left out', async () => {
    await start({ now: () => startMs }, { ...skills, VCC_PAGE_SIZE: '3' });
    expect(inOrder(only(await seriesOf(), names))).toEqual(inOrder(trueSkillSeries(simulator.accounts[0]!)));
  });

  test.each<[string, Fault, string]>([
    ['fails', { kind: 'status', value: 500, on: 'users' }, 'http_status'],
    ['hangs', { kind: 'hang', on: 'users' }, 'deadline'],
    ['is half a body', { kind: 'json', on: 'users' }, 'shape'],
    ['has a skill without a name', { kind: 'shape', on: 'users' }, 'shape'],
    ['is throttled', { kind: 'status', value: 429, on: 'users' }, 'throttled'],
  ])('stay in use after a read that %s, and before one never hide anything', async (_, fault, reason) => {
    await start({ faults: [fault] }, skills);
    expect(await status()).toMatchObject({ error: reason, takenAtMs: undefined });
    await expectAgents();
    simulator.faults.length = 0;
    timing.pass(3_600_000);
    // A read that hangs goes on for its own time.
    if (reason === 'deadline') return;
    const readAtMs = timing.now();
    expect(await status()).toMatchObject({ error: undefined });
    simulator.faults.push(fault);
    timing.pass(3_600_000);
    const { takenAtMs, error } = await status();
    expect(error).toBe(reason);
    expect(takenAtMs! - readAtMs).toBeLessThan(60_000);
    expect([...(await seriesOf()).keys()].filter((key) => names.test(key)).length).toBeGreaterThan(4);
  });

  test.each([
    ['the token', { accounts: [{ name: 'test', usersApi: false }] }, 'credentials_rejected'],
    ['the API', { faults: [{ kind: 'status', value: 403, on: 'users' } as const] }, 'forbidden'],
  ])('have a reason of their own while %s refuses the scope', async (_, options, reason) => {
    await start(options, skills);
    expect(await status()).toMatchObject({ error: reason });
    const { queues } = await expectAgents();
    expect(queues!.skills).toBeUndefined();
    expect(queues!.sources.slice(0, 2).map(({ error }) => error)).toEqual([undefined, undefined]);
  });

  test('are unknown while the agents are', async () => {
    await start({ faults: [{ kind: 'status', value: 500 }] }, skills);
    const reading = await scrape();
    expect(reading.queues!.skills).toBeUndefined();
    expect(await status()).toMatchObject({ error: undefined });
  });
});
