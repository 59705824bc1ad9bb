import type { Listing } from './assemble.ts';

/**
 * One passage of an interaction through a queue: one item of GET /stats/queue-times. Empty texts
 * are unknown.
 */
export interface QueueTime {
  /** As {@link toQueueTimeId} returns it. */
  id: string;
  /** The name of the queue, trimmed. */
  queue: string;
  /** The name of the interaction plan, trimmed. */
  plan: string;
  medium: string;
  /** `ACD`, or `Virtual` for a caller who hung up and keeps the place. */
  type: string;
  category: string;
  /** Why it left the queue, as in `Delivered`. */
  reason: string;
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

/** Returns the id of a queue time. An interaction may queue several times. */
export const toQueueTimeId = (guid: string, startMs: number | undefined, queue: string, type: string) =>
  JSON.stringify([guid, startMs, queue, type]);

/** Returns the guid of the interaction of a queue time. Keeping it apart would take memory. */
export const interactionOf = ({ id }: QueueTime): string => JSON.parse(id)[0];

/** The fields of a queue time that may be absent or invalid. */
export const queueTimeFields = [
  'start',
  'queue',
  'interaction_plan',
  'medium',
  'type',
  'category',
  'reason',
  'party_role',
  'presented_skills',
  'duration',
  'target',
] as const;
export type QueueTimeField = (typeof queueTimeFields)[number];

/**
 * The listing of queue-times. Within a window, items are only added. Repeated items are documented:
 * the later one counts, unless only the earlier one says how it ended.
 */
export const queueTimeListing: Listing<QueueTime> = {
  plural: 'queue times',
  one: 'a queue time',
  replaces: (first, second) => second.durationMs !== null || first.durationMs === null,
  onlyGrows: true,
};
