import type { Line } from './line.ts';
import type { Parcel } from './parcel.ts';

/** How much a line holds, and for how long. */
export interface LineBounds {
  maxBytes: number;
  maxAgeMs: number;
  now(): number;
  /** Is told what was given up. */
  onGivenUp(parcel: Parcel): void;
}

/** A line in memory that gives up what has waited too long and, when there is too much, the oldest; never the one being sent. */
export function createBoundedLine({ maxBytes, maxAgeMs, now, onGivenUp }: LineBounds): Line {
  let parcels: Parcel[] = [];
  let bytes = 0;

  function remove(parcel: Parcel): void {
    if (!parcels.includes(parcel)) return;
    parcels = parcels.filter((each) => each !== parcel);
    bytes -= parcel.body.length;
  }

  function giveUp(parcel: Parcel): void {
    remove(parcel);
    onGivenUp(parcel);
  }

  return {
    async add(more) {
      parcels.push(...more);
      for (const { body } of more) bytes += body.length;
      // The first may be on its way.
      while (bytes > maxBytes && parcels.length > 1) giveUp(parcels[1]!);
    },
    async first() {
      const oldestMs = now() - maxAgeMs;
      while (parcels[0] !== undefined && parcels[0].timestampMs < oldestMs) giveUp(parcels[0]);
      const parcel = parcels[0];
      const done = async () => {
        if (parcel) remove(parcel);
      };
      return parcel && { parcel, done, reject: done };
    },
    oldestMs: () => parcels[0]?.timestampMs,
  };
}
