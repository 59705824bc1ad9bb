/**
 * How long the members of a group have been in their state, at the time of the snapshot. Times are
 * ms since 1970.
 */
export interface Ages {
  count: number;
  /** The earliest `since`. Undefined if none is known. */
  oldestMs: number | undefined;
  /**
   * The median `since`. For an even number of members, it is halfway between the two in the middle.
   * Undefined if none is known.
   */
  medianMs: number | undefined;
  /** For each bound, in order: how many members have been in the state for longer. */
  longerThan: readonly number[];
}

/** Collects the ages of a group. Members whose `since` is unknown count only in `count`. */
export class AgeCounter {
  count = 0;
  readonly #takenAtMs: number;
  readonly #boundsMs: readonly number[];
  readonly #sincesMs: number[] = [];

  constructor(takenAtMs: number, boundsMs: readonly number[]) {
    this.#takenAtMs = takenAtMs;
    this.#boundsMs = boundsMs;
  }

  add(sinceMs: number | undefined): void {
    this.count++;
    if (sinceMs !== undefined) this.#sincesMs.push(sinceMs);
  }

  ages(): Ages {
    const sorted = Float64Array.from(this.#sincesMs).sort();
    const middle = sorted.length / 2;
    return {
      count: this.count,
      oldestMs: sorted[0],
      // A sum of two times is exact: it is far below 2^53.
      medianMs:
        sorted.length === 0 ? undefined : (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2,
      longerThan: this.#boundsMs.map((boundMs) => countBelow(sorted, this.#takenAtMs - boundMs)),
    };
  }
}

/** Returns how many of these ascending numbers are less than the limit. */
function countBelow(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
