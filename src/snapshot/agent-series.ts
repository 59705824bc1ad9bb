import type { Agent } from './agent.ts';
import { compare, isAscending } from './compare.ts';
import type { NamePattern } from './name-pattern.ts';
import type { Snapshot } from './page.ts';
import type { Roster, RosterEntry } from './roster.ts';

/**
 * One agent with its own series. Agents with the same presence or state share the same label
 * objects.
 */
export interface AgentSeries {
  agent: Agent;
  /** The labels of all series of the agent. */
  labels: { account: string; agent_id: string };
  presence: { presence: string; description: string };
  /** Legs by state. States without legs are absent. */
  states: readonly { labels: { state: string }; legs: number }[];
  /** The agent's roster labels. Empty when the roster has no entry for the agent. */
  info: RosterEntry['labels'];
}

/** The agents of an account that have their own series. */
export interface AgentSeriesSet {
  /** In ascending order of agent id. */
  agents: readonly AgentSeries[];
  /** The number of series omitted because of the limit. */
  seriesDropped: number;
}

/**
 * A regular expression for an agent id (column `agent_id`) or a roster column. It must match the
 * whole value.
 */
export interface AgentPattern {
  column: string;
  pattern: NamePattern;
}

/** Which agents have their own series, and what their label `agent_id` is. */
export interface AgentSeriesOptions {
  limit: number;
  /** Whether LoggedOut agents have series too. */
  loggedOut: boolean;
  include: AgentPattern | undefined;
  exclude: AgentPattern | undefined;
  /** Returns the label `agent_id` of an agent. */
  idOf(agentId: string): string;
}

const noLabels = {};

/**
 * Selects the agents that get their own series. If there are more than the limit, it keeps the
 * first agents by id. If the choice depended on anything that changes, series would appear and
 * disappear. While there is no roster, a pattern for a roster column selects no agent, because it
 * is unknown which agents to exclude.
 */
export function toAgentSeries(
  { items: agents }: Snapshot,
  account: string,
  roster: Roster | undefined,
  options: AgentSeriesOptions,
): AgentSeriesSet {
  const { include, exclude, limit, idOf } = options;
  const needsRoster = [include, exclude].some((filter) => filter && filter.column !== 'agent_id');
  if (needsRoster && !roster) return { agents: [], seriesDropped: 0 };
  const chosen = agents.filter(
    (agent) =>
      (options.loggedOut || agent.presence !== 'LoggedOut') &&
      matches(agent, roster, include) !== false &&
      !matches(agent, roster, exclude),
  );
  if (!isAscending(chosen)) chosen.sort((a, b) => compare(a.id, b.id));

  const presences = new Map<string, Map<string, AgentSeries['presence']>>();
  const states = new Map<string, { state: string }>();
  const agentSeries: AgentSeries[] = [];
  let seriesDropped = 0;
  for (const agent of chosen) {
    if (agentSeries.length === limit) {
      seriesDropped += seriesOf(agent);
      continue;
    }
    const description = agent.description ?? '';
    const byDescription = presences.get(agent.presence) ?? new Map<string, AgentSeries['presence']>();
    presences.set(agent.presence, byDescription);
    const presence = byDescription.get(description) ?? { presence: agent.presence, description };
    byDescription.set(description, presence);
    agentSeries.push({
      agent,
      labels: { account, agent_id: idOf(agent.id) },
      presence,
      states: statesOf(agent, states),
      info: roster?.get(agent.id)?.labels ?? noLabels,
    });
  }
  return { agents: agentSeries, seriesDropped };
}

/** Returns undefined when there is no filter. */
function matches(
  agent: Agent,
  roster: Roster | undefined,
  filter: AgentPattern | undefined,
): boolean | undefined {
  if (filter === undefined) return undefined;
  const { column, pattern } = filter;
  return pattern.test(column === 'agent_id' ? agent.id : (roster?.get(agent.id)?.columns[column] ?? ''));
}

const none: AgentSeries['states'] = [];

function statesOf(agent: Agent, interned: Map<string, { state: string }>): AgentSeries['states'] {
  if (agent.interactions === undefined || agent.interactions.length === 0) return none;
  const found: { labels: { state: string }; legs: number }[] = [];
  for (const { state } of agent.interactions) {
    const known = found.find(({ labels }) => labels.state === state);
    if (known) known.legs++;
    else {
      const labels = interned.get(state) ?? { state };
      interned.set(state, labels);
      found.push({ labels, legs: 1 });
    }
  }
  return found;
}

/**
 * Counts the series of an agent:
 * - two that every agent has: presence and info
 * - one for each known value: three workloads, the times of presence and workload, the eligibility
 * - one for each state that the agent has interactions in
 */
function seriesOf(agent: Agent): number {
  const states = new Set(agent.interactions?.map(({ state }) => state)).size;
  const { presenceSinceMs, workloadSinceMs, live, semiLive, nonLive, eligibleForRouting } = agent;
  const known = [presenceSinceMs, workloadSinceMs, live, semiLive, nonLive, eligibleForRouting];
  return 2 + known.filter((value) => value !== undefined).length + states;
}
