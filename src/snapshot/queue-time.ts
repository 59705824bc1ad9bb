/**
 * One passage of an interaction through a queue: one item of GET /stats/queue-times. Empty texts
 * are unknown.
 */
export interface QueueTime {
  /** The interaction, the start, the queue and the type. An interaction may queue several times. */
  id: string;
  /** The name of the queue, trimmed. */
  queue: string;
  /** The name of the interaction plan, trimmed. */
  plan: string;
  medium: string;
  /** `ACD`, or `Virtual` for a caller who hung up and keeps the place. */
  type: string;
  category: string;
  /** The role of who waited. `Agent`: an agent waited for a transfer. */
  partyRole: string;
  /** The skills that it asked for, trimmed. */
  skills: readonly string[];
  /** When it entered the queue, in ms since 1970. */
  startMs: number | undefined;
  /** Null while it is still in the queue. */
  durationMs: number | null | undefined;
  /** The time within which it should have been answered. Undefined without one. */
  targetMs: number | undefined;
}

/** The fields of a queue time that may be absent or invalid. */
export const queueTimeFields = [
  'start',
  'queue',
  'interaction_plan',
  'medium',
  'type',
  'category',
  'party_role',
  'presented_skills',
  'duration',
  'target',
] as const;
export type QueueTimeField = (typeof queueTimeFields)[number];
