import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Agent } from '../../src/snapshot/agent.ts';
import { type AgentSeriesOptions, toAgentSeries } from '../../src/snapshot/agent-series.ts';
import { agent, anyAgents, interaction, snapshotOf } from '../support/agents.ts';
import { toSeries } from '../support/oracle.ts';
import { familiesOf, readingOf, rosterOf, singleOptions } from '../support/reading.ts';

const roster = rosterOf({
  'agent-1': { team: 'Sales', site: 'North', name: 'Ann' },
  'agent-2': { team: 'Support', site: 'North', name: 'Ben' },
});

const choose = (agents: readonly Agent[], options: Partial<AgentSeriesOptions> = {}, known = roster) =>
  toAgentSeries(snapshotOf(agents), 'test', known, {
    ...singleOptions,
    ...options,
  });
const idsOf = (agents: readonly Agent[], options: Partial<AgentSeriesOptions> = {}, known = roster) =>
  choose(agents, options, known).agents.map(({ agent }) => agent.id);

/**
 * The series of single agents, from the words of docs/reference/metrics.md, sharing no code with
 * the exporter.
 */
function recountSingles(agents: readonly Agent[]): Map<string, number> {
  const series = new Map<string, number>();
  for (const each of agents) {
    const key = (name: string, more: Record<string, string> = {}) => {
      const labels = { account: 'test', agent_id: each.id, ...more } as Record<string, string>;
      const pairs = Object.keys(labels).sort();
      return `vcc_agent_${name}{${pairs.map((label) => `${label}=${JSON.stringify(labels[label])}`).join(',')}}`;
    };
    series.set(key('presence', { presence: each.presence, description: each.description ?? '' }), 1);
    if (each.presenceSinceMs !== undefined) {
      series.set(key('presence_since_timestamp_seconds'), each.presenceSinceMs / 1000);
    }
    if (each.live !== undefined) series.set(key('workload', { workload: 'live' }), each.live);
    if (each.semiLive !== undefined) series.set(key('workload', { workload: 'semi_live' }), each.semiLive);
    if (each.nonLive !== undefined) series.set(key('workload', { workload: 'non_live' }), each.nonLive);
    if (each.workloadSinceMs !== undefined) {
      series.set(key('workload_since_timestamp_seconds'), each.workloadSinceMs / 1000);
    }
    if (each.eligibleForRouting !== undefined) {
      series.set(key('eligible_for_routing'), each.eligibleForRouting ? 1 : 0);
    }
    for (const { state } of each.interactions ?? []) {
      const legs = each.interactions!.filter((other) => other.state === state).length;
      series.set(key('interactions', { state }), legs);
    }
    const columns = roster.get(each.id)?.columns;
    series.set(key('info', columns ? { team: columns.team!, site: columns.site! } : {}), 1);
  }
  return series;
}

async function seriesOf(agents: readonly Agent[], options: Partial<AgentSeriesOptions> = {}) {
  const all = toSeries(await familiesOf(readingOf(agents, { agentSeries: choose(agents, options) })));
  return new Map([...all].filter(([key]) => key.startsWith('vcc_agent_')));
}

