/** Why an interaction that seems to wait in a queue does not count as waiting. */
export const unclearReasons = [
  'direction',
  'status',
  'touchpoint',
  'end_reason',
  'event_order',
  'several_channels',
] as const;
export type UnclearReason = (typeof unclearReasons)[number];

/** The caller of an interaction waits in a queue. */
export interface Waiting {
  /** The name of the queue, trimmed. Empty when it is unknown. */
  queue: string;
  /** The name of the interaction plan, trimmed. Empty when it is unknown. */
  plan: string;
  /** When the caller entered the queue, in ms since 1970. Undefined when that is unknown. */
  sinceMs: number | undefined;
}

/**
 * An ongoing interaction: one item of GET /stats/interactions/ongoing, without the numbers and
 * addresses of customers. Empty texts are unknown.
 */
export interface Ongoing {
  /** The guid of the interaction. */
  id: string;
  direction: string;
  status: string;
  medium: string;
  /** The type of the last event of each External channel. Empty for a channel without events. */
  lastEvents: readonly string[];
  /** Undefined when nobody waits, or when that is unclear. */
  waiting: Waiting | undefined;
  unclear: UnclearReason | undefined;
}

/** The fields of an ongoing interaction that may be absent or invalid. */
export const ongoingFields = [
  'direction',
  'status',
  'medium',
  'start',
  'channels',
  'role',
  'events',
  'event_type',
  'event_offset',
  'queue',
  'interaction_plan',
] as const;
export type OngoingField = (typeof ongoingFields)[number];
