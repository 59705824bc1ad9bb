import { isWord } from './words.ts';

/** A header that looks like a limit, with its smallest and largest value. */
export interface LimitHeader {
  /** Undefined when the name is not a word. */
  name: string | undefined;
  /** Undefined when no value was a short number. */
  values: { least: number; most: number } | undefined;
}

const likeLimits = /rate|limit|retry|quota/i;
/** Longer numbers may identify somebody. */
const shortNumber = /^\d{1,6}(\.\d{1,3})?$/;
const maxHeaders = 20;

/** Collects headers that look like limits of requests. */
export class LimitHeaders {
  readonly #headers = new Map<string | undefined, LimitHeader>();

  add(headers: Readonly<Record<string, string | readonly string[] | undefined>>): void {
    for (const [given, value] of Object.entries(headers)) {
      if (!likeLimits.test(given)) continue;
      const name = isWord(given) ? given : undefined;
      if (!this.#headers.has(name) && this.#headers.size >= maxHeaders) continue;
      const header = this.#headers.get(name) ?? { name, values: undefined };
      this.#headers.set(name, header);
      if (name === undefined || typeof value !== 'string' || !shortNumber.test(value)) continue;
      const number = Number(value);
      const { least, most } = header.values ?? { least: number, most: number };
      header.values = { least: Math.min(least, number), most: Math.max(most, number) };
    }
  }

  headers(): LimitHeader[] {
    return [...this.#headers.values()];
  }
}
