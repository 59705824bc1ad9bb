import { type Deadline, deadlineIn, earlier, leftMs } from '../../deadline.ts';
import type { Timing } from '../../timing.ts';
import type { Pusher } from './pusher.ts';

/**
 * Returns the times of an invocation's scrapes, in ms since 1970: at `startMs`, and then every
 * interval of the period.
 */
export function toSlots(startMs: number, intervalMs: number, periodMs: number): number[] {
  const count = Math.max(1, Math.floor(periodMs / intervalMs));
  return Array.from({ length: count }, (_, at) => startMs + at * intervalMs);
}

/**
 * Yields the times at which a long-running process scrapes, in ms since 1970. All are multiples of
 * the interval, so a restart does not change them. Each time is later than now. Each is also later
 * than the previous one, unless the clock was set back.
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
 * Whether the time is within half an interval of the slot. Samples get the time of their slot, so
 * that a repeated invocation gives them the same time. At a greater distance, the time of the slot
 * would be wrong for the samples.
 */
export function isDue(slotMs: number, intervalMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - slotMs) <= intervalMs / 2;
}

/** When to scrape and push an account. */
export interface Schedule {
  /** From {@link toSlots} or {@link nextSlots}. */
  slots: Iterable<number>;
  intervalMs: number;
  timing: Timing;
  /** When all work must be done. */
  deadline: Deadline;
  /** Called after each slot. */
  onSlot?(): Promise<void>;
}

/** Time reserved for sending the last scrape, in ms. */
const sendMs = 3000;

/**
 * The least time for a scrape, in ms. With less time left it is skipped: it would time out, and
 * report a failing account.
 */
const leastMs = 1000;

/** The result of a schedule. */
export interface ScheduleResult {
  account: string;
  /** Slots that were scraped, out of those that were due. */
  taken: number;
  due: number;
  failures: readonly Error[];
}

/**
 * Scrapes an account at each slot, and sends the samples between slots. When it resolves, all work
 * has ended. Failures are part of the result, and not thrown.
 */
export async function pushSlots(
  pusher: Pusher,
  { slots, intervalMs, timing, deadline, onSlot }: Schedule,
): Promise<ScheduleResult> {
  // Send what an earlier process left.
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
