import { ExporterError } from '../../src/errors.ts';
import type { Meta } from '../../src/push/encoding/points.ts';

/**
 * An exposition breaks the rules of its format. The message has the line, what was expected, and at
 * most a metric's name.
 */
export class ExpositionError extends ExporterError {
  constructor(line: number, expected: string, metric?: string) {
    super('shape', `exposition, line ${line}${metric ? `, ${metric}` : ''}: expected ${expected}`);
  }
}

/** One sample of an exposition. */
export interface ParsedSample {
  name: string;
  /** Without a prototype, since every name of a label is possible. */
  labels: Readonly<Record<string, string>>;
  value: number;
  /** Undefined: the time of the scrape. */
  timestampMs: number | undefined;
  meta: Meta;
}

/** The formats of an exposition. */
export type ExpositionFormat = 'text' | 'openmetrics';

const types: Record<ExpositionFormat, Readonly<Record<string, Meta['type']>>> = {
  text: {
    counter: 'counter',
    gauge: 'gauge',
    histogram: 'histogram',
    summary: 'summary',
    untyped: 'unknown',
  },
  openmetrics: {
    counter: 'counter',
    gauge: 'gauge',
    histogram: 'histogram',
    gaugehistogram: 'gaugehistogram',
    summary: 'summary',
    info: 'info',
    // Receivers of samples ignore the difference: a series for each state, 0 or 1.
    stateset: 'gauge',
    unknown: 'unknown',
  },
};

/** What may follow a family's name in the names of its samples. */
const suffixes: Partial<Record<Meta['type'], readonly string[]>> = {
  counter: ['_total', '_created'],
  histogram: ['_bucket', '_sum', '_count', '_created'],
  gaugehistogram: ['_bucket', '_gsum', '_gcount'],
  summary: ['_sum', '_count', '_created'],
  info: ['_info'],
};

const allSuffixes = [...new Set(Object.values(suffixes).flat())];

/** The first is the keyword. This reader does not know a name in quotes. */
const description = /^#[ \t]+(HELP|TYPE|UNIT)[ \t]+([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]?(.*)$/s;

/**
 * Reads an exposition: text format 0.0.4, or OpenMetrics 1.0. Rejects what Prometheus rejects,
 * except for missing blanks. Leaves exemplars out, and rejects names in quotes (UTF-8, of later
 * formats).
 * @throws ExpositionError
 */
export function parseExposition(text: string, format: ExpositionFormat): ParsedSample[] {
  const families = new Map<string, Meta>();
  const samples: (Omit<ParsedSample, 'meta'> & { meta?: Meta })[] = [];
  const lines = text.split('\n');
  // An empty text after the last line break is not a line.
  if (lines.at(-1) === '') lines.pop();
  let ended = false;
  for (const [at, raw] of lines.entries()) {
    const number = at + 1;
    if (ended) throw new ExpositionError(number, 'nothing after # EOF');
    if (format === 'openmetrics' && raw === '# EOF') {
      ended = true;
      continue;
    }
    const line = raw.trimStart();
    if (line === '') {
      if (format === 'openmetrics') throw new ExpositionError(number, 'no blank line');
    } else if (line.startsWith('#')) readDescription(families, line, number, format);
    else samples.push(parseSample(line, number, format));
  }
  if (format === 'openmetrics' && !ended) throw new ExpositionError(lines.length + 1, '# EOF at the end');

  // Only now are all families known: nothing forbids a description after the samples.
  const metaOf = createMetaOf(families);
  for (const sample of samples) sample.meta = metaOf(sample.name);
  return samples as ParsedSample[];
}

