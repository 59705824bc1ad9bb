import { ExpositionError } from './exposition-error.ts';

/** What the line of a sample says. */
export interface SampleLine {
  name: string;
  /** Without a prototype. */
  labels: Readonly<Record<string, string>>;
  value: number;
  timestampMs: number | undefined;
}

const metricName = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const labelName = /[a-zA-Z_][a-zA-Z0-9_]*/y;
/** What stands between quotes. */
const quoted = /[^"\\]*(?:\\.[^"\\]*)*/sy;
const blanks = /[ \t]*/y;
const word = /[^ \t]+/y;

/** As Go's ParseFloat, without hexadecimal numbers and underscores. */
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const infinity = /^([+-]?)inf(?:inity)?$/i;

/**
 * Reads the line of a sample; its number is for errors. What stands before it, blanks, has been taken away.
 * @throws ExpositionError
 */
export function parseSample(line: string, number: number, format: 'text' | 'openmetrics'): SampleLine {
  const reader = new LineReader(line, number);
  if (/^\{[ \t]*"/.test(line)) reader.fail('a metric name before {: names in quotes are not understood');
  const name = reader.take(metricName) ?? reader.fail('a metric name of letters, digits, _ and :');
  reader.metric = name;
  const labels = reader.labels();
  const value = reader.number('a number after the name and labels');
  let timestampMs: number | undefined;
  if (!reader.isOver() && !reader.isAt('#')) timestampMs = reader.timestamp(format);
  if (format === 'openmetrics' && reader.isAt('#')) reader.exemplar();
  if (!reader.isOver()) reader.fail('the end of the line');
  return { name, labels, value, timestampMs };
}

/** Reads a line from left to right; each method goes on behind what it has read, and behind blanks. */
class LineReader {
  metric: string | undefined;
  readonly #line: string;
  readonly #number: number;
  #at = 0;

  constructor(line: string, number: number) {
    this.#line = line;
    this.#number = number;
  }

  fail(expected: string): never {
    throw new ExpositionError(this.#number, expected, this.metric);
  }

  isOver(): boolean {
    return this.#at === this.#line.length;
  }

  isAt(char: string): boolean {
    return this.#line[this.#at] === char;
  }

  /** What the pattern, which is sticky, matches here. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#line)?.[0];
    if (text !== undefined) this.#goTo(this.#at + text.length);
    return text;
  }

  labels(): Record<string, string> {
    const labels: Record<string, string> = Object.create(null);
    if (!this.#skip('{')) return labels;
    while (!this.#skip('}')) {
      if (this.isAt('"')) this.fail('a label name without quotes');
      const name = this.take(labelName) ?? this.fail('a label name of letters, digits and _, or }');
      // `__name__` is the metric's name.
      if (name in labels || name === '__name__') this.fail('no label twice');
      if (!this.#skip('=')) this.fail('= after a label name');
      labels[name] = this.#quoted();
      if (!this.#skip(',') && !this.isAt('}')) this.fail('a comma or } after a label');
    }
    return labels;
  }

  number(expected: string): number {
    const text = this.take(word) ?? '';
    const number = toNumber(text);
    return number === undefined ? this.fail(expected) : number;
  }

  /** Milliseconds in the text format, where Prometheus takes none before 1970, and seconds in OpenMetrics. */
  timestamp(format: 'text' | 'openmetrics'): number {
    const text = this.take(word) ?? '';
    const fits = (format === 'text' ? /^\d+$/ : decimal).test(text);
    const ms = format === 'text' ? Number(text) : Math.round(Number(text) * 1000);
    if (fits && Number.isSafeInteger(ms)) return ms;
    return this.fail(
      format === 'text' ? 'a time in whole milliseconds, or nothing' : 'a time in seconds, or nothing',
    );
  }

  /** Is read only for the errors there may be. */
  exemplar(): void {
    this.#skip('#');
    if (!this.isAt('{')) this.fail('the labels of an exemplar');
    this.labels();
    this.number('a number after the labels of an exemplar');
    if (!this.isOver()) this.timestamp('openmetrics');
  }

  #quoted(): string {
    // Blanks in quotes are part of the value, so that nothing may be skipped.
    if (!this.isAt('"')) this.fail('a label value in quotes');
    quoted.lastIndex = this.#at + 1;
    const text = quoted.exec(this.#line)![0];
    const end = this.#at + 1 + text.length;
    if (this.#line[end] !== '"') this.fail('a label value that ends with a quote in the same line');
    this.#goTo(end + 1);
    if (!text.includes('\\')) return text;
    // A backslash before anything else stands for itself, as Prometheus reads it.
    return text.replace(/\\([\\n"])/g, (_, char: string) => (char === 'n' ? '\n' : char));
  }

  #skip(char: string): boolean {
    if (!this.isAt(char)) return false;
    this.#goTo(this.#at + 1);
    return true;
  }

  #goTo(at: number): void {
    blanks.lastIndex = at;
    this.#at = at + blanks.exec(this.#line)![0].length;
  }
}

function toNumber(text: string): number | undefined {
  if (decimal.test(text)) {
    const number = Number(text);
    // One that is too large is no infinity.
    return Number.isFinite(number) ? number : undefined;
  }
  if (/^nan$/i.test(text)) return Number.NaN;
  const sign = infinity.exec(text)?.[1];
  if (sign === undefined) return undefined;
  return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
