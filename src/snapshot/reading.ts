import type { ScrapeErrorCode } from '../errors.ts';
import type { Floor } from './floor.ts';

/** The outcome of reading one account for one scrape: what was found, or why nothing was. */
export interface Reading {
  account: string;
  /** Undefined when the reading succeeded. */
  error: ScrapeErrorCode | undefined;
  /** Undefined when it failed: no number is better than an old or partial one. */
  floor: Floor | undefined;
  durationMs: number;
  /** The time this scrape had. */
  budgetMs: number;
  /** Pages in the snapshot; 0 when it failed. */
  pages: number;
  requests: number;
  retries: number;
  clockSkewMs: number | undefined;
  /** Whether an earlier reading was served again (VCC_CACHE_TTL). */
  cached: boolean;
}
