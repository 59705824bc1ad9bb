import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Deadline } from '../../deadline.ts';
import { isSavedSeries, type SavedSeries } from '../encoding/points.ts';

/** The state of one account that must outlive a process. */
export interface State {
  /** The last slot that was scraped, in ms since 1970. */
  timestampMs: number;
  /** The tracked series of each destination, by its name. */
  series: Readonly<Record<string, SavedSeries>>;
}

/** Stores states by account. `load` returns undefined when there is none. Both may throw. */
export interface StateStore {
  load(account: string, deadline: Deadline): Promise<Uint8Array | undefined>;
  save(account: string, content: Uint8Array, deadline: Deadline): Promise<void>;
}

/** The name of an account's file or object: a hash, as an account's own name may not be valid as a file name. */
export function stateFileOf(account: string): string {
  return `${createHash('sha256').update(account).digest('hex').slice(0, 32)}.json.gz`;
}

/**
 * The most series of an account and destination that are saved. With more, none of them are, and no stale marker ends
 * those that disappear while no process runs.
 */
export const maxSavedSeries = 20_000;

/** Encodes a state as compressed JSON, without series beyond {@link maxSavedSeries}. */
export function encodeState({ timestampMs, series }: State): Uint8Array {
  const kept = Object.entries(series).filter(([, each]) => each.length <= maxSavedSeries);
  return gzipSync(JSON.stringify({ v: 1, timestampMs, series: Object.fromEntries(kept) }));
}

/** Decodes the output of {@link encodeState}. Returns undefined for anything else. */
export function parseState(content: Uint8Array | undefined): State | undefined {
  if (content === undefined) return undefined;
  try {
    const { v, timestampMs, series } = JSON.parse(gunzipSync(content).toString()) as Record<string, unknown>;
    const fits = typeof series === 'object' && series !== null && Object.values(series).every(isSavedSeries);
    if (v !== 1 || typeof timestampMs !== 'number' || !fits) return undefined;
    return { timestampMs, series: series as State['series'] };
  } catch {
    return undefined;
  }
}
