/** When an invocation that was due at `startMs` scrapes: evenly through the period, the first time at once. */
export function toSlots(startMs: number, intervalMs: number, periodMs: number): number[] {
  const count = Math.max(1, Math.floor(periodMs / intervalMs));
  return Array.from({ length: count }, (_, at) => startMs + at * intervalMs);
}

/**
 * When a process that does not end scrapes: at multiples of the interval, so that a restart makes no difference. Each slot
 * is later than the one before, also if nobody waited for that, and later than now. When the clock was set back, slots begin
 * anew.
 */
export function* nextSlots(intervalMs: number, now: () => number): Generator<number, never> {
  let last = Number.NEGATIVE_INFINITY;
  let lastNowMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    const nowMs = now();
    if (nowMs < lastNowMs) last = Number.NEGATIVE_INFINITY;
    lastNowMs = nowMs;
    last = Math.max(last + intervalMs, (Math.floor(nowMs / intervalMs) + 1) * intervalMs);
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
