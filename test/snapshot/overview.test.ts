import { describe, expect, test } from '@jest/globals';
import {
  accountOverview,
  agentsRows,
  longest,
  teamOverviews,
  toDuration,
} from '../../src/snapshot/overview.ts';
import { agent, takenAtMs } from '../support/agents.ts';
import { fullReadingOf, readingOf, rosterOf } from '../support/reading.ts';

const agents = [
  agent('a', { presenceSinceMs: takenAtMs - 90_000 }),
  agent('b', { presence: 'Away' }),
  agent('c', { presence: 'ExtendedAway' }),
  agent('d', { presence: 'LoggedOut' }),
  agent('e', { live: 1 }),
];
const roster = rosterOf({ b: { team: 'Support' }, c: { team: 'Claims' }, x: { team: 'Empty' } });
const reading = fullReadingOf(agents, roster);

describe('at a glance', () => {
  test('an account has each agent once', () => {
    const row = accountOverview('acme', reading.floor!);
    expect(row).toEqual({
      name: 'acme',
      agents: 5,
      ready: 2,
      free: 1,
      longestFree: '90 s',
      busy: 1,
      away: 2,
      loggedOut: 1,
    });
  });

  test('agents with unknown work are neither free nor busy', () => {
    const unknown = fullReadingOf([agent('a', { interactions: undefined }), agent('e', { live: 1 })], roster);
    for (const row of [accountOverview('acme', unknown.floor!), ...teamOverviews(unknown, 1)]) {
      expect(row).toMatchObject({ agents: 2, ready: 2, free: 0, busy: 1 });
    }
  });

  test('nobody free is an empty duration', () => {
    expect(accountOverview('acme', readingOf([agents[1]!]).floor!).longestFree).toBe('');
  });

  test('a team has its own agents once', () => {
    const of = rosterOf(Object.fromEntries(agents.map(({ id }) => [id, { team: 'All' }])));
    const [team, ...others] = teamOverviews(fullReadingOf(agents, of), 1);
    expect(team).toEqual({ ...accountOverview('acme', reading.floor!), name: 'All' });
    expect(others).toEqual([]);
  });

  test('Ready agents are grouped by the work that they are ready for', () => {
    const row = (name: string, count: number, duration: string, isPart: boolean) => ({
      name,
      agents: count,
      longest: duration,
      isPart,
    });
    const others = [
      row('Away', 1, '10 min', false),
      row('ExtendedAway', 1, '10 min', false),
      row('LoggedOut', 1, '10 min', false),
    ];
    const [free, busy] = [row('free', 1, '90 s', true), row('busy', 1, '', true)];
    expect(agentsRows(reading.floor!)).toEqual([row('Ready', 2, '10 min', false), free, busy, ...others]);
    const more = [
      ...agents,
      agent('f', { eligibleForRouting: false }),
      agent('g', { live: undefined }),
      agent('h', { live: undefined }),
    ];
    expect(agentsRows(readingOf(more).floor!)).toEqual([
      row('Ready', 5, '10 min', false),
      free,
      busy,
      row('not routable', 1, '', true),
      row('unknown', 2, '', true),
      ...others,
    ]);
  });

  test('teams are those with agents, by name, and agents in none are last', () => {
    expect(teamOverviews(reading, 1).map(({ name, agents: count }) => [name, count])).toEqual([
      ['Claims', 1],
      ['Support', 1],
      ['(no team)', 3],
    ]);
  });

  test('teams are left out without a roster, a snapshot, or with more than four accounts', () => {
    expect(teamOverviews(reading, 4)).toHaveLength(3);
    expect(teamOverviews(reading, 5)).toEqual([]);
    expect(teamOverviews(readingOf(agents), 1)).toEqual([]);
    expect(teamOverviews(readingOf([], { floor: undefined }), 1)).toEqual([]);
  });
});

test.each([
  [0, '0 s'],
  [7400, '7 s'],
  [99_000, '99 s'],
  [100_000, '2 min'],
  [5_900_000, '98 min'],
  [6_000_000, '1.7 h'],
  [86_400_000, '24.0 h'],
  [172_799_000, '48.0 h'],
  [172_800_000, '2 d'],
  [216_000_000, '3 d'],
])('%i ms are %s', (ms, text) => {
  expect(toDuration(ms)).toBe(text);
});

test('the longest age is that of the oldest, and never negative', () => {
  const ages = { count: 1, medianMs: undefined, longerThan: [] };
  expect(longest({ ...ages, oldestMs: takenAtMs - 7000 }, takenAtMs)).toBe('7 s');
  expect(longest({ ...ages, oldestMs: takenAtMs + 7000 }, takenAtMs)).toBe('0 s');
  expect(longest({ ...ages, oldestMs: undefined }, takenAtMs)).toBe('');
});
