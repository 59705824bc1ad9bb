import { ExporterError } from '../errors.ts';
import { DeadlineError } from '../http/errors.ts';
import type { Timing } from '../http/fetch.ts';
import { type RetryPolicy, retryDelayMs } from '../http/retry.ts';
import { PushError } from './errors.ts';
import type { Line } from './line.ts';
import type { Parcel } from './parcel.ts';

/** Brings one parcel where it belongs, in one attempt. @throws PushError, or the signal's reason */
export type Carry = (parcel: Parcel, signal: AbortSignal) => Promise<void>;

/** What became of a parcel; `failed`: it may still be sent. */
export type Outcome =
  | { kind: 'delivered'; parcel: Parcel; durationMs: number }
  | { kind: 'rejected' | 'failed'; parcel: Parcel; durationMs: number; error: PushError };

/** How patiently a line is emptied, and who is told. */
export interface CarryOptions {
  retry: RetryPolicy;
  timing: Timing;
  onOutcome(outcome: Outcome): void;
}

/**
 * Empties a line in its order: a parcel is repeated where that may help, and nothing overtakes it. Ends when nothing is
 * left, when a parcel has used up its repeats, or at the deadline; what is left then stays in the line.
 */
export async function emptyLine(
  line: Line,
  carry: Carry,
  { retry, timing, onOutcome }: CarryOptions,
  signal: AbortSignal,
  deadlineMs: number,
): Promise<void> {
  let repeat = 0;
  for (let held = await line.first(); held; held = await line.first()) {
    const { parcel } = held;
    const startedMs = timing.now();
    try {
      signal.throwIfAborted();
      await carry(parcel, signal);
    } catch (thrown) {
      const error = toPushError(thrown, signal);
      const durationMs = timing.now() - startedMs;
      if (!error.retryable) {
        await held.reject(error);
        onOutcome({ kind: 'rejected', parcel, durationMs, error });
        repeat = 0;
        continue;
      }
      onOutcome({ kind: 'failed', parcel, durationMs, error });
      const delayMs = retryDelayMs(retry, repeat, timing.random(), error.retryAfterMs);
      if (signal.aborted || repeat >= retry.retries || timing.now() + delayMs >= deadlineMs) return;
      repeat++;
      const woken = await timing.sleep(delayMs, signal).then(
        () => true,
        () => false,
      );
      if (!woken) return;
      continue;
    }
    await held.done();
    onOutcome({ kind: 'delivered', parcel, durationMs: timing.now() - startedMs });
    repeat = 0;
  }
}

/** Whatever else is thrown than a rejection may pass: nothing is given up for it. */
export function toPushError(thrown: unknown, signal?: AbortSignal): PushError {
  if (thrown instanceof PushError) return thrown;
  const late = signal?.aborted || thrown instanceof DeadlineError;
  const ours = thrown instanceof ExporterError ? thrown.message : 'not delivered';
  const message = late ? 'not delivered in the time that there was' : ours;
  return new PushError(message, { retryable: true, cause: thrown });
}
