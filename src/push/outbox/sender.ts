import { type Deadline, DeadlineError, leftMs } from '../../deadline.ts';
import { ExporterError } from '../../errors.ts';
import { type RetryPolicy, retryDelayMs } from '../../http/retry.ts';
import type { Timing } from '../../timing.ts';
import { PushError } from '../errors.ts';
import type { Batch } from '../queue/batch.ts';
import type { Queue } from '../queue/queue.ts';

/** Delivers one batch, in one attempt. @throws PushError, or the reason of the deadline's signal */
export type Deliver = (batch: Batch, deadline: Deadline) => Promise<void>;

/** What became of a batch; `failed`: it can still be sent. */
export type Outcome =
  | { kind: 'delivered'; batch: Batch; durationMs: number }
  | { kind: 'rejected' | 'failed'; batch: Batch; durationMs: number; error: PushError };

/** How a queue is sent. */
export interface SenderOptions {
  deliver: Deliver;
  retry: RetryPolicy;
  timing: Timing;
  onOutcome(outcome: Outcome): void;
}

/**
 * Sends a queue in its order: a batch is retried where that may help, and no later one overtakes it. Ends when the queue is
 * empty, when a batch has used up its retries, or at the deadline; what is left then stays in the queue.
 */
export async function sendAll(
  queue: Queue,
  { deliver, retry, timing, onOutcome }: SenderOptions,
  deadline: Deadline,
): Promise<void> {
  const { signal } = deadline;
  let attempt = 0;
  for (let lease = await queue.first(); lease; lease = await queue.first()) {
    const { batch } = lease;
    const startedMs = timing.monotonic();
    try {
      signal.throwIfAborted();
      await deliver(batch, deadline);
    } catch (thrown) {
      const error = toPushError(thrown, signal);
      const durationMs = timing.monotonic() - startedMs;
      if (!error.retryable) {
        await lease.reject(error);
        onOutcome({ kind: 'rejected', batch, durationMs, error });
        attempt = 0;
        continue;
      }
      onOutcome({ kind: 'failed', batch, durationMs, error });
      const delayMs = retryDelayMs(retry, attempt, timing.random(), error.retryAfterMs);
      if (signal.aborted || attempt >= retry.retries || delayMs >= leftMs(deadline)) return;
      attempt++;
      const woken = await timing.sleep(delayMs, signal).then(
        () => true,
        () => false,
      );
      if (!woken) return;
      continue;
    }
    await lease.done();
    onOutcome({ kind: 'delivered', batch, durationMs: timing.monotonic() - startedMs });
    attempt = 0;
  }
}

/** Anything but a rejection may pass: no batch is dropped for it. */
export function toPushError(thrown: unknown, signal?: AbortSignal): PushError {
  if (thrown instanceof PushError) return thrown;
  const late = signal?.aborted || thrown instanceof DeadlineError;
  const ours = thrown instanceof ExporterError ? thrown.message : 'not delivered';
  const message = late ? 'not delivered in time' : ours;
  return new PushError(message, { retryable: true, cause: thrown });
}
