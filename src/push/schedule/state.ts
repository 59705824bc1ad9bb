import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Deadline } from '../../deadline.ts';
import type { SavedSeries } from '../outbox/series-tracker.ts';

/** What must outlive a process, for one account. */
export interface State {
  /** The last slot that was scraped. */
  timestampMs: number;
  /** The series that each destination has, by its name. */
  series: Readonly<Record<string, SavedSeries>>;
}

/** Where states are kept; undefined: there is none yet. */
export interface StateStore {
  load(account: string, deadline: Deadline): Promise<Uint8Array | undefined>;
  save(account: string, content: Uint8Array, deadline: Deadline): Promise<void>;
}

/** The file or object of an account's state. An account may be called what no file can be. */
export function stateFileOf(account: string): string {
  return `${createHash('sha256').update(account).digest('hex').slice(0, 32)}.json.gz`;
}

/** Series of one account and destination that are kept; of more none are, and those that vanish with the process are not ended. */
export const maxSavedSeries = 20_000;

/** A state as compressed JSON. */
export function encodeState({ timestampMs, series }: State): Uint8Array {
  const kept = Object.entries(series).filter(([, each]) => each.length <= maxSavedSeries);
  return gzipSync(JSON.stringify({ v: 1, timestampMs, series: Object.fromEntries(kept) }));
}

/** Reads what {@link encodeState} wrote; anything else is as good as nothing. */
export function parseState(content: Uint8Array | undefined): State | undefined {
  if (content === undefined) return undefined;
  try {
    const { v, timestampMs, series } = JSON.parse(gunzipSync(content).toString()) as Record<string, unknown>;
    const isSeries = (each: unknown) =>
      Array.isArray(each) &&
      each.every((labels) => Array.isArray(labels) && labels.every((label) => typeof label === 'string'));
    const fits = typeof series === 'object' && series !== null && Object.values(series).every(isSeries);
    if (v !== 1 || typeof timestampMs !== 'number' || !fits) return undefined;
    return { timestampMs, series: series as State['series'] };
  } catch {
    return undefined;
  }
}
