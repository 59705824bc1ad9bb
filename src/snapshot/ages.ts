/**
 * How long the members of a group have been in their state: count, oldest, mean and distribution. Times are ms since
 * 1970.
 */
export interface Ages {
  count: number;
  /** The members whose `since` is known. The other fields are about these. */
  known: number;
  /** The earliest `since`. Undefined if none is known. */
  oldestMs: number | undefined;
  /** The mean `since`. Undefined if none is known. */
  meanMs: number | undefined;
  /** The sum of all ages in seconds. A negative age (started after the snapshot) counts as 0. */
  sumSeconds: number;
  /** How many ages are at most each bound, in the order of the bounds. */
  cumulative: number[];
}

/** Adds up ages at one time. */
export class AgeCounter {
  count = 0;
  #known = 0;
  readonly #takenAtMs: number;
  readonly #boundsMs: readonly number[];
  readonly #perBucket: number[];
  #oldestMs = Number.POSITIVE_INFINITY;
  // Sums of differences, since a sum of timestamps would exceed 2^53 at about five thousand agents.
  #signedSumMs = 0;
  #ageSumMs = 0;

  constructor(takenAtMs: number, boundsMs: readonly number[]) {
    this.#takenAtMs = takenAtMs;
    this.#boundsMs = boundsMs;
    this.#perBucket = new Array(boundsMs.length + 1).fill(0);
  }

  add(sinceMs: number | undefined): void {
    this.count++;
    if (sinceMs === undefined) return;
    const ageMs = this.#takenAtMs - sinceMs;
    const bounds = this.#boundsMs;
    this.#known++;
    if (sinceMs < this.#oldestMs) this.#oldestMs = sinceMs;
    this.#signedSumMs += ageMs;
    if (ageMs > 0) this.#ageSumMs += ageMs;
    // Search from the highest bucket down, since most agents of an account have been logged out for long.
    let bucket = bounds.length;
    while (bucket > 0 && ageMs <= bounds[bucket - 1]!) bucket--;
    this.#perBucket[bucket]!++;
  }

  ages(): Ages {
    let running = 0;
    return {
      count: this.count,
      known: this.#known,
      oldestMs: this.#known === 0 ? undefined : this.#oldestMs,
      meanMs: this.#known === 0 ? undefined : this.#takenAtMs - this.#signedSumMs / this.#known,
      sumSeconds: this.#ageSumMs / 1000,
      cumulative: this.#perBucket.slice(0, -1).map((inBucket) => {
        running += inBucket;
        return running;
      }),
    };
  }
}
