import type { Family } from '../../catalogue/metric.ts';
import type { Deadline } from '../../deadline.ts';
import type { RetryPolicy } from '../../http/retry.ts';
import type { PushStatus } from '../../snapshot/reading.ts';
import type { Timing } from '../../timing.ts';
import type { Destination } from '../destinations/destination.ts';
import { PushError } from '../errors.ts';
import type { Queue } from '../queue/queue.ts';
import { type Deliver, type Outcome, sendAll } from './sender.ts';
import { createSeriesTracker, type SavedSeries } from './series-tracker.ts';

/** How batches reach one destination from one account. */
export interface Route {
  destination: Destination;
  queue: Queue;
  /** Delivers to the destination, or to a queue before it. */
  deliver: Deliver;
  retry: RetryPolicy;
}

/** What one account still owes one destination. */
export interface Outbox {
  /** Queues the samples of a scrape. @throws what the queue throws */
  add(families: readonly Family[], timestampMs: number): Promise<void>;
  /** Sends what is queued, before the deadline; only one call at a time does so, the others wait for it. */
  send(deadline: Deadline): Promise<void>;
  /** Drops what would be gone with the process. */
  abandon(): void;
  status(): PushStatus;
  save(): SavedSeries;
}

/** Opens an outbox. `onFailure` is called after each failed attempt; `final`: these samples are lost. */
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
    // What is added while the last batch is on its way must not wait for the next scrape.
    while (again && !deadline.signal.aborted) {
      again = false;
      await sendAll(queue, { deliver, retry, timing, onOutcome: note }, deadline);
    }
  }

  return {
    async add(families, timestampMs) {
      try {
        await queue.add(destination.toBatches({ account, families, timestampMs }, tracker));
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
      onFailure(
        destination.name,
        new PushError(`${samples} samples are lost: ${why}`, { dropped: samples }),
        true,
      );
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
