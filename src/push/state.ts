import { gunzipSync, gzipSync } from 'node:zlib';
import type { SavedSeries } from './stale.ts';

/** What must outlive a process, for one account. */
export interface State {
  /** Time of the last sample. */
  timestampMs: number;
  /** The series that each destination has, by its name. */
  series: Readonly<Record<string, SavedSeries>>;
}

/** Where states are kept; a text that is not there is undefined. */
export interface StateStore {
  load(account: string, signal: AbortSignal): Promise<Uint8Array | undefined>;
  save(account: string, content: Uint8Array, signal: AbortSignal): Promise<void>;
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