describe('single agents', () => {
  test('have exactly the series that a recount by hand has, whatever they are doing', async () => {
    await fc.assert(
      fc.asyncProperty(anyAgents, async (agents) => {
        expect(await seriesOf(agents)).toEqual(recountSingles(agents));
      }),
      { numRuns: 60 },
    );
  });

  test('who are LoggedOut have none unless they are selected', () => {
    const agents = [agent('1'), agent('2', { presence: 'LoggedOut' })];
    expect(idsOf(agents, { loggedOut: false })).toEqual(['1']);
    expect(idsOf(agents)).toEqual(['1', '2']);
  });

  test('past the limit are those last by id, whatever the order of the answer', () => {
    const agents = ['3', '1', '4', '2'].map((id) => agent(id));
    expect(idsOf(agents, { limit: 2 })).toEqual(['1', '2']);
    expect(idsOf(agents.toReversed(), { limit: 2 })).toEqual(['1', '2']);
    expect(idsOf(agents, { limit: 0 })).toEqual([]);
  });

  test('stay selected when another agent logs in or out', () => {
    const agents = ['1', '2', '3', '4'].map((id) => agent(id));
    const [before, after] = [agents, agents.slice(0, 3)].map((each) => idsOf(each, { limit: 2 }));
    expect(after).toEqual(before);
  });

  test('left out are counted by the series that they would have had', async () => {
    await fc.assert(
      fc.asyncProperty(anyAgents, fc.nat(30), async (agents, limit) => {
        const { size } = await seriesOf(agents, { limit });
        expect(choose(agents, { limit }).seriesDropped).toBe(recountSingles(agents).size - size);
      }),
      { numRuns: 60 },
    );
  });

  const [one, two, three] = ['agent-1', 'agent-2', 'agent-3'].map((id) => agent(id));
  test.each<[string, Partial<AgentSeriesOptions>, string[]]>([
    ['an id', { include: { column: 'agent_id', pattern: /^(?:agent-[12])$/ } }, ['agent-1', 'agent-2']],
    ['no id', { include: { column: 'agent_id', pattern: /^(?:agent)$/ } }, []],
    ['a team', { include: { column: 'team', pattern: /^(?:Sales)$/ } }, ['agent-1']],
    ['no team at all', { include: { column: 'team', pattern: /^$/ } }, ['agent-3']],
    ['not a team', { exclude: { column: 'team', pattern: /^(?:Sales)$/ } }, ['agent-2', 'agent-3']],
    [
      'a site but not a name',
      {
        include: { column: 'site', pattern: /^(?:North)$/ },
        exclude: { column: 'name', pattern: /^(?:Ann)$/ },
      },
      ['agent-2'],
    ],
  ])('are chosen by %s', (_, options, expected) => {
    expect(idsOf([one!, two!, three!], options)).toEqual(expected);
  });

  test('are all left out while a pattern needs a missing roster: without it, the pattern cannot be applied', () => {
    const options = { exclude: { column: 'team', pattern: /^(?:Sales)$/ } };
    const none = toAgentSeries(snapshotOf([one!]), 'test', undefined, {
      ...singleOptions,
      ...options,
    });
    expect(none).toEqual({ agents: [], seriesDropped: 0 });
  });

  test('need no roster if no pattern needs one', () => {
    const without = (options: Partial<AgentSeriesOptions>) =>
      toAgentSeries(snapshotOf([one!, two!]), 'test', undefined, { ...singleOptions, ...options }).agents;
    expect(without({}).map(({ agent, info }) => [agent.id, info])).toEqual([
      ['agent-1', {}],
      ['agent-2', {}],
    ]);
    expect(without({ include: { column: 'agent_id', pattern: /1$/ } }).map(({ agent }) => agent)).toEqual([
      one,
    ]);
    expect(without({ exclude: { column: 'agent_id', pattern: /1$/ } }).map(({ agent }) => agent)).toEqual([
      two,
    ]);
  });

  test('share the objects of equal labels, so that an encoder writes them once', () => {
    const { agents } = choose([
      agent('1', { interactions: [interaction()] }),
      agent('2', { interactions: [interaction()] }),
    ]);
    expect(agents[0]!.presence).toBe(agents[1]!.presence);
    expect(agents[0]!.states[0]!.labels).toBe(agents[1]!.states[0]!.labels);
  });
});

test('the state of an agent is in no label of a since series', async () => {
  const keys = [...(await seriesOf([agent('1')])).keys()].filter((key) => key.includes('_since_'));
  expect(keys).toEqual([
    'vcc_agent_presence_since_timestamp_seconds{account="test",agent_id="1"}',
    'vcc_agent_workload_since_timestamp_seconds{account="test",agent_id="1"}',
  ]);
});
