import { describe, expect, test } from '@jest/globals';
import { DocumentError } from '../../src/documents/errors.ts';
import { createRoster, type FetchedRoster, type RosterOptions } from '../../src/roster/roster.ts';

const tableOf = (teams: Record<string, string>): FetchedRoster => ({
  columns: new Set(['agent_id', 'team', 'name']),
  agents: new Map(Object.entries(teams).map(([id, team]) => [id, { team, name: `name of ${id}` }])),
});

/** A roster over a source that the test changes as it goes. */
function start(options: Partial<RosterOptions> = {}) {
  const state = {
    nowMs: 1_000_000,
    table: tableOf({ a: 'Sales' }),
    failure: undefined as Error | undefined,
    budgets: [] as number[],
    logs: [] as [string, Record<string, unknown>][],
    wait: Promise.resolve(),
  };
  const get = createRoster(
    async (budgetMs) => {
      state.budgets.push(budgetMs);
      await state.wait;
      if (state.failure) throw state.failure;
      return state.table;
    },
    { source: 'users-api', labels: ['team', 'site'], filters: [], ttlMs: 3_600_000, ...options },
    () => state.nowMs,
    (event, fields) => state.logs.push([event, fields]),
  );
  return { state, get };
}
const hours = 3_600_000;

describe('the roster of an account', () => {
  test('is read once within its time, then again', async () => {
    const { state, get } = start();
    const { roster, status } = await get(10_000);
    expect(roster!.get('a')).toEqual({
      team: 'Sales',
      columns: { team: 'Sales', name: 'name of a' },
      labels: { team: 'Sales', site: '' },
    });
    expect(status).toEqual({ up: true, agents: 1, readAtMs: 1_000_000, inSeveralTeams: undefined });
    await get(10_000);
    expect(state.budgets).toEqual([8000]);
    state.nowMs += hours;
    state.table = tableOf({ a: 'Support', b: 'Support' });
    expect((await get(10_000)).roster!.get('a')!.team).toBe('Support');
    // There is one that would do: no scrape waits long for the next.
    expect(state.budgets).toEqual([8000, 2000]);
  });

  test('that hangs on a refresh is not up, and the last one serves', async () => {
    const { state, get } = start();
    await get(10_000);
    state.nowMs += hours;
    state.wait = new Promise(() => {});
    const { roster, status } = await get(20);
    expect([roster!.size, status]).toMatchObject([1, { up: false, agents: 1, readAtMs: 1_000_000 }]);
  });

  test('that is still on its way is not up, for who cannot wait for it', async () => {
    const { state, get } = start();
    let arrive = () => {};
    state.wait = new Promise((resolve) => {
      arrive = resolve;
    });
    const patient = get(10_000);
    const { roster, status } = await get(10);
    expect([roster, status]).toMatchObject([undefined, { up: false, agents: undefined }]);
    arrive();
    expect((await patient).status).toMatchObject({ up: true, agents: 1 });
    expect(state.budgets).toEqual([8000]);
  });

  test('that cannot be read again serves on, and says so', async () => {
    const { state, get } = start();
    await get(10_000);
    state.nowMs += 2 * hours;
    state.failure = new DocumentError('s3://acme/roster.csv: there is no such object');
    const { roster, status } = await get(10_000);
    expect(roster!.size).toBe(1);
    expect(status).toMatchObject({ up: false, agents: 1, readAtMs: 1_000_000 });
    expect(state.logs).toEqual([
      [
        'roster not read; the last one serves',
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
      state.nowMs += afterMs;
      expect((await get(10_000)).roster).toBeUndefined();
      expect(state.budgets).toHaveLength(tries);
    }
    state.failure = undefined;
    state.nowMs += hours;
    expect((await get(10_000)).status).toMatchObject({ up: true, agents: 1 });
  });

  test('is shared by scrapes at the same time, of which none waits longer than it may', async () => {
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
    expect(state.budgets).toEqual([48_000]);
  });

  test.each<[string, Partial<RosterOptions>]>([
    ['a label', { labels: ['team', 'floor'] }],
    ['a pattern', { filters: ['floor'] }],
  ])('without the column of %s is refused', async (_, options) => {
    const { state, get } = start(options);
    expect((await get(1000)).roster).toBeUndefined();
    expect(state.logs[0]![1]).toMatchObject({
      message: 'the roster has no column floor, which the settings ask for',
    });
  });
});
