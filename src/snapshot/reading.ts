import type { ScrapeErrorCode } from '../errors.ts';
import type { AgentSeriesSet } from './agent-series.ts';
import type { Floor } from './floor.ts';
import type { RosterStatus } from './roster.ts';
import type { Teams } from './teams.ts';

/** How the last push to one destination went. */
export interface PushStatus {
  destination: string;
  /** Whether all of it arrived, or is in the queue before the destination; undefined before the first. */
  success: boolean | undefined;
  /** Samples that did. */
  samples: number | undefined;
  durationMs: number | undefined;
  /** Time of the oldest sample that waits, where the exporter keeps the queue itself. */
  oldestMs: number | undefined;
}

/** The outcome of reading one account for one scrape: what was found, or why nothing was. */
export interface Reading {
  account: string;
  /** Undefined when the reading succeeded. */
  error: ScrapeErrorCode | undefined;
  /** Undefined when it failed: no number is better than an old or partial one. */
  floor: Floor | undefined;
  /** Undefined when it failed, or when single agents have no series (VCC_AGENT_METRICS). */
  agentSeries: AgentSeriesSet | undefined;
  /** Undefined when it failed, or while there is no roster. */
  teams: Teams | undefined;
  /** Undefined when no roster is wanted. */
  roster: RosterStatus | undefined;
  durationMs: number;
  /** The time this scrape had. */
  budgetMs: number;
  /** Pages in the snapshot; 0 when it failed. */
  pages: number;
  requests: number;
  retries: number;
  clockSkewMs: number | undefined;
  /** Whether this account is known to be the built-in simulator's, and not one of Vonage's. */
  simulated: boolean;
  /** Whether an earlier reading was served again (VCC_CACHE_TTL). */
  cached: boolean;
  /** Earlier pushes of this process; none when it does not push. */
  push?: readonly PushStatus[];
}
