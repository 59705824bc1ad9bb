import type { Timing } from '../../src/timing.ts';

/** Two clocks that move only when code sleeps, or when a test sets one. Remembers the delays. */
export interface FakeTiming extends Timing {
  nowMs: number;
  monotonicMs: number;
  delays: number[];
  /** Moves both clocks. */
  pass(ms: number): void;
}

/** Starts at this time, in ms since 1970. */
export function fakeTiming(startMs = Date.parse('2026-01-15T10:00:00Z')): FakeTiming {
  const timing = {
    nowMs: startMs,
    monotonicMs: 1000,
    delays: [] as number[],
    now: () => timing.nowMs,
    monotonic: () => timing.monotonicMs,
    random: () => 0.5,
    async sleep(delayMs: number, signal: AbortSignal) {
      signal.throwIfAborted();
      timing.delays.push(delayMs);
      timing.pass(delayMs);
    },
    pass(ms: number) {
      timing.nowMs += ms;
      timing.monotonicMs += ms;
    },
  };
  return timing;
}
