import type { Agent, Interaction } from '../snapshot/agent.ts';
import type { AgentField } from '../snapshot/gaps.ts';
import type { Page } from '../snapshot/page.ts';
import {
  expectedCount,
  expectedName,
  expectedTime,
  type Fields,
  type GapCounter,
  isFields,
  type Knowledge,
  parseList,
  type Strict,
  toCount,
  toName,
  toText,
  toTime,
} from './answer.ts';
import type { Endpoint } from './fetch-page.ts';

/**
 * Parses one page of GET /stats/agent-status, as {@link parseList} says. Each agent's `agentId` and
 * `presence.name` must match the API reference. Absent values of logged-out agents are not a flaw,
 * since some agents never logged in.
 * @throws ShapeError with the page and the path
 */
export function parseAgentStatus(body: string, page: number): Page {
  return parseList(body, `page ${page}`, knowledge, parseAgent);
}

/** The endpoint of the agents' current status. */
export const agentStatus: Endpoint<Agent, AgentField> = {
  path: '/stats/agent-status',
  parse: parseAgentStatus,
};

function parseAgent(item: Fields, strict: Strict, gaps: GapCounter<AgentField>): Agent {
  const presence = strict.object(item.presence, 'presence');
  const id = strict.name(item.agentId, 'agentId');
  const name = strict.name(presence.name, 'presence.name');
  gaps.lenient = name === 'LoggedOut';
  const workload = isFields(item.workload) ? item.workload : gaps.miss('workload', item.workload);
  return {
    id,
    presence: name,
    presenceSinceMs: toTime(presence.since, 'presence_since', gaps),
    description: toText(presence.description, 'description', gaps),
    eligibleForRouting:
      typeof presence.eligibleForRouting === 'boolean'
        ? presence.eligibleForRouting
        : gaps.miss('eligible_for_routing', presence.eligibleForRouting),
    workloadSinceMs: workload && toTime(workload.since, 'workload_since', gaps),
    live: workload && toCount(workload.calls, 'calls', gaps),
    semiLive: workload && toCountOrNone(workload.semiLive, 'semi_live', gaps),
    nonLive: workload && toCountOrNone(workload.nonLive, 'non_live', gaps),
    interactions: parseInteractions(item.interaction, gaps),
  };
}

function parseInteractions(list: unknown, gaps: GapCounter<AgentField>): Interaction[] | undefined {
  if (!Array.isArray(list) || !list.every(isFields)) return gaps.miss('interaction', list);
  const interactions: Interaction[] = [];
  for (const [leg, fields] of list.entries()) {
    gaps.part = `interaction[${leg}]`;
    const { reason } = fields;
    interactions.push({
      guid: toName(fields.guid, 'interaction_guid', gaps),
      sinceMs: toTime(fields.since, 'interaction_since', gaps),
      medium: toName(fields.medium, 'medium', gaps),
      mediumManager: toName(fields.mediumManager, 'medium_manager', gaps),
      direction: toName(fields.direction, 'direction', gaps),
      state: toName(fields.state, 'state', gaps),
      reason: reason === undefined || reason === null ? null : (toText(reason, 'reason', gaps) ?? null),
    });
  }
  return interactions;
}

/** Some answers have only `calls`, and leave out the other kinds if they are 0 (Vonage's FAQ). */
function toCountOrNone(value: unknown, field: AgentField, gaps: GapCounter<AgentField>): number | undefined {
  const count = toCount(value, field, gaps);
  return value === undefined || value === null ? 0 : count;
}

const knowledge: Record<AgentField, Knowledge> = {
  presence_since: { path: 'presence.since', expected: expectedTime },
  description: { path: 'presence.description', expected: 'a string', optional: true },
  eligible_for_routing: { path: 'presence.eligibleForRouting', expected: 'true or false', optional: true },
  workload: { path: 'workload', expected: 'an object' },
  workload_since: { path: 'workload.since', expected: expectedTime },
  calls: { path: 'workload.calls', expected: expectedCount },
  semi_live: { path: 'workload.semiLive', expected: expectedCount, optional: true },
  non_live: { path: 'workload.nonLive', expected: expectedCount, optional: true },
  interaction: { path: 'interaction', expected: 'an array of objects', optional: true },
  interaction_guid: { path: 'guid', expected: expectedName },
  interaction_since: { path: 'since', expected: expectedTime },
  medium: { path: 'medium', expected: expectedName },
  medium_manager: { path: 'mediumManager', expected: expectedName },
  direction: { path: 'direction', expected: expectedName },
  state: { path: 'state', expected: expectedName },
  reason: { path: 'reason', expected: 'a string' },
};
