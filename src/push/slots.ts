/** When an invocation that was due at `startMs` takes its samples: evenly through the period, the first at once. */
export function toSlots(startMs: number, intervalMs: number, periodMs: number): number[] {
  const count = Math.max(1, Math.floor(periodMs / intervalMs));
  return Array.from({ length: count }, (_, at) => startMs + at * intervalMs);
}

/** The next time at which a process that runs on and on takes a sample: a multiple of the interval, so that another start makes no difference. */
export function nextSlot(afterMs: number, intervalMs: number): number {
  return (Math.floor(afterMs / intervalMs) + 1) * intervalMs;
}

/**
 * Whether it is too late for a slot. A sample has the time of its slot, so that an invocation that comes twice cannot tell the
 * same thing twice; more than half an interval later that would no longer be true.
 */
export function isOver(slotMs: number, intervalMs: number, nowMs: number): boolean {
  return nowMs > slotMs + intervalMs / 2;
}
