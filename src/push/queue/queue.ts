import type { PushError } from '../errors.ts';
import type { Batch } from './batch.ts';

/** The first batch of a queue, until something became of it. */
export interface Lease {
  batch: Batch;
  /** It was delivered, or something else keeps it now. */
  done(): Promise<void>;
  /** It was rejected for good. */
  reject(error: PushError): Promise<void>;
}

/** The batches of one account that wait for one destination: first in, first out. */
export interface Queue {
  add(batches: readonly Batch[]): Promise<void>;
  /** The oldest batch; the same until something became of it. Undefined: none waits. */
  first(): Promise<Lease | undefined>;
  /** Time of the oldest sample that waits, if the queue is meant to hold samples for longer than one scrape. */
  oldestMs(): number | undefined;
  /** Drops what waits, if it would be gone with the process. */
  clear?(): readonly Batch[];
}

/**
 * A queue that is gone with the process. `lasting`: samples have a time of their own, so that older ones are of use later;
 * otherwise it holds one scrape at most, the newest.
 */
export function createMemoryQueue(lasting: boolean): Queue {
  let batches: Batch[] = [];
  return {
    async add(more) {
      batches = lasting ? [...batches, ...more] : [...more];
    },
    async first() {
      const batch = batches[0];
      const remove = async () => {
        // A newer scrape may have replaced it meanwhile.
        batches = batches.filter((each) => each !== batch);
      };
      return batch && { batch, done: remove, reject: remove };
    },
    oldestMs: () => undefined,
    clear() {
      const left = batches;
      batches = [];
      return left;
    },
  };
}
