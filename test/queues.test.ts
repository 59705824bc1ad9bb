import http from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { openAccounts } from '../src/app/accounts.ts';
import { createScrapers } from '../src/app/scrapers.ts';
import { Secret } from '../src/credentials.ts';
import { deadlineIn } from '../src/deadline.ts';
import { ExporterError } from '../src/errors.ts';
import { createScraper, type Scraper, toFamilies } from '../src/scrape.ts';
import type { Fault } from '../src/simulator/faults.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../src/simulator/server.ts';
import { accountOf, environmentOf } from './support/account.ts';
import { inChild } from './support/in-child.ts';
import { pageOf } from './support/ongoing.ts';
import { type Series, toSeries } from './support/oracle.ts';
import { inOrder } from './support/queue-oracle.ts';
import { only, startMs, trueQueueSeries, trueSkillSeries } from './support/queue-truth.ts';
import { startServer, type TestServer } from './support/server.ts';
import { type MovedTiming, movedTiming } from './support/skewed-timing.ts';

let simulator: Simulator;
let scraper: Scraper;
let timing: MovedTiming;
let lines: string[];
let front: TestServer | undefined;
afterEach(async () => {
  scraper.close();
  await simulator.close();
  await front?.close();
  front = undefined;
});

const agents = 15;
const on = { VCC_QUEUES: 'on', VCC_RETRIES: '0' };

/** A scraper of an account with customers. */
async function start(
  options: SimulatorOptions = {},
  env: Record<string, string> = {},
  change: (account: ReturnType<typeof accountOf>) => void = () => {},
): Promise<void> {
  timing = movedTiming(options.now?.());
  simulator = await startSimulator({ agents, callers: true, wait, ...options, now: timing.apiNow });
  lines = [];
  const account = accountOf(simulator, { ...on, ...(front && { VCC_API_URL: front.origin }), ...env });
  change(account);
  scraper = createScraper(account, { timing, log: (line) => lines.push(line) });
}

const scrape = async (ms = 10_000) => (await scraper.scrape(deadlineIn(ms))).reading;

/** The status of each source: `up`, or why not. */
async function statuses(): Promise<Record<string, string>> {
  const { queues } = await scrape();
  return Object.fromEntries(queues!.sources.map(({ source, error }) => [source, error ?? 'up']));
}

const seriesOf = async (): Promise<Series> => toSeries(await toFamilies([await scrape()]));
const sent = () => ({ ongoing: 0, 'queue-times': 0, ...simulator.requests });

/**
 * Serves the paths of queues with this listener, and everything else as the simulator does. It
 * becomes the API of the next {@link start}.
 */
async function startFront(listener: http.RequestListener): Promise<void> {
  front = await startServer((request, response) => {
    if (/^\/stats\/(interactions|queue-times)/.test(request.url!)) {
      listener(request, response);
      return;
    }
    const { port } = new URL(simulator.apiUrl);
    const forward = { port, path: request.url!, method: request.method!, headers: request.headers };
    request.pipe(
      http.request(forward, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      }),
    );
  });
}

/** The agents are all there, soon. The rest of a second is room for a busy machine. */
async function expectAgents(beforeMs = 0): Promise<Awaited<ReturnType<typeof scrape>>> {
  const startedMs = performance.now();
  const reading = await scrape();
  expect(performance.now() - startedMs).toBeLessThan(beforeMs + 2000);
  expect(reading).toMatchObject({ error: undefined, floor: { agents } });
  return reading;
}

