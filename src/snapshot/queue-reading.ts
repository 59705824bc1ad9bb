import type { ScrapeErrorCode } from '../errors.ts';
import type { QueueCounts } from './queues.ts';
import type { Skills } from './skills.ts';

/** The endpoints that queues are read from. The names are label values. */
export const queueSources = ['ongoing', 'queue_times', 'skills'] as const;
export type QueueSource = (typeof queueSources)[number];

/** The status of one source. */
export interface QueueSourceStatus {
  source: QueueSource;
  /** Why the last read failed. Undefined when it succeeded. */
  error: ScrapeErrorCode | undefined;
  /** HTTP requests of the last read. */
  requests: number;
  /**
   * The time of what is used, in ms since 1970: `upTo` by the API's clock, for skills the
   * exporter's time of the read. Undefined without it.
   */
  takenAtMs: number | undefined;
  /** Items with a value that is invalid, or absent although the API reference has it. */
  flawed: number | undefined;
}

/** The result of reading the queues of one account for one scrape. */
export interface QueueReading {
  /** The sources that the account uses. */
  sources: readonly QueueSourceStatus[];
  counts: QueueCounts;
  /** Undefined without VCC_SKILLS, without a snapshot of agents, or before the first read. */
  skills: Skills | undefined;
}
