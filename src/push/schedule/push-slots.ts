import { type Deadline, deadlineIn, earlier, leftMs } from '../../deadline.ts';
import type { Timing } from '../../timing.ts';
import type { Pusher } from './pusher.ts';

/** When an invocation that was due at `startMs` scrapes: evenly through the period, the first time at once. */
export function toSlots(startMs: number, intervalMs: number, periodMs: number): number[] {
  const count = Math.max(1, Math.floor(periodMs / intervalMs));
  return Array.from({ length: count }, (_, at) => startMs + at * intervalMs);
}

/**
 * When a process that does not end scrapes: at multiples of the interval, so that a restart makes no difference. Each slot
 * is later than now and than the one before; only when the clock was set back do they begin again.
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

/** When an account is scraped and pushed, and for how long. */
export interface Schedule {
  /** As {@link toSlots} or {@link nextSlots} make them. */
  slots: Iterable<number>;
  intervalMs: number;
  timing: Timing;
  /** When all must be done. */
  deadline: Deadline;
  /** Called after each slot. */
  onSlot?(): Promise<void>;
}

/** Kept free for sending what was scraped. */
const sendMs = 3000;

/** With less time left there is no scrape: it would say that the account cannot be read, when only time was short. */
const leastMs = 1000;

/** How it went. */
export interface ScheduleResult {
  account: string;
  /** Scrapes, of those that were due. */
  taken: number;
  due: number;
  failures: readonly Error[];
}

/**
 * Scrapes an account in its slots, each at its time, and sends the samples meanwhile. Nothing is under way when it is done.
 * Never throws: what failed is a result.
 */
export async function pushSlots(
  pusher: Pusher,
  { slots, intervalMs, timing, deadline, onSlot }: Schedule,
): Promise<ScheduleResult> {
  // What an earlier process left is sent at once.
  let sending = pusher.send(deadline);
  let taken = 0;
  let due = 0;
  for (const slotMs of slots) {
    if (deadline.signal.aborted) break;
    if (await pusher.isTaken(slotMs)) continue;
    due++;
    const waitMs = Math.max(0, slotMs - timing.now());
    if (leftMs(deadline) - waitMs < leastMs) {
      pusher.skip(slotMs, 'too little time was left');
      continue;
    }
    if (waitMs > 0) await timing.sleep(waitMs, deadline.signal).catch(() => {});
    if (deadline.signal.aborted) break;
    const nowMs = timing.now();
    if (isDue(slotMs, intervalMs, nowMs)) {
      await pusher.scrape(slotMs, deadlineIn(intervalMs, { until: earlier(deadline, sendMs) }));
      taken++;
      // The next slot does not wait for this.
      sending = pusher.send(deadline);
    } else {
      const seconds = Math.round(Math.abs(nowMs - slotMs) / 1000);
      pusher.skip(
        slotMs,
        nowMs > slotMs ? `it was ${seconds} s late` : `the clock was set back by ${seconds} s`,
      );
    }
    await onSlot?.();
  }
  await sending;
  await pusher.finish();
  return { account: pusher.account, taken, due, failures: pusher.takeFailures() };
}