describe('an ordinary scrape', () => {
  test('has who waits and who left, with one token and one request for each list', async () => {
    await start({ now: () => startMs, quirks: { queueLagMs: 0 } });
    const series = await seriesOf();
    const truth = { ongoingMs: startMs, queueTimesMs: startMs, windowMs: 1_800_000, lagMs: 0 };
    expect(
      inOrder(only(series, /^vcc_queues?_(waiting|oldest|window_(?!other)|target|folded|skill)/)),
    ).toEqual(inOrder(only(trueQueueSeries(simulator.accounts[0]!, truth), /^vcc_queues?_(?!window_other)/)));
    expect(sent()).toEqual({ token: 1, api: 1, users: 0, ongoing: 1, 'queue-times': 1 });
    expect(series.get('vcc_queue_api_requests{account="test",source="queue_times"}')).toBe(1);
    expect(series.get('vcc_queue_up{account="test",source="ongoing"}')).toBe(1);
    expect(series.get('vcc_queue_up{account="test",source="skills"}')).toBeUndefined();
    expect(series.get('vcc_queue_snapshot_timestamp_seconds{account="test",source="ongoing"}')).toBe(
      startMs / 1000,
    );
    await scrape();
    expect(sent()).toEqual({ token: 1, api: 2, users: 0, ongoing: 2, 'queue-times': 1 });
  });

  test('without VCC_QUEUES sends not one request about them, and has not one series', async () => {
    await start({}, { VCC_QUEUES: 'off' });
    const families = await toFamilies([await scrape()]);
    expect(simulator.requests).toEqual({ token: 1, api: 1, users: 0 });
    expect(families.filter(({ name }) => /^vcc_(queue|skill|ongoing)/.test(name))).toEqual([]);
  });

  test('of an account without customers has empty lists, which are no failure', async () => {
    await start({ items: [] });
    expect(await statuses()).toEqual({ ongoing: 'up', queue_times: 'up' });
  });

  test('shares its reads with a scrape at the same time', async () => {
    await start();
    const both = await Promise.all([scraper.scrape(deadlineIn(5000)), scraper.scrape(deadlineIn(5000))]);
    expect(both[0]).toBe(both[1]);
    expect(sent()).toEqual({ token: 1, api: 1, users: 0, ongoing: 1, 'queue-times': 1 });
  });

  test('reads who left again only after VCC_QUEUE_INTERVAL, and who waits at once', async () => {
    await start({}, { VCC_QUEUE_INTERVAL: '60s' });
    const counts = [];
    for (const ms of [0, 30_000, 29_000, 2_000, 58_000, 60_000]) {
      timing.pass(ms);
      await scrape();
      counts.push([sent().ongoing, sent()['queue-times']]);
    }
    expect(counts).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 2],
      [5, 2],
      [6, 3],
    ]);
  });

  test('is served from a cache with VCC_CACHE_TTL, the queues too', async () => {
    await start({}, { VCC_CACHE_TTL: '1m' });
    await scrape();
    await scrape();
    expect(sent()).toMatchObject({ api: 1, ongoing: 1, 'queue-times': 1 });
  });

  test.each<[string, Fault, object]>([
    ['a customer who queues between two pages', { kind: 'grow', on: 'ongoing', page: 2, times: 1 }, {}],
    ['one who gives up', { kind: 'shrink', on: 'ongoing', page: 2, times: 1 }, {}],
    ['a list that shifts once', { kind: 'shift', on: 'ongoing', page: 1, times: 1 }, {}],
    ['items returned twice', { kind: 'repeat', on: 'queue-times' }, {}],
    ['a revoked token', { kind: 'status', value: 401, on: 'ongoing', times: 1 }, {}],
    ['one 503', { kind: 'status', value: 503, on: 'queue-times', times: 1 }, { VCC_RETRIES: '1' }],
    ['a small page', { kind: 'delay', value: 0, on: 'ongoing' }, { VCC_PAGE_SIZE: '7' }],
  ])('survives %s, with every customer once', async (_, fault, env) => {
    await start(
      { now: () => startMs, faults: [fault], quirks: { queueLagMs: 0 } },
      { VCC_PAGE_SIZE: '10', ...env },
    );
    const series = await seriesOf();
    const truth = { ongoingMs: startMs, queueTimesMs: startMs, windowMs: 1_800_000, lagMs: 0 };
    const names = /^vcc_queues?_(waiting|oldest|window_left|window_wait|target|folded)/;
    expect(inOrder(only(series, names))).toEqual(
      inOrder(only(trueQueueSeries(simulator.accounts[0]!, truth), names)),
    );
  });
});

