import type { Family, Labels, Sample } from '../catalogue/metric.ts';
import { Bytes, copyBytes } from './bytes.ts';

const special = /[\\"\n]/;
const [zero, lineFeed, space, quote, comma, dot, equals, openBrace, closeBrace] = [
  48, 10, 32, 34, 44, 46, 61, 123, 125,
] as const;
/** The longest finite number in JavaScript: `-1.2345678901234568e-300`. */
const longestNumber = 24;
/** The assumed length of a line. Most lines are shorter. The buffer grows if necessary. */
const usualLine = 96;

/**
 * Writes an exposition as bytes. It encodes each name and set of labels once, and then copies the
 * bytes. Concatenating strings is fast enough for some hundred series. For a hundred thousand
 * series of single agents, it takes longer than the rest of a scrape
 * (docs/explain/benchmarks.md).
 */
export class Writer {
  readonly #out: Bytes;
  /**
   * Labels written so far, in order. `#starts` has the position of each, and the end of the last
   * one.
   */
  readonly #written: Labels[] = [];
  readonly #starts = [0];
  readonly #labelBytes = new Bytes(1 << 12);
  readonly #placeOf = new Map<Labels, number>();
  // Agents' labels have the same order in every family. So the next labels are probably at the same
  // index or the next one.
  #lastShared = 0;
  #lastOwn = 0;
  #name: string | undefined;
  readonly #nameBytes = new Bytes(256);

  /** Creates a writer with space for these families. */
  constructor(families: readonly Family[]) {
    const lines = families.reduce((sum, { values }) => sum + values.length, 0);
    this.#out = new Bytes((1 << 12) + lines * usualLine);
  }

  /** Returns the bytes written so far. */
  finish(): Buffer {
    return this.#out.bytes.subarray(0, this.#out.end);
  }

  /** Writes any text. */
  text(text: string): void {
    this.#out.reserve(text.length * 3);
    this.#out.text(text);
  }

  /** Writes the line of one sample. */
  sample(name: string, { labels, sharedLabels, value }: Sample): void {
    if (name !== this.#name) this.#setName(name);
    const starts = this.#starts;
    let sharedStart = 0;
    let sharedEnd = 0;
    if (sharedLabels !== undefined) {
      this.#lastShared = this.#find(sharedLabels, this.#lastShared);
      sharedStart = starts[this.#lastShared]!;
      sharedEnd = starts[this.#lastShared + 1]!;
    }
    this.#lastOwn = this.#find(labels, this.#lastOwn);
    const ownStart = starts[this.#lastOwn]!;
    const ownEnd = starts[this.#lastOwn + 1]!;
    const names = this.#nameBytes;
    const out = this.#out;
    out.reserve(names.end + sharedEnd - sharedStart + ownEnd - ownStart + longestNumber + 8);

    const { view } = out;
    const from = this.#labelBytes.view;
    let end = copyBytes(names.view, 0, names.end, view, out.end);
    let separator: number = openBrace;
    if (sharedEnd > sharedStart) {
      view.setUint8(end, separator);
      end = copyBytes(from, sharedStart, sharedEnd, view, end + 1);
      separator = comma;
    }
    if (ownEnd > ownStart) {
      view.setUint8(end, separator);
      end = copyBytes(from, ownStart, ownEnd, view, end + 1);
      separator = comma;
    }
    if (separator === comma) view.setUint8(end++, closeBrace);
    view.setUint8(end++, space);
    out.end = end;
    writeNumber(out, value);
    out.bytes[out.end++] = lineFeed;
  }

  #setName(name: string): void {
    this.#name = name;
    this.#nameBytes.end = 0;
    this.#nameBytes.reserve(name.length * 3);
    this.#nameBytes.text(name);
  }

  /**
   * Returns the index of these labels, and writes them if they are new. It checks `last` and the
   * next index first.
   */
  #find(labels: Labels, last: number): number {
    const written = this.#written;
    if (written[last] === labels) return last;
    if (written[last + 1] === labels) return last + 1;
    return this.#placeOf.get(labels) ?? this.#add(labels);
  }

  #add(labels: Labels): number {
    const bytes = this.#labelBytes;
    const start = bytes.end;
    for (const name in labels) {
      const value = labels[name]!;
      bytes.reserve((name.length + value.length) * 3 + 4);
      if (bytes.end > start) bytes.bytes[bytes.end++] = comma;
      bytes.short(name);
      bytes.bytes[bytes.end++] = equals;
      bytes.bytes[bytes.end++] = quote;
      bytes.short(special.test(value) ? escapeText(value) : value);
      bytes.bytes[bytes.end++] = quote;
    }
    this.#starts.push(bytes.end);
    this.#placeOf.set(labels, this.#written.length);
    return this.#written.push(labels) - 1;
  }
}

function writeNumber(out: Bytes, value: number): void {
  if (value >= 0 && value < 10 && Number.isInteger(value)) {
    out.bytes[out.end++] = zero + value;
    return;
  }
  // Most other values are times in seconds with up to three decimals. From 2 ** 42 on, two of these
  // may be the same floating-point number.
  const thousandths = Math.round(value * 1000);
  if (value > 0 && value < 2 ** 42 && thousandths / 1000 === value) {
    const whole = Math.floor(thousandths / 1000);
    writeWhole(out, whole);
    writeDecimals(out, thousandths - whole * 1000);
  } else out.short(toGoFloat(value));
}

function writeWhole(out: Bytes, value: number): void {
  const upper = Math.floor(value / 1e6);
  if (upper > 0) writeWhole(out, upper);
  let rest = value - upper * 1e6;
  const digits = upper > 0 ? 6 : countDigits(rest);
  for (let at = out.end + digits - 1; at >= out.end; at--) {
    const tenth = (rest / 10) | 0;
    out.bytes[at] = zero + rest - tenth * 10;
    rest = tenth;
  }
  out.end += digits;
}

function countDigits(value: number): number {
  let digits = 1;
  for (let least = 10; least <= value; least *= 10) digits++;
  return digits;
}

function writeDecimals(out: Bytes, thousandths: number): void {
  if (thousandths === 0) return;
  out.bytes[out.end++] = dot;
  for (let place = 100, rest = thousandths; rest > 0; place /= 10) {
    const digit = Math.floor(rest / place);
    out.bytes[out.end++] = zero + digit;
    rest -= digit * place;
  }
}

/** Escapes a label value of either format, or the HELP of OpenMetrics. */
export function escapeText(text: string): string {
  return escapeBackslashes(text).replaceAll('"', '\\"');
}

/** Escapes the HELP of text 0.0.4, where quotes are not escaped. */
export function escapeBackslashes(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** Formats a number as Go's ParseFloat expects it. */
export function toGoFloat(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
