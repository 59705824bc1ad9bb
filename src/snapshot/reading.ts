import type { ScrapeErrorCode } from '../errors.ts';
import type { AgentSeriesSet } from './agent-series.ts';
import type { Floor } from './floor.ts';
import type { Snapshot } from './page.ts';
import type { QueueReading } from './queue-reading.ts';
import type { RosterStatus } from './roster.ts';
import type { AnsweredQuestion } from './semantics.ts';
import type { Teams } from './teams.ts';

/** The status of the last push to one destination. */
export interface PushStatus {
  destination: string;
  /**
   * False when a batch of that push was rejected, or the last attempt failed. With a queue in SQS,
   * a batch is delivered when it is in that queue. Undefined before the first attempt.
   */
  success: boolean | undefined;
  /** Samples of that push that were delivered. Undefined before the first attempt. */
  samples: number | undefined;
  durationMs: number | undefined;
  /**
   * Time of the oldest sample in the queue on disk, in ms since 1970. Undefined while that queue is
   * empty, or without one.
   */
  oldestMs: number | undefined;
}

/** The result of reading one account for one scrape: the numbers, or why there are none. */
export interface Reading {
  account: string;
  /** Undefined when the read succeeded. */
  error: ScrapeErrorCode | undefined;
  /** Undefined when the read failed: an old or partial number would be worse than none. */
  floor: Floor | undefined;
  /**
   * Undefined when the read failed, or without VCC_AGENT_METRICS.
   */
  agentSeries: AgentSeriesSet | undefined;
  /** Undefined when the read failed, or while there is no roster. */
  teams: Teams | undefined;
  /** Undefined when the account has no VCC_ROSTER. */
  roster: RosterStatus | undefined;
  /** Undefined when the account has no VCC_QUEUES. */
  queues?: QueueReading | undefined;
  durationMs: number;
  /** The time limit of this scrape, in ms. */
  budgetMs: number;
  /** Pages in the snapshot. 0 when the read failed. */
  pages: number;
  /**
   * Records of agents who occur more than once ({@link Snapshot.duplicates}). Undefined when the
   * read failed.
   */
  duplicates: number | undefined;
  requests: number;
  retries: number;
  clockSkewMs: number | undefined;
  /** The questions that the API reference leaves open, with the answers in VCC_SEMANTICS. */
  semantics: readonly AnsweredQuestion[];
  /** Whether the account is known to be an account of the built-in simulator. */
  simulated: boolean;
  /** Whether this is a snapshot of an earlier scrape (VCC_CACHE_TTL). */
  cached: boolean;
  /** The last push to each destination. Undefined for scrapes that are not pushed. */
  push?: readonly PushStatus[];
}