describe('the agents', () => {
  const endpoints = [
    ['ongoing', 'ongoing'],
    ['queue_times', 'queue-times'],
  ] as const;
  const faults: [string, Omit<Fault, 'on'>, string][] = [
    ['hangs', { kind: 'hang' }, 'deadline'],
    ['answers 500', { kind: 'status', value: 500 }, 'http_status'],
    ['answers 400', { kind: 'status', value: 400 }, 'http_status'],
    ['answers 403', { kind: 'status', value: 403 }, 'forbidden'],
    ['answers 429', { kind: 'status', value: 429 }, 'throttled'],
    ['answers 429 with Retry-After', { kind: 'status', value: 429, retryAfter: 120 }, 'throttled'],
    ['answers HTML', { kind: 'html' }, 'shape'],
    ['answers half a body', { kind: 'json' }, 'shape'],
    ['breaks the connection', { kind: 'cut' }, 'network'],
    ['never holds still', { kind: 'shift' }, 'snapshot'],
  ];

  describe.each(endpoints)('are all there, and soon, while %s', (source, endpoint) => {
    test.each(faults)('%s', async (_, fault, reason) => {
      await start(
        { faults: [{ ...fault, on: endpoint }] },
        fault.kind === 'shift' ? { VCC_PAGE_SIZE: '2' } : {},
      );
      const { queues } = await expectAgents();
      const [failed, other] = [
        queues!.sources.find((each) => each.source === source),
        queues!.sources.find((each) => each.source !== source),
      ];
      // Queue times only grow, so a list that shifts has the same items.
      const hasFailed = !(fault.kind === 'shift' && source === 'queue_times');
      expect(failed?.error).toBe(hasFailed ? reason : undefined);
      expect(other).toMatchObject({ error: undefined, takenAtMs: expect.any(Number) });
      expect(queues!.counts[source === 'ongoing' ? 'left' : 'ongoing']).toBeDefined();
      if (hasFailed) expect(queues!.counts[source === 'ongoing' ? 'ongoing' : 'left']).toBeUndefined();
      // And in the next scrape, which may join a read that hangs.
      await expectAgents();
    });
  });

  test.each<[string, http.RequestListener, string]>([
    ['an object without items', (_, response) => response.end('{}'), 'shape'],
    ['a list', (_, response) => response.end('[]'), 'shape'],
    ['nothing', (_, response) => response.end(''), 'shape'],
    ['items without a guid', (_, response) => response.end(pageOf([{}])), 'shape'],
    [
      'another page',
      (_, response) => response.end(pageOf([], { meta: { page: 2, count: 0, pageCount: 9, totalCount: 9 } })),
      'snapshot',
    ],
    ['a body above VCC_MAX_BODY_BYTES', (_, response) => response.end(' '.repeat(3_000_000)), 'too_large'],
    ['a body without an end', (_, response) => void endlessly(response), 'too_large'],
    [
      'more pages than VCC_MAX_PAGES',
      (_, response) =>
        response.end(pageOf([], { meta: { page: 1, count: 0, pageCount: 1e9, totalCount: 1e9 } })),
      'too_large',
    ],
    [
      'a redirect to another host',
      (_, response) => response.writeHead(302, { location: 'http://other.invalid/' }).end(),
      'http_status',
    ],
    ['a body that stops', (_, response) => void response.write('{"items":'), 'deadline'],
    ['a connection that is closed', (request) => request.socket.destroy(), 'network'],
  ])('are all there, and soon, while both endpoints answer %s', async (_, listener, reason) => {
    await startFront(listener);
    await start({}, { VCC_MAX_BODY_BYTES: '2000000' });
    const { queues } = await expectAgents();
    expect(queues!.sources.map(({ error }) => error)).toEqual([reason, reason]);
    await expectAgents();
  });

  test.each<[string, Fault[], string]>([
    ['fail', [{ kind: 'status', value: 500 }], 'http_status'],
    ['hang', [{ kind: 'hang' }], 'network'],
    ['have no scope', [{ kind: 'status', value: 403 }], 'forbidden'],
  ])('that %s do not hide the queues', async (_, list, reason) => {
    await start({ faults: list }, { VCC_REQUEST_TIMEOUT: '500ms' });
    const reading = await scrape();
    expect(reading).toMatchObject({ error: reason, floor: undefined });
    expect(reading.queues).toMatchObject({
      sources: [{ error: undefined }, { error: undefined }],
      counts: { ongoing: expect.anything(), left: expect.anything() },
    });
  });

  test('keep all their time while queues hang', async () => {
    const delay: Fault = { kind: 'delay', value: 1500 };
    await start({ faults: [delay, { kind: 'hang', on: 'ongoing' }, { kind: 'hang', on: 'queue-times' }] });
    await expectAgents(1500);
    await expectAgents(1500);
  });

  test.each(['1', '2', '5'])(
    'have all slots to themselves with VCC_CONCURRENCY=%s, while queues hang',
    async (slots) => {
      await start({
        faults: [
          { kind: 'hang', on: 'ongoing' },
          { kind: 'hang', on: 'queue-times' },
        ],
      });
      scraper.close();
      const env = environmentOf(simulator, { ...on, VCC_CONCURRENCY: slots, VCC_PAGE_SIZE: '5' });
      [scraper] = createScrapers(await openAccounts(env, () => {}), () => {}) as [Scraper];
      await expectAgents();
      // An account whose agents failed shares a quarter of the slots, but not with queues.
      simulator.faults.unshift({ kind: 'status', value: 500, page: 1, times: 1 });
      expect((await scrape()).error).toBe('http_status');
      await expectAgents();
    },
  );

  test('are there while the key of hashes hangs, and queues are not', async () => {
    await start({}, {}, (account) => {
      account.queues!.numbers = () => new Promise(() => {});
    });
    const { queues } = await expectAgents();
    expect(queues).toMatchObject({
      sources: [
        { error: 'deadline', requests: 1 },
        { error: 'deadline', requests: 1 },
      ],
    });
  });
});

