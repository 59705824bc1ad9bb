/** Most further values that are admitted. */
const maxUnknown = 20;

/**
 * A set of label values that may grow. It contains:
 * - the values that the API reference names (`named`)
 * - the values that VCC_KNOWN_VALUES adds (`known`)
 * - up to 20 further values, in order of appearance
 *
 * All other values become `other`, which limits the number of series.
 */
export class OpenSet {
  readonly #known: ReadonlySet<string>;
  readonly #admitted = new Set<string>();

  constructor(named: readonly string[], known: readonly string[] = []) {
    this.#known = new Set([...named, ...known]);
  }

  isKnown(value: string): boolean {
    return this.#known.has(value);
  }

  /** Returns the value, or `other` beyond the limit. Admits a new value. */
  label(value: string): string {
    if (this.#known.has(value) || this.#admitted.has(value)) return value;
    if (this.#admitted.size >= maxUnknown) return 'other';
    this.#admitted.add(value);
    return value;
  }
}
