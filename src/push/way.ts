import type { Family } from '../catalogue/metric.ts';
import type { Timing } from '../http/fetch.ts';
import type { RetryPolicy } from '../http/retry.ts';
import type { PushStatus } from '../snapshot/reading.ts';
import { type Carry, emptyLine, type Outcome } from './carry.ts';
import type { Destination } from './destination.ts';
import { PushError } from './errors.ts';
import type { Line } from './line.ts';
import type { SavedSeries } from './stale.ts';

/** One destination of an account: what waits for it, and who brings it there or nearer. */
export interface Route {
  destination: Destination;
  line: Line;
  carry: Carry;
  retry: RetryPolicy;
}

/** The way of an account’s samples to one destination. */
export interface Way {
  add(families: readonly Family[], timestampMs: number): Promise<void>;
  /** Empties the line, unless that is being done; up to `deadlineMs`. Never throws. */
  send(signal: AbortSignal, deadlineMs: number): Promise<void>;
  /** Gives up what would be gone with the process. */
  abandon(): void;
  status(): PushStatus;
  save(): SavedSeries;
}

/** Opens a way. `onFailure` is told of each attempt that failed, and whether that is the end of it. */
export function createWay(
  account: string,
  { destination, line, carry, retry }: Route,
  saved: SavedSeries | undefined,
  timing: Timing,
  onFailure: (destination: string, error: PushError, final: boolean) => void,
): Way {
  const stream = destination.open(account, saved);
  let last:
    | { timestampMs: number; success: boolean; rejected: boolean; samples: number; durationMs: number }
    | undefined;
  let lastError: PushError | undefined;
  let emptying: Promise<void> | undefined;
  let again = false;

  function note(outcome: Outcome): void {
    const { parcel } = outcome;
    if (last?.timestampMs !== parcel.timestampMs) {
      last = { timestampMs: parcel.timestampMs, success: true, rejected: false, samples: 0, durationMs: 0 };
    }
    last.durationMs += outcome.durationMs;
    if (outcome.kind === 'delivered') {
      last.samples += parcel.samples;
      last.success = !last.rejected;
      return;
    }
    lastError = outcome.error;
    last.success = false;
    if (outcome.kind === 'rejected') {
      last.rejected = true;
      stream.lost();
    }
    onFailure(destination.name, outcome.error, outcome.kind === 'rejected');
  }

  return {
    async add(families, timestampMs) {
      try {
        await line.add(stream.next(families, timestampMs));
      } catch (error) {
        stream.lost();
        throw error;
      }
    },
    async send(signal, deadlineMs) {
      again = true;
      emptying ??= (async () => {
        // What is added while the last one is on its way must not wait for the next sample.
        while (again && !signal.aborted) {
          again = false;
          await emptyLine(line, carry, { retry, timing, onOutcome: note }, signal, deadlineMs);
        }
      })().finally(() => {
        emptying = undefined;
      });
      await emptying;
    },
    abandon() {
      const left = line.clear?.() ?? [];
      if (left.length === 0) return;
      stream.lost();
      const samples = left.reduce((sum, parcel) => sum + parcel.samples, 0);
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
      oldestMs: line.oldestMs(),
    }),
    save: stream.save,
  };
}
