import type { Timing } from '../http/fetch.ts';
import { PushError } from './errors.ts';
import type { Pusher } from './pusher.ts';
import { isOver } from './slots.ts';

/** What one invocation is to do for an account, and in what time. */
export interface Round {
  slots: readonly number[];
  intervalMs: number;
  timing: Timing;
  /** When all must be done. */
  endMs: number;
  signal: AbortSignal;
}

/** Of the time that is left a sample must not be read so long that it cannot be sent. */
const sendMs = 3000;

/** With less time left no sample is taken: it would say that the account cannot be read, when only time was short. */
const leastMs = 1000;

/** How a round went. */
export interface RoundResult {
  account: string;
  /** Samples taken of those due. */
  taken: number;
  due: number;
  failures: readonly Error[];
}

/**
 * Takes the samples of a round, each at its time, and brings them to all destinations meanwhile. Nothing is under way when
 * it is done. Never throws: what failed is a result.
 */
export async function runRound(pusher: Pusher, round: Round): Promise<RoundResult> {
  const { slots, intervalMs, timing, endMs, signal } = round;
  const sending: Promise<void>[] = [];
  const failures: Error[] = [];
  let taken = 0;
  let due = 0;
  let missed = 0;
  for (const slotMs of slots) {
    if (await pusher.isTaken(slotMs)) continue;
    due++;
    const leftMs = endMs - Math.max(timing.now(), slotMs);
    if (isOver(slotMs, intervalMs, timing.now()) || leftMs < leastMs) {
      missed++;
      continue;
    }
    const waitMs = slotMs - timing.now();
    if (waitMs > 0) await timing.sleep(waitMs, signal).catch(() => {});
    if (signal.aborted) break;
    // The next slot must not wait for this one.
    const readMs = leftMs - Math.min(sendMs, leftMs / 2);
    await pusher.sample(slotMs, Math.max(1, Math.round(Math.min(pusher.timeoutMs, intervalMs, readMs))));
    taken++;
    sending.push(pusher.send(signal, endMs));
  }
  await Promise.all(sending);
  await pusher.finish();
  failures.push(...pusher.takeFailures());
  if (missed > 0) {
    failures.push(
      new PushError(
        `${missed} of ${slots.length} samples were not taken, since the invocation was too late or too short`,
      ),
    );
  }
  return { account: pusher.account, taken, due, failures };
}
