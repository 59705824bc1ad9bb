/** When an invocation that was due at `startMs` scrapes: evenly through the period, the first time at once. */
export function toSlots(startMs: number, intervalMs: number, periodMs: number): number[] {
  const count = Math.max(1, Math.floor(periodMs / intervalMs));
  return Array.from({ length: count }, (_, at) => startMs + at * intervalMs);
}

/**
 * When a process that does not end scrapes: at multiples of the interval, so that a restart makes no difference. Each slot
 * is computed from the clock, which somebody may have set since the last one.
 */
export function* nextSlots(intervalMs: number, now: () => number): Generator<number, never> {
  let last: number | undefined;
  for (;;) {
    const next = (Math.floor(now() / intervalMs) + 1) * intervalMs;
    last = next === last ? next + intervalMs : next;
    yield last;
  }
}

/**
 * Whether it is time for a slot. Samples have the time of their slot, so that an invocation that comes twice cannot push the
 * same samples twice; more than half an interval away from it that would no longer be true.
 */
export function isDue(slotMs: number, intervalMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - slotMs) <= intervalMs / 2;
}
