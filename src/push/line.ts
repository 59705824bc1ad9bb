import type { PushError } from './errors.ts';
import type { Parcel } from './parcel.ts';

/** The first parcel of a line, until something becomes of it. */
export interface Held {
  parcel: Parcel;
  /** It arrived, or is in good hands. */
  done(): Promise<void>;
  /** It was rejected for good. */
  reject(error: PushError): Promise<void>;
}

/** What waits for one destination from one account: first in, first out. */
export interface Line {
  add(parcels: readonly Parcel[]): Promise<void>;
  /** The one whose turn it is; the same until something became of it. Undefined: none waits. */
  first(): Promise<Held | undefined>;
  /** Time of the oldest sample that waits, where waiting is what the line is for. */
  oldestMs(): number | undefined;
  /** Gives up what waits, where it would be gone with the process. */
  clear?(): readonly Parcel[];
}

/** A line that is gone with the process. One whose samples do not last holds a scrape at most: the newest. */
export function createMemoryLine(lasting: boolean): Line {
  let parcels: Parcel[] = [];
  return {
    async add(more) {
      parcels = lasting ? [...parcels, ...more] : [...more];
    },
    async first() {
      const parcel = parcels[0];
      const remove = async () => {
        // A newer scrape may have taken its place meanwhile.
        parcels = parcels.filter((each) => each !== parcel);
      };
      return parcel && { parcel, done: remove, reject: remove };
    },
    oldestMs: () => undefined,
    clear() {
      const left = parcels;
      parcels = [];
      return left;
    },
  };
}
