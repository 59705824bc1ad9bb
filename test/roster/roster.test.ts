import { describe, expect, test } from '@jest/globals';
import { deadlineIn, forever } from '../../src/deadline.ts';
import { DocumentError } from '../../src/documents/errors.ts';
import { HttpStatusError } from '../../src/http/errors.ts';
import { createRoster, type FetchedRoster, type RosterOptions } from '../../src/roster/roster.ts';
import { fakeTiming } from '../support/timing.ts';

const tableOf = (teams: Record<string, string>): FetchedRoster => ({
  columns: new Set(['agent_id', 'team', 'name']),
  agents: new Map(Object.entries(teams).map(([id, team]) => [id, { team, name: `name of ${id}` }])),
});

/** A roster over a source that the test changes. */
function start(options: Partial<RosterOptions> = {}) {
  const state = {
    timing: fakeTiming(1_000_000),
    table: tableOf({ a: 'Sales' }),
    failure: undefined as Error | undefined,
    reads: 0,
    logs: [] as [string, Record<string, unknown>][],
    wait: Promise.resolve(),
  };
  const get = createRoster(
    async () => {
      state.reads++;
      await state.wait;
      if (state.failure) throw state.failure;
      return state.table;
    },
    { source: 'users-api', labels: ['team', 'site'], filters: [], ttlMs: 3_600_000, ...options },
    {
      timing: state.timing,
      until: forever,
      log: (event, fields) => state.logs.push([event, fields]),
    },
  );
  return { state, get: (ms: number) => get(deadlineIn(ms)) };
}
const hours = 3_600_000;

describe('the roster of an account', () => {
  test('is read once, and again after its ttl', async () => {
    const { state, get } = start();
    const { roster, status } = await get(10_000);
    expect(roster!.get('a')).toEqual({
      team: 'Sales',
      columns: { team: 'Sales', name: 'name of a' },
      labels: { team: 'Sales', site: '' },
    });
    expect(status).toEqual({ up: true, agents: 1, readAtMs: 1_000_000, inSeveralTeams: undefined });
    await get(10_000);
    expect(state.reads).toBe(1);
    state.timing.pass(hours);
    state.table = tableOf({ a: 'Support', b: 'Support' });
    expect((await get(10_000)).roster!.get('a')!.team).toBe('Support');
    expect(state.reads).toBe(2);
  });

  test('that takes longer than a scrape waits is used by the next scrape', async () => {
    const { state, get } = start();
    await get(10_000);
    state.timing.pass(hours);
    state.table = tableOf({ a: 'Support', b: 'Support' });
    state.wait = new Promise((resolve) => setTimeout(resolve, 100));
    expect((await get(20)).roster!.size).toBe(1);
    await state.wait;
    expect((await get(20)).roster!.size).toBe(2);
    expect(state.reads).toBe(2);
  });

  test('that was never read and takes longer than a scrape is used by the next scrape', async () => {
    const { state, get } = start();
    state.wait = new Promise((resolve) => setTimeout(resolve, 100));
    const { roster, status } = await get(20);
    expect([roster, status]).toMatchObject([undefined, { up: false, agents: undefined }]);
    await state.wait;
    expect((await get(1000)).status).toMatchObject({ up: true, agents: 1 });
    expect([state.reads, state.logs]).toEqual([1, []]);
  });

  test('is read again after its ttl although the clock was set back', async () => {
    const { state, get } = start();
    await get(10_000);
    state.timing.pass(hours);
    state.timing.nowMs -= 2 * hours;
    await get(10_000);
    expect(state.reads).toBe(2);
  });

  test('is not requested again before the Retry-After of the users API is over', async () => {
    const { state, get } = start();
    state.failure = new HttpStatusError('answered 429', 429, 200_000);
    await get(10_000);
    state.timing.pass(199_999);
    await get(10_000);
    expect(state.reads).toBe(1);
    state.timing.pass(1);
    await get(10_000);
    expect(state.reads).toBe(2);
  });

  test('that cannot be read again stays in use, and reports this', async () => {
    const { state, get } = start();
    await get(10_000);
    state.timing.pass(2 * hours);
    state.failure = new DocumentError('s3://acme/roster.csv: there is no such object');
    const { roster, status } = await get(10_000);
    expect(roster!.size).toBe(1);
    expect(status).toMatchObject({ up: false, agents: 1, readAtMs: 1_000_000 });
    expect(state.logs).toEqual([
      [
        'roster not read; the last one is used',
        {
          code: 'document',
          message: 's3://acme/roster.csv: there is no such object',
          nextAttemptInMs: 30_000,
        },
      ],
    ]);
  });

  test('that was never read is no roster, and is tried less and less often', async () => {
    const { state, get } = start();
    state.failure = new DocumentError('no');
    for (const [afterMs, tries] of [
      [0, 1],
      [29_999, 1],
      [1, 2],
      [59_999, 2],
      [1, 3],
    ] as const) {
      state.timing.pass(afterMs);
      expect((await get(10_000)).roster).toBeUndefined();
      expect(state.reads).toBe(tries);
    }
    state.failure = undefined;
    state.timing.pass(hours);
    expect((await get(10_000)).status).toMatchObject({ up: true, agents: 1 });
  });

  test('is shared by scrapes at the same time, none of which waits longer than it may', async () => {
    const { state, get } = start();
    let release = () => {};
    state.wait = new Promise((resolve) => {
      release = resolve;
    });
    const patient = get(60_000);
    const hasty = await get(20);
    expect(hasty.roster).toBeUndefined();
    release();
    expect((await patient).roster!.size).toBe(1);
    expect(state.reads).toBe(1);
  });

  test.each<[string, Partial<RosterOptions>]>([
    ['a label', { labels: ['team', 'floor'] }],
    ['a pattern', { filters: ['floor'] }],
  ])('without the column of %s is refused', async (_, options) => {
    const { state, get } = start(options);
    expect((await get(1000)).roster).toBeUndefined();
    expect(state.logs[0]![1]).toMatchObject({
      message: 'the roster lacks columns that the settings name: floor',
    });
  });
});
