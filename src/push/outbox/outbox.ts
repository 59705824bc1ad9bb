import type { Family } from '../../catalogue/metric.ts';
import { type Deadline, DeadlineError, leftMs } from '../../deadline.ts';
import { ExporterError } from '../../errors.ts';
import { HttpStatusError, ProxyError } from '../../http/errors.ts';
import { longestPauseMs, type RetryPolicy, retryDelayMs } from '../../http/retry.ts';
import type { PushStatus } from '../../snapshot/reading.ts';
import type { Timing } from '../../timing.ts';
import type { Destination, Scraped } from '../destinations/destination.ts';
import type { SavedSeries } from '../encoding/points.ts';
import { PushError, settingsToCheck } from '../errors.ts';
import type { Batch, Deliver, Queue } from '../queue.ts';
import { createSeriesTracker, type SeriesTracker } from './series-tracker.ts';

/** How batches of one account reach one destination. */
export interface Route {
  destination: Destination;
  queue: Queue;
  /** Delivers to the destination, or to its queue in SQS. */
  deliver: Deliver;
  retry: RetryPolicy;
}

/**
 * The queue of one account for one destination, with the tracked series and the status of the last
 * push.
 */
export interface Outbox {
  /** Replaces the tracked series with saved ones. */
  restore(series: SavedSeries): void;
  /** Queues the samples of a scrape. @throws what the encoding and the queue throw */
  add(families: readonly Family[], timestampMs: number): Promise<void>;
  /**
   * Sends the queue before the deadline. Only one call sends at a time, and the other calls wait
   * for it. Sends nothing while the queue is held
   * (docs/decisions/0020-wrong-settings-hold-the-queue.md).
   * @throws what the queue throws
   */
  send(deadline: Deadline): Promise<void>;
  /**
   * Drops the batches of a queue in memory, which ends with the process. Reports them as a failure.
   * Afterwards the queue is not held.
   */
  abandon(): void;
  status(): PushStatus;
  save(): SavedSeries;
}

/**
 * A failed attempt.
 *
 * - `failed`: the batch is retried.
 * - `held`: the batch is retried, at the earliest after `nextAttemptMs`.
 * - `rejected`: the batch is not retried.
 */
export interface Failure {
  destination: string;
  kind: 'failed' | 'held' | 'rejected';
  error: PushError;
  nextAttemptMs?: number;
  /** How many series stay without an end, since the destination rejected their end twice. */
  neverEnded?: number;
}

