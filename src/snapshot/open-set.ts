/**
 * A set of label values that may grow. It contains the values that the API reference names, and up to `maxUnknown`
 * others in order of appearance. All further values become `other`, which limits the number of series.
 */
export class OpenSet {
  readonly #known: ReadonlySet<string>;
  readonly #admitted = new Set<string>();
  readonly #maxUnknown: number;

  constructor(known: readonly string[], maxUnknown = 20) {
    this.#known = new Set(known);
    this.#maxUnknown = maxUnknown;
  }

  isKnown(value: string): boolean {
    return this.#known.has(value);
  }

  /** Returns the value itself, or `other` beyond the limit. Admits a new value. */
  label(value: string): string {
    if (this.#known.has(value) || this.#admitted.has(value)) return value;
    if (this.#admitted.size >= this.#maxUnknown) return 'other';
    this.#admitted.add(value);
    return value;
  }
}