function readDescription(
  families: Map<string, Meta>,
  line: string,
  number: number,
  format: ExpositionFormat,
): void {
  const [, keyword, name, rest = ''] = description.exec(line) ?? [];
  const known = keyword !== undefined && !(format === 'text' && keyword === 'UNIT');
  if (!known || name === undefined) {
    const isDescription = /^#[ \t]+(?:HELP|TYPE)(?:[ \t]|$)/.test(line);
    if (isDescription) throw new ExpositionError(number, 'a metric name of letters, digits, _ and :');
    // Anything else is a comment, which OpenMetrics does not have.
    if (format === 'openmetrics') throw new ExpositionError(number, 'HELP, TYPE, UNIT or EOF after #');
    return;
  }
  let meta = families.get(name);
  if (!meta) {
    meta = { name, help: '', type: 'unknown', unit: undefined };
    families.set(name, meta);
  }
  if (keyword === 'HELP') meta.help = unescapeHelp(rest, format);
  else if (keyword === 'TYPE') {
    const word = rest.trim();
    if (!Object.hasOwn(types[format], word)) {
      throw new ExpositionError(number, `one of ${Object.keys(types[format]).join(', ')}`, name);
    }
    meta.type = types[format][word]!;
  } else if (rest !== '') {
    if (!name.endsWith(`_${rest}`)) throw new ExpositionError(number, 'a unit that the name ends in', name);
    meta.unit = rest;
  }
}

function unescapeHelp(text: string, format: ExpositionFormat): string {
  const escaped = format === 'text' ? /\\([\\n])/g : /\\([\\n"])/g;
  return text.replace(escaped, (_, char: string) => (char === 'n' ? '\n' : char));
}

/**
 * What is known of a sample by its name: the family of that name, or of the name without a suffix
 * of the family's type.
 */
function createMetaOf(families: ReadonlyMap<string, Meta>): (name: string) => Meta {
  const found = new Map<string, Meta>();
  const find = (name: string): Meta => {
    const exact = families.get(name);
    if (exact) return exact;
    for (const suffix of allSuffixes) {
      if (!name.endsWith(suffix)) continue;
      const family = families.get(name.slice(0, -suffix.length));
      if (family && suffixes[family.type]?.includes(suffix)) return family;
    }
    return { name, help: '', type: 'unknown', unit: undefined };
  };
  return (name) => {
    let meta = found.get(name);
    if (!meta) {
      meta = find(name);
      found.set(name, meta);
    }
    return meta;
  };
}

const metricName = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const labelName = /[a-zA-Z_][a-zA-Z0-9_]*/y;
/** The text between quotes. */
const quoted = /[^"\\]*(?:\\.[^"\\]*)*/sy;
const blanks = /[ \t]*/y;
const word = /[^ \t]+/y;

/** As Go's ParseFloat, without hexadecimal numbers and underscores. */
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const infinity = /^([+-]?)inf(?:inity)?$/i;

/**
 * Reads the line of a sample. The number of the line is for errors. Blanks before the sample have
 * been removed.
 * @throws ExpositionError
 */
function parseSample(line: string, number: number, format: ExpositionFormat): Omit<ParsedSample, 'meta'> {
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

/**
 * Reads a line from left to right. Each method continues behind the text that it has read, and
 * behind blanks.
 */
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

  /**
   * Milliseconds in the text format, where Prometheus accepts none before 1970, and seconds in
   * OpenMetrics.
   */
  timestamp(format: ExpositionFormat): number {
    const text = this.take(word) ?? '';
    const fits = (format === 'text' ? /^\d+$/ : decimal).test(text);
    const ms = format === 'text' ? Number(text) : Math.round(Number(text) * 1000);
    if (fits && Number.isSafeInteger(ms)) return ms;
    return this.fail(
      format === 'text' ? 'a time in whole milliseconds, or nothing' : 'a time in seconds, or nothing',
    );
  }

  /** Read only to find errors. */
  exemplar(): void {
    this.#skip('#');
    if (!this.isAt('{')) this.fail('the labels of an exemplar');
    this.labels();
    this.number('a number after the labels of an exemplar');
    if (!this.isOver()) this.timestamp('openmetrics');
  }

  #quoted(): string {
    // Blanks in quotes are part of the value, so nothing may be skipped.
    if (!this.isAt('"')) this.fail('a label value in quotes');
    quoted.lastIndex = this.#at + 1;
    const text = quoted.exec(this.#line)![0];
    const end = this.#at + 1 + text.length;
    if (this.#line[end] !== '"') this.fail('a label value that ends with a quote in the same line');
    this.#goTo(end + 1);
    if (!text.includes('\\')) return text;
    // A backslash before any other character is a plain backslash, as Prometheus reads it.
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
    // A number that is too large is not infinity.
    return Number.isFinite(number) ? number : undefined;
  }
  if (/^nan$/i.test(text)) return Number.NaN;
  const sign = infinity.exec(text)?.[1];
  if (sign === undefined) return undefined;
  return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
