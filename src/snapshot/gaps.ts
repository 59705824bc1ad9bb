/** The fields of an agent that may be absent or invalid. The names are values of labels. */
export const agentFields = [
  'presence_since',
  'description',
  'eligible_for_routing',
  'workload',
  'workload_since',
  'calls',
  'semi_live',
  'non_live',
  'interaction',
  'interaction_guid',
  'interaction_since',
  'medium',
  'medium_manager',
  'direction',
  'state',
  'reason',
] as const;
export type AgentField = (typeof agentFields)[number];

/** An unexpected value in an answer. The value itself is left out, as it may identify a person. */
export interface Flaw {
  /** The place in the answer, as in `page 3: items[4].presence.since`. */
  path: string;
  expected: string;
  received: string;
}

/** Counts of the values that are absent or invalid in an answer. */
export interface Gaps {
  /** Values that are missing or null, by field. */
  absent: Record<AgentField, number>;
  /** Values that contradict the API reference, by field. */
  invalid: Record<AgentField, number>;
  /** Agents with a value that is invalid, or absent although the API reference always has it. */
  flawedAgents: number;
  /** The first flaw of these agents. Undefined without one. */
  first: Flaw | undefined;
}

/** Returns gaps with all counts 0. */
export function noGaps(): Gaps {
  return { absent: zeros(), invalid: zeros(), flawedAgents: 0, first: undefined };
}

/** Returns the sum of the gaps of several pages. */
export function addGaps(all: readonly Gaps[]): Gaps {
  const sum = noGaps();
  for (const { absent, invalid, flawedAgents, first } of all) {
    for (const field of agentFields) {
      sum.absent[field] += absent[field];
      sum.invalid[field] += invalid[field];
    }
    sum.flawedAgents += flawedAgents;
    sum.first ??= first;
  }
  return sum;
}

function zeros(): Record<AgentField, number> {
  return Object.fromEntries(agentFields.map((field) => [field, 0])) as Record<AgentField, number>;
}
