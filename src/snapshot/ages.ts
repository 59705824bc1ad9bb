/** How long a group of agents or interactions has been as it is: count, oldest, mean and distribution. */
export interface Ages {
  count: number;
  /** The earliest `since`; undefined for an empty group. */
  oldestMs: number | undefined;
  /** The mean `since`; undefined for an empty group. */
  meanMs: number | undefined;
  /** Sum of all ages in seconds; an age below 0 (begun after the snapshot) counts as 0. */
  sumSeconds: number;
  /** How many are at most as old as each bound, in the order of the bounds. */
  cumulative: number[];
}

/** Adds up ages at one point in time. */
export class AgeCounter {
  count = 0;
  readonly #takenAtMs: number;
  readonly #boundsMs: readonly number[];
  readonly #perBucket: number[];
  #oldestMs = Number.POSITIVE_INFINITY;
  // Two sums of differences: a sum of timestamps would pass 2^53 at six thousand agents.
  #signedSumMs = 0;
  #ageSumMs = 0;

  constructor(takenAtMs: number, boundsMs: readonly number[]) {
    this.#takenAtMs = takenAtMs;
    this.#boundsMs = boundsMs;
    this.#perBucket = new Array(boundsMs.length + 1).fill(0);
  }

  add(sinceMs: number): void {
    const ageMs = this.#takenAtMs - sinceMs;
    const bounds = this.#boundsMs;
    this.count++;
    if (sinceMs < this.#oldestMs) this.#oldestMs = sinceMs;
    this.#signedSumMs += ageMs;
    if (ageMs > 0) this.#ageSumMs += ageMs;
    // From the oldest bucket down: most of an account's agents have been logged out for long.
    let bucket = bounds.length;
    while (bucket > 0 && ageMs <= bounds[bucket - 1]!) bucket--;
    this.#perBucket[bucket]!++;
  }

  ages(): Ages {
    let running = 0;
    return {
      count: this.count,
      oldestMs: this.count === 0 ? undefined : this.#oldestMs,
      meanMs: this.count === 0 ? undefined : this.#takenAtMs - this.#signedSumMs / this.count,
      sumSeconds: this.#ageSumMs / 1000,
      cumulative: this.#perBucket.slice(0, -1).map((inBucket) => {
        running += inBucket;
        return running;
      }),
    };
  }
}
