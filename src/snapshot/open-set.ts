/**
 * A set of names that may grow: those the reference names, and those an account adds. Bounds what becomes a label:
 * after `maxUnknown` unknown names, in order of appearance, the rest is called `other`.
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

  /** The value itself, or `other` when there are too many. */
  label(value: string): string {
    if (this.#known.has(value) || this.#admitted.has(value)) return value;
    if (this.#admitted.size >= this.#maxUnknown) return 'other';
    this.#admitted.add(value);
    return value;
  }
}