function endlessly(response: http.ServerResponse): void {
  const timer = setInterval(() => response.write(' '.repeat(500_000)), 5);
  response.on('close', () => clearInterval(timer));
}

describe('while the API throttles', () => {
  test.each([
    ['the agents', 'api', {}, 60],
    ['the agents, with Retry-After', 'api', { retryAfter: 120 }, 120],
    ['who waits', 'ongoing', {}, 60],
    ['who left, with a short Retry-After', 'queue-times', { retryAfter: 5 }, 60],
  ] as const)('%s, queues send no request for the pause', async (_, endpoint, more, seconds) => {
    await start(
      { faults: [{ kind: 'status', value: 429, on: endpoint, times: 1, ...more }] },
      { VCC_QUEUE_INTERVAL: '5s' },
    );
    await scrape();
    const before = sent();
    timing.pass(6_000);
    for (const ms of [0, 20_000, seconds * 1000 - 27_000]) {
      timing.pass(ms);
      expect(await statuses()).toEqual({ ongoing: 'throttled', queue_times: 'throttled' });
    }
    expect(sent()).toMatchObject({ ongoing: before.ongoing, 'queue-times': before['queue-times'] });
    // The agents get what is left of the budget.
    if (endpoint !== 'api') expect(sent().api).toBe(before.api + 3);
    timing.pass(2_000);
    expect(await statuses()).toEqual({ ongoing: 'up', queue_times: 'up' });
    expect(sent()).toMatchObject({ ongoing: before.ongoing + 1, 'queue-times': before['queue-times'] + 1 });
  });

  test('what was read before and is still fresh stays in use', async () => {
    await start();
    await scrape();
    simulator.faults.push({ kind: 'status', value: 429, times: 1 });
    await scrape();
    timing.pass(20_000);
    expect(await statuses()).toEqual({ ongoing: 'throttled', queue_times: 'up' });
  });

  test('the pauses double up to 15 minutes, and start again after a while without', async () => {
    const throttled: Fault = { kind: 'status', value: 429, on: 'ongoing' };
    await start({ faults: [throttled] });
    const pauses: number[] = [];
    const readOngoing = async () => {
      const before = sent().ongoing;
      for (let seconds = 0; sent().ongoing === before; seconds += 30) {
        if (seconds > 0) timing.pass(30_000);
        await scrape();
        if (sent().ongoing > before) pauses.push(seconds);
      }
    };
    for (let turn = 0; turn < 7; turn++) await readOngoing();
    // The other endpoint answered all the time: it says nothing about the budget.
    expect(pauses).toEqual([0, 60, 120, 240, 480, 900, 900]);
    timing.pass(2_000_000);
    simulator.faults = [];
    await readOngoing();
    simulator.faults = [throttled];
    await readOngoing();
    await readOngoing();
    expect(pauses.slice(7)).toEqual([0, 0, 60]);
  });
});

