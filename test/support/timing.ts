import type { Timing } from '../../src/http/fetch.ts';

/** A clock that moves only when somebody sleeps; remembers for how long. */
export function fakeTiming(
  startMs = Date.parse('2026-01-15T10:00:00Z'),
): Timing & { nowMs: number; delays: number[] } {
  const timing = {
    nowMs: startMs,
    delays: [] as number[],
    now: () => timing.nowMs,
    random: () => 0.5,
    async sleep(delayMs: number, signal: AbortSignal) {
      signal.throwIfAborted();
      timing.delays.push(delayMs);
      timing.nowMs += delayMs;
    },
  };
  return timing;
}