/** Creates an outbox that tracks no series. `onFailure` is called after each failed attempt. */
export function createOutbox(
  account: string,
  { destination, queue, deliver, retry }: Route,
  timing: Timing,
  onFailure: (failure: Failure) => void,
): Outbox {
  const tracker = createSeriesTracker();
  let last:
    | { timestampMs: number; success: boolean; rejected: boolean; samples: number; durationMs: number }
    | undefined;
  let lastError: PushError | undefined;
  let sending: Promise<void> | undefined;
  let again = false;
  let holds = 0;
  let heldUntilMs = Number.NEGATIVE_INFINITY;

  function note(outcome: Outcome): void {
    const { batch } = outcome;
    if (last?.timestampMs !== batch.timestampMs) {
      last = { timestampMs: batch.timestampMs, success: true, rejected: false, samples: 0, durationMs: 0 };
    }
    last.durationMs += outcome.durationMs;
    const { kind } = outcome;
    if (kind === 'delivered' || kind === 'rejected') holds = 0;
    if (kind === 'delivered') {
      last.samples += batch.samples;
      last.success = !last.rejected;
      return;
    }
    const { error } = outcome;
    lastError = error;
    last.success = false;
    let neverEnded = 0;
    if (kind === 'rejected') {
      last.rejected = true;
      neverEnded = tracker.rejected(batch.ended ?? []);
    }
    if (kind === 'held') {
      const nextAttemptMs = holdDelayMs(holds++);
      heldUntilMs = timing.monotonic() + nextAttemptMs;
      onFailure({ destination: destination.name, kind, error, nextAttemptMs });
    } else onFailure({ destination: destination.name, kind, error, ...(neverEnded > 0 && { neverEnded }) });
  }

  async function sendUntilEmpty(deadline: Deadline): Promise<void> {
    // Batches that were added during the last delivery must not wait for the next scrape.
    while (again && !deadline.signal.aborted && timing.monotonic() >= heldUntilMs) {
      again = false;
      await sendAll(queue, { deliver, retry, timing, holds: true, onOutcome: note }, deadline);
    }
  }

  return {
    restore: tracker.restore,
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
      heldUntilMs = Number.NEGATIVE_INFINITY;
      const left = queue.clear?.() ?? [];
      if (left.length === 0) return;
      tracker.lost(left.flatMap(({ ended = [] }) => ended));
      const samples = left.reduce((sum, batch) => sum + batch.samples, 0);
      const why = lastError?.message ?? 'time ran out before they were sent';
      const error = new PushError(`${samples} samples are lost: ${why}`);
      onFailure({ destination: destination.name, kind: 'rejected', error });
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

/**
 * Returns the samples of one scrape as batches, with only the metrics that the destination accepts.
 */
export function toBatches(
  { name, format, wants, encode }: Destination,
  { account, families, timestampMs }: Scraped,
  tracker: SeriesTracker,
): Batch[] {
  const wanted = wants ? families.filter((family) => wants(family.name)) : families;
  const bodies = encode({ account, families: wanted, timestampMs }, tracker);
  return bodies.map((each, part) => ({ account, destination: name, format, timestampMs, part, ...each }));
}

/**
 * Returns how long to wait after a destination refused a batch because of wrong settings: 1, 2, 4
 * and then 5 minutes. `holds` is the number of earlier refusals.
 */
export function holdDelayMs(holds: number): number {
  return Math.min(longestPauseMs, 60_000 * 2 ** holds);
}

/**
 * The outcome of one attempt. `failed`: the batch can be retried. `held`: the batch can be retried
 * when the settings are right.
 */
export type Outcome =
  | { kind: 'delivered'; batch: Batch; durationMs: number }
  | { kind: 'rejected' | 'failed' | 'held'; batch: Batch; durationMs: number; error: PushError };

/** How to send a queue. */
export interface SenderOptions {
  deliver: Deliver;
  retry: RetryPolicy;
  timing: Timing;
  /**
   * What to do when a batch is refused because of wrong settings. True: it stays first in the
   * queue. False: it is rejected.
   */
  holds?: boolean;
  onOutcome(outcome: Outcome): void;
}

/**
 * Sends a queue in order, and retries a batch before it sends the next one. It stops when the queue
 * is empty, when a batch has used up its retries or is held, or at the deadline. Unsent batches
 * stay in the queue.
 * @throws what the queue throws
 */
export async function sendAll(
  queue: Queue,
  { deliver, retry, timing, holds = false, onOutcome }: SenderOptions,
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
      if (holds && error.misconfigured) {
        onOutcome({ kind: 'held', batch, durationMs, error });
        return;
      }
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
 * Converts any error to a PushError. An ExporterError becomes retryable, so that no batch is
 * dropped for a temporary failure. Other errors are not retryable: a damaged batch or a bug caused
 * them, so the same bytes would fail again and block all later batches.
 */
export function toPushError(thrown: unknown, signal?: AbortSignal): PushError {
  if (thrown instanceof PushError) return thrown;
  if (signal?.aborted || thrown instanceof DeadlineError) {
    return new PushError('not delivered before the deadline', { retryable: true, cause: thrown });
  }
  if (!(thrown instanceof ExporterError)) {
    const name = thrown instanceof Error ? thrown.name : typeof thrown;
    return new PushError(
      `the batch is damaged, or the exporter has a bug (${name}); with a queue, vcc-exporter replay --list shows the batch`,
      {
        cause: thrown,
      },
    );
  }
  // A redirect that must not be followed, for example.
  const check = thrown instanceof HttpStatusError ? settingsToCheck(thrown.status) : undefined;
  const refusedByProxy = thrown instanceof ProxyError && !thrown.retryable;
  return new PushError(check === undefined ? thrown.message : `${thrown.message}; ${check}`, {
    retryable: true,
    misconfigured: check !== undefined || refusedByProxy,
    cause: thrown,
  });
}
