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

/** Counts of the values that are absent or invalid in an answer, by field. */
export interface Gaps<Field extends string = string> {
  /** Values that are missing or null. */
  absent: Record<Field, number>;
  /** Values that contradict the API reference. */
  invalid: Record<Field, number>;
  /** Items with a value that is invalid, or absent although the API reference always has it. */
  flawed: number;
  /** The first flaw of these items. Undefined without one. */
  first: Flaw | undefined;
}

/** Returns gaps of these fields, with all counts 0. */
export function noGaps<Field extends string>(fields: readonly Field[]): Gaps<Field> {
  return { absent: zeros(fields), invalid: zeros(fields), flawed: 0, first: undefined };
}

/** Returns the sum of the gaps of several pages, of at least one. */
export function addGaps<Field extends string>(all: readonly Gaps<Field>[]): Gaps<Field> {
  const fields = Object.keys(all[0]!.absent) as Field[];
  const sum = noGaps(fields);
  for (const { absent, invalid, flawed, first } of all) {
    for (const field of fields) {
      sum.absent[field] += absent[field];
      sum.invalid[field] += invalid[field];
    }
    sum.flawed += flawed;
    sum.first ??= first;
  }
  return sum;
}

function zeros<Field extends string>(fields: readonly Field[]): Record<Field, number> {
  return Object.fromEntries(fields.map((field) => [field, 0])) as Record<Field, number>;
}
