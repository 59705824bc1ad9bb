import { type Deadline, deadlineIn, earlier, leftMs } from '../../deadline.ts';
import type { Timing } from '../../timing.ts';
import type { Pusher } from './pusher.ts';
import { isDue } from './slots.ts';

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
