import { setTimeout as wait } from 'node:timers/promises';
import { monotonicMs } from './deadline.ts';

/** The two clocks of a machine. */
export interface Clocks {
  /** Milliseconds since 1970. Users can set this clock, and it may jump. */
  now(): number;
  /** Milliseconds of a clock that never goes back, but may stop while the machine sleeps. */
  monotonic(): number;
}

/** Clocks, randomness and pauses. They are arguments, so that tests are fast and deterministic. */
export interface Timing extends Clocks {
  /** At least 0, less than 1. */
  random(): number;
  /** Resolves after the delay. Rejects with the signal's reason when the signal aborts. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void>;
}

/** The clocks, randomness and timers of the machine. */
export const systemTiming: Timing = {
  now: Date.now,
  monotonic: monotonicMs,
  random: Math.random,
  sleep: (delayMs, signal) =>
    wait(delayMs, undefined, { signal }).catch(() => {
      throw signal.reason;
    }),
};

/**
 * Returns a function that returns the milliseconds since this call. It uses the clock that shows
 * more: one clock can be set back, the other can stop.
 */
export function stopwatch(clocks: Clocks): () => number {
  const [startMs, startMonotonicMs] = [clocks.now(), clocks.monotonic()];
  return () => Math.max(clocks.now() - startMs, clocks.monotonic() - startMonotonicMs);
}
