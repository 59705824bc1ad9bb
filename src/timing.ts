import { setTimeout as wait } from 'node:timers/promises';
import { monotonicMs } from './deadline.ts';

/** The two clocks of a machine. */
export interface Clocks {
  /** Milliseconds since 1970. Somebody may set this clock. */
  now(): number;
  /** Milliseconds of a clock that only goes forward, but may stand still while the machine sleeps. */
  monotonic(): number;
}

/** Clocks, randomness and pauses; injected, so that tests need neither wait nor luck. */
export interface Timing extends Clocks {
  /** At least 0, less than 1. */
  random(): number;
  /** Resolves after the delay, rejects with the signal's reason when it aborts. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void>;
}

/** The machine's own. */
export const systemTiming: Timing = {
  now: Date.now,
  monotonic: monotonicMs,
  random: Math.random,
  sleep: (delayMs, signal) =>
    wait(delayMs, undefined, { signal }).catch(() => {
      throw signal.reason;
    }),
};

/** Gives the milliseconds since now, by the clock that says more: one can be set, the other can stand still. */
export function stopwatch(clocks: Clocks): () => number {
  const [startMs, startMonotonicMs] = [clocks.now(), clocks.monotonic()];
  return () => Math.max(clocks.now() - startMs, clocks.monotonic() - startMonotonicMs);
}
