import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Agent } from '../../src/snapshot/agent.ts';
import { type TeamOptions, toTeams } from '../../src/snapshot/teams.ts';
import { agent, anyAgents, snapshotOf, takenAtMs } from '../support/agents.ts';
import { freeOf, idleSincesOf, isBusy, toSeries } from '../support/oracle.ts';
import { ageBounds, familiesOf, fullReadingOf, readingOf, rosterOf } from '../support/reading.ts';

const names = ['', 'Sales', 'Support', 'other', 'Ünïcode "x"'];
const anyRoster = fc
  .array(fc.tuple(fc.nat(60), fc.constantFrom(...names)))
  .map((pairs) => rosterOf(Object.fromEntries(pairs.map(([id, team]) => [`agent-${id}`, { team }]))));

describe('teams', () => {
  test('count every agent once: each number adds up to that of the account, and each team is a recount', async () => {
    await fc.assert(
      fc.asyncProperty(anyAgents, anyRoster, async (agents, roster) => {
        const series = toSeries(await familiesOf(fullReadingOf(agents, roster)));
        const teamOf = ({ id }: Agent) => roster.get(id)?.team ?? '';
        const label = (team: string) => `account="test",team=${JSON.stringify(team)}`;
        const all = new Set(['', ...[...roster.values()].map(({ team }) => team)]);
        const allFree = freeOf(agents);
        const { teams } = toTeams(snapshotOf(agents), roster, { ageBounds, maxTeams: 100 });
        let freeInTeams = 0;
        for (const team of all) {
          const own = agents.filter((each) => teamOf(each) === team);
          for (const presence of ['Ready', 'Away', 'ExtendedAway', 'LoggedOut']) {
            expect(
              series.get(
                `vcc_team_agents{account="test",presence="${presence}",team=${JSON.stringify(team)}}`,
              ),
            ).toBe(own.filter((each) => each.presence === presence).length);
          }
          const free = own.filter((each) => allFree.includes(each));
          const since = idleSincesOf(free);
          freeInTeams += free.length;
          expect(series.get(`vcc_team_agents_available{${label(team)}}`)).toBe(free.length);
          for (const bound of ageBounds) {
            expect(
              series.get(
                `vcc_team_agents_available_longer_than{account="test",seconds="${bound}",team=${JSON.stringify(team)}}`,
              ),
            ).toBe(since.filter((each) => takenAtMs - each > bound * 1000).length);
          }
          expect(series.get(`vcc_team_available_oldest_since_timestamp_seconds{${label(team)}}`)).toBe(
            since.length === 0 ? undefined : Math.min(...since) / 1000,
          );
          for (const [workload, key] of [
            ['live', 'live'],
            ['semi_live', 'semiLive'],
            ['non_live', 'nonLive'],
          ] as const) {
            expect(series.get(`vcc_team_workload_interactions{${label(team)},workload="${workload}"}`)).toBe(
              own.reduce((sum, each) => sum + (each[key] ?? 0), 0),
            );
          }
          expect(teams.find(({ name }) => name === team)!.busy).toBe(own.filter(isBusy).length);
        }
        expect(series.get('vcc_agents_available{account="test"}')).toBe(freeInTeams);
        expect(series.get('vcc_roster_missing_agents{account="test"}')).toBe(
          agents.filter(({ id, presence }) => !roster.has(id) && presence !== 'LoggedOut').length,
        );
      }),
      { numRuns: 60 },
    );
  });

  const count = (
    agents: readonly Agent[],
    roster: ReturnType<typeof rosterOf>,
    maxTeams: number,
    more: Partial<TeamOptions> = {},
  ) => toTeams(snapshotOf(agents), roster, { ageBounds, maxTeams, ...more });

  test('without agents are there, with 0', () => {
    const { teams } = count([], rosterOf({ 'agent-1': { team: 'Night' } }), 10);
    expect(teams.map(({ name, available }) => [name, available.count])).toEqual([
      ['', 0],
      ['Night', 0],
    ]);
  });

  test('past the limit are added up under other, the last ones by name, and counted', () => {
    const roster = rosterOf({ 1: { team: 'other' }, 2: { team: 'C' }, 3: { team: 'B' }, 4: { team: 'A' } });
    const agents = ['1', '2', '3', '4', '5'].map((id) => agent(id));
    const { teams, folded, missing } = count(agents, roster, 1);
    expect(teams.map(({ name, available }) => [name, available.count])).toEqual([
      ['', 1],
      ['A', 1],
      ['other', 3],
    ]);
    expect([folded, missing]).toEqual([3, 1]);
    expect(count(agents, roster, 0).teams.map(({ name }) => name)).toEqual(['', 'other']);
  });

  test('are not those without a name, which count towards no limit', () => {
    const { teams, folded } = count([], rosterOf({ 1: { team: '' }, 2: { team: 'A' } }), 1);
    expect([teams.map(({ name }) => name), folded]).toEqual([['', 'A'], 0]);
  });

  test('have free agents as the account has, where the answer has no eligibility', () => {
    const free = (agents: readonly Agent[], more?: Partial<TeamOptions>) =>
      count(agents, new Map(), 1, more).teams[0]!.available.count;
    const untold = agent('a', { eligibleForRouting: undefined });
    expect(free([untold])).toBe(1);
    expect(free([untold, agent('b')])).toBe(1);
    expect(free([untold], { eligibilitySeen: true })).toBe(0);
  });

  test('have at most 20 presences that neither the API reference nor VCC_KNOWN_VALUES names', () => {
    const novel = Array.from({ length: 25 }, (_, index) => `p${index}`);
    const agents = [...novel, 'Sabbatical', 'Away'].map((presence, index) =>
      agent(`a${index}`, { presence }),
    );
    const { presences } = count(agents, new Map(), 1, { known: { presence: ['Sabbatical'] } }).teams[0]!;
    const agentsOf = Object.fromEntries(presences.map(({ name, agents }) => [name, agents]));
    expect(agentsOf).toMatchObject({ Sabbatical: 1, Away: 1, p0: 1, p19: 1, other: 5 });
    expect(presences).toHaveLength(4 + 1 + 20 + 1);
  });
});

test('without a roster there are no teams, and the status of the roster is reported', async () => {
  const status = { up: false, agents: undefined, readAtMs: undefined, inSeveralTeams: undefined };
  const series = toSeries(await familiesOf(readingOf([agent('a')], { roster: status })));
  expect(series.get('vcc_roster_up{account="test"}')).toBe(0);
  expect([...series.keys()].filter((key) => /team|vcc_roster_(?!up)/.test(key))).toEqual([]);
});
