import type { Family } from '../../catalogue/metric.ts';
import { type Deadline, DeadlineError, leftMs } from '../../deadline.ts';
import { ExporterError } from '../../errors.ts';
import { type RetryPolicy, retryDelayMs } from '../../http/retry.ts';
import type { PushStatus } from '../../snapshot/reading.ts';
import type { Timing } from '../../timing.ts';
import type { Destination, Scraped } from '../destinations/destination.ts';
import { PushError } from '../errors.ts';
import type { Batch, Deliver, Queue } from '../queue.ts';
import { createSeriesTracker, type SavedSeries, type SeriesTracker } from './series-tracker.ts';

/** How batches of one account reach one destination. */
export interface Route {
  destination: Destination;
  queue: Queue;
  /** Delivers to the destination, or to its queue in SQS. */
  deliver: Deliver;
  retry: RetryPolicy;
}

/** The queue of one account for one destination, with the series that it tracks and the status of the last push. */
export interface Outbox {
  /** Queues the samples of a scrape. @throws what the encoding and the queue throw */
  add(families: readonly Family[], timestampMs: number): Promise<void>;
  /**
   * Sends the queue before the deadline. Only one call sends at a time, and the other calls wait for it.
   * @throws what the queue throws
   */
  send(deadline: Deadline): Promise<void>;
  /** Drops batches that would not outlive the process. They count as a failure. */
  abandon(): void;
  status(): PushStatus;
  save(): SavedSeries;
}

/** Creates an outbox. `onFailure` is called after each failed attempt. `final` means that the samples are lost. */
export function createOutbox(
  account: string,
  { destination, queue, deliver, retry }: Route,
  saved: SavedSeries | undefined,
  timing: Timing,
  onFailure: (destination: string, error: PushError, final: boolean) => void,
): Outbox {
  const tracker = createSeriesTracker(saved);
  let last:
    | { timestampMs: number; success: boolean; rejected: boolean; samples: number; durationMs: number }
    | undefined;
  let lastError: PushError | undefined;
  let sending: Promise<void> | undefined;
  let again = false;

  function note(outcome: Outcome): void {
    const { batch } = outcome;
    if (last?.timestampMs !== batch.timestampMs) {
      last = { timestampMs: batch.timestampMs, success: true, rejected: false, samples: 0, durationMs: 0 };
    }
    last.durationMs += outcome.durationMs;
    if (outcome.kind === 'delivered') {
      last.samples += batch.samples;
      last.success = !last.rejected;
      return;
    }
    lastError = outcome.error;
    last.success = false;
    if (outcome.kind === 'rejected') {
      last.rejected = true;
      tracker.lost();
    }
    onFailure(destination.name, outcome.error, outcome.kind === 'rejected');
  }

  async function sendUntilEmpty(deadline: Deadline): Promise<void> {
    // Batches that were added during the last delivery must not wait for the next scrape.
    while (again && !deadline.signal.aborted) {
      again = false;
      await sendAll(queue, { deliver, retry, timing, onOutcome: note }, deadline);
    }
  }

  return {
    async add(families, timestampMs) {
      try {
        await queue.add(toBatches(destination, { account, families, timestampMs }, tracker));
      } catch (error) {
        tracker.lost();
        throw error;
      }
    },
    async send(deadline) {
      again = true;
      sending ??= sendUntilEmpty(deadline).finally(() => {
        sending = undefined;
      });
      await sending;
    },
    abandon() {
      const left = queue.clear?.() ?? [];
      if (left.length === 0) return;
      tracker.lost();
      const samples = left.reduce((sum, batch) => sum + batch.samples, 0);
      const why = lastError?.message ?? 'there was no time';
      onFailure(destination.name, new PushError(`${samples} samples are lost: ${why}`), true);
    },
    status: () => ({
      destination: destination.name,
      success: last?.success,
      samples: last?.samples,
      durationMs: last?.durationMs,
      oldestMs: queue.oldestMs(),
    }),
    save: tracker.save,
  };
}

/** Returns the samples of one scrape as batches, with only the metrics that the destination accepts. */
export function toBatches(
  { name, format, wants, encode }: Destination,
  { account, families, timestampMs }: Scraped,
  tracker: SeriesTracker,
): Batch[] {
  const wanted = wants ? families.filter((family) => wants(family.name)) : families;
  const bodies = encode({ account, families: wanted, timestampMs }, tracker);
  return bodies.map((each, part) => ({ account, destination: name, format, timestampMs, part, ...each }));
}

/** The outcome of one attempt. `failed` means that the batch can be sent again. */
export type Outcome =
  | { kind: 'delivered'; batch: Batch; durationMs: number }
  | { kind: 'rejected' | 'failed'; batch: Batch; durationMs: number; error: PushError };

/** How to send a queue. */
export interface SenderOptions {
  deliver: Deliver;
  retry: RetryPolicy;
  timing: Timing;
  onOutcome(outcome: Outcome): void;
}

/**
 * Sends a queue in order, and retries a batch before it sends the next one. It stops when the queue is empty, when a
 * batch has used up its retries, or at the deadline. Unsent batches stay in the queue.
 * @throws what the queue throws
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

/**
 * Converts any error to a PushError. Errors other than rejections become retryable, so that no batch is dropped for
 * them.
 */
export function toPushError(thrown: unknown, signal?: AbortSignal): PushError {
  if (thrown instanceof PushError) return thrown;
  const late = signal?.aborted || thrown instanceof DeadlineError;
  const ours = thrown instanceof ExporterError ? thrown.message : 'not delivered';
  const message = late ? 'not delivered in time' : ours;
  return new PushError(message, { retryable: true, cause: thrown });
}