describe('a slow read', () => {
  test('is used by the next scrape', async () => {
    const slow = { kind: 'delay', value: 1600 } as const;
    await start({
      faults: [
        { ...slow, on: 'ongoing' },
        { ...slow, on: 'queue-times' },
      ],
    });
    expect(await statuses()).toEqual({ ongoing: 'deadline', queue_times: 'deadline' });
    await wait(1500);
    const { queues } = await expectAgents();
    expect(queues!.sources.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(queues!.sources.map(({ requests }) => requests)).toEqual([1, 1]);
    expect(queues!.counts.ongoing!.kinds.length).toBeGreaterThan(0);
    expect(sent()).toMatchObject({ ongoing: 2, 'queue-times': 1 });
  });
});

describe('a wrong clock', () => {
  const [minutes, hours, days] = [60_000, 3_600_000, 86_400_000];
  const aheads = [1, 2, 5, 29, 31, 3 * 60, 20 * 24 * 60, 40 * 24 * 60].map((count) => count * minutes);
  const shifts = [0, ...aheads, ...aheads.map((ms) => -ms)];

  /** Scrapes, and expects the true window. Returns how many requests for queue times it took. */
  async function expectWindow(): Promise<number> {
    const before = sent()['queue-times'];
    const series = await seriesOf();
    const nowMs = timing.apiNow();
    const truth = { ongoingMs: nowMs, queueTimesMs: nowMs, windowMs: 30 * minutes, lagMs: 0 };
    const names = /^vcc_queue_window_(left|wait|seconds)/;
    expect(inOrder(only(series, names))).toEqual(
      inOrder(only(trueQueueSeries(simulator.accounts[0]!, truth), names)),
    );
    expect(
      series.get(
        'vcc_queue_window_left{account="test",category="Answered",party_role="External",queue="Billing"}',
      ),
    ).toBeGreaterThan(0);
    expect(series.get('vcc_queue_snapshot_timestamp_seconds{account="test",source="queue_times"}')).toBe(
      nowMs / 1000,
    );
    const requests = sent()['queue-times'] - before;
    expect(series.get('vcc_queue_api_requests{account="test",source="queue_times"}')).toBe(requests);
    return requests;
  }

  const options = { now: () => startMs, quirks: { queueLagMs: 0 } };

  test.each(shifts)('that is %i ms ahead costs at most one more request, once', async (aheadMs) => {
    await start(options, { VCC_QUEUE_INTERVAL: '1m' });
    timing.aheadMs = aheadMs;
    expect(await expectWindow()).toBe(Math.abs(aheadMs) > minutes ? 2 : 1);
    timing.pass(minutes);
    expect(await expectWindow()).toBe(1);
    expect(sent().ongoing).toBe(2);
  });

  test.each([-40 * days, -3 * hours, -2 * minutes, 5 * minutes, 3 * hours, 40 * days])(
    'that jumps by %i ms between two reads costs at most one more request',
    async (jumpMs) => {
      await start(options, { VCC_QUEUE_INTERVAL: '1m' });
      await expectWindow();
      for (const sign of [1, -1]) {
        timing.aheadMs += sign * jumpMs;
        // A clock that was set forward makes everything seem old, and one set back does not.
        timing.pass(minutes);
        expect(await expectWindow()).toBe(2);
        timing.pass(minutes);
        expect(await expectWindow()).toBe(1);
      }
    },
  );

  test('does not make a window of 20 days be read page by page', async () => {
    await start(options, { VCC_PAGE_SIZE: '5', VCC_QUEUE_INTERVAL: '1m', VCC_QUEUE_WINDOW: '1m' });
    timing.aheadMs = -20 * days;
    await scrape();
    const first = sent()['queue-times'];
    timing.pass(minutes);
    await scrape();
    expect(first).toBe(sent()['queue-times'] - first + 1);
    expect(first).toBeLessThan(20);
  });

  test('sends no second request after a 429', async () => {
    await start({ ...options, faults: [{ kind: 'status', value: 429, on: 'queue-times' }] });
    timing.aheadMs = 40 * days;
    expect(await statuses()).toEqual({ ongoing: 'up', queue_times: 'throttled' });
    expect(sent()['queue-times']).toBe(1);
  });

  test('is of no use without a header Date, but another read is not in vain', async () => {
    await startFront((request, response) => {
      response.sendDate = false;
      const tooLong = new URL(request.url!, 'http://x').searchParams.has('start');
      response.writeHead(tooLong ? 400 : 200).end(pageOf([]));
    });
    await start(options);
    timing.aheadMs = 40 * days;
    expect(await statuses()).toEqual({ ongoing: 'up', queue_times: 'http_status' });
  });
});

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

test('what queues answer adds nothing to what the agents may read', async () => {
  await startFront((_, response) => response.end(' '.repeat(1_900_000)));
  await start({}, { VCC_MAX_BODY_BYTES: '2000000' });
  expect(await expectAgents()).toMatchObject({
    queues: { sources: [{ error: 'shape' }, { error: 'shape' }] },
  });
});

test('an account that is closed reads nothing more, and lets the process end', async () => {
  await start();
  const program = `
    import { loadSettings } from './src/config/load.ts';
    import { toAccount } from './src/app/accounts.ts';
    import { createScraper } from './src/scrape.ts';
    import { deadlineIn } from './src/deadline.ts';
    import { startSimulator } from './src/simulator/server.ts';
    import { environmentOf } from './test/support/account.ts';
    const faults = ['ongoing', 'queue-times', 'users'].map((on) => ({ kind: 'hang', on }));
    const simulator = await startSimulator({ agents: 5, callers: true, faults });
    const env = environmentOf(simulator, { VCC_QUEUES: 'on', VCC_SKILLS: 'users-api', VCC_REQUEST_TIMEOUT: '120s', VCC_TIMEOUT: '120s' });
    const scraper = createScraper(toAccount(loadSettings(env)));
    const { reading } = await scraper.scrape(deadlineIn(100_000));
    const startedMs = performance.now();
    scraper.close();
    await simulator.close();
    const { requests } = simulator;
    process.on('exit', () => {
      const { error, queues } = reading;
      console.log(JSON.stringify({ error, sources: queues.sources.map((each) => each.error), requests, endedMs: performance.now() - startedMs }));
    });`;
  const { endedMs, ...rest } = await inChild<{ endedMs: number }>('true', program);
  expect(rest).toEqual({
    sources: ['deadline', 'deadline', 'deadline'],
    requests: { token: 2, api: 1, users: 1, ongoing: 1, 'queue-times': 1 },
  });
  expect(endedMs).toBeLessThan(5000);
});
