import type { Agent, Snapshot } from './agent.ts';
import { compare } from './compare.ts';
import type { Roster, RosterEntry } from './roster.ts';

/** One agent with series of their own. Label-shaped parts that agents have in common are the same object. */
export interface AgentSeries {
  agent: Agent;
  /** What all series of the agent have in common. */
  labels: { account: string; agent_id: string };
  presence: { presence: string; description: string };
  /** Legs by state; only states that the agent has legs in. */
  states: readonly { labels: { state: string }; legs: number }[];
  /** What the roster says; empty without one. */
  info: RosterEntry['labels'];
}

/** The agents of an account with series of their own. */
export interface AgentSeriesSet {
  /** In the order of their ids. */
  agents: readonly AgentSeries[];
  /** Series that the other agents would have had. */
  seriesDropped: number;
}

/** An expression that must match all of an agent's id (column `agent_id`) or of a column of the roster. */
export interface AgentPattern {
  column: string;
  pattern: RegExp;
}

/** Which agents have series of their own, and under which name. */
export interface AgentSeriesOptions {
  limit: number;
  /** Whether agents who are LoggedOut have series too. */
  loggedOut: boolean;
  include: AgentPattern | undefined;
  exclude: AgentPattern | undefined;
  /** The label `agent_id` of an agent. */
  idOf(agentId: string): string;
}

const noLabels = {};

/**
 * The agents that the options choose. Of more than the limit the first ones by id stay, whatever they are doing: a choice
 * by anything that changes would have series come and go. While there is no roster, a pattern for one of its columns
 * chooses nobody, since nobody can say who is meant to be left out.
 */
export function toAgentSeries(
  { agents }: Snapshot,
  account: string,
  roster: Roster | undefined,
  options: AgentSeriesOptions,
): AgentSeriesSet {
  const { include, exclude, limit, idOf } = options;
  const needsRoster = [include, exclude].some((filter) => filter && filter.column !== 'agent_id');
  if (needsRoster && !roster) return { agents: [], seriesDropped: 0 };
  const filtered = include !== undefined || exclude !== undefined;
  const chosen = agents.filter(
    (agent) =>
      (options.loggedOut || agent.presence !== 'LoggedOut') &&
      (!filtered || (matches(agent, roster, include) !== false && !matches(agent, roster, exclude))),
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

/** Undefined when there is no such pattern. */
function matches(
  agent: Agent,
  roster: Roster | undefined,
  filter: AgentPattern | undefined,
): boolean | undefined {
  if (filter === undefined) return undefined;
  const { column, pattern } = filter;
  return pattern.test(column === 'agent_id' ? agent.id : (roster?.get(agent.id)?.columns[column] ?? ''));
}

function isAscending(agents: readonly Agent[]): boolean {
  return agents.every((agent, index) => index === 0 || agents[index - 1]!.id < agent.id);
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

/** Presence, its since, three kinds of workload, their since, info; eligibility if it is known; states. */
function seriesOf(agent: Agent): number {
  const states = new Set(agent.interactions?.map(({ state }) => state)).size;
  return 7 + (agent.eligibleForRouting === undefined ? 0 : 1) + states;
}
