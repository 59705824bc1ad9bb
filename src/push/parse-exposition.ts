import { ExpositionError } from './exposition-error.ts';
import { parseSample } from './parse-sample.ts';
import type { Meta } from './points.ts';

/** One sample as an exposition has it. */
export interface ParsedSample {
  name: string;
  /** Without a prototype, since every name of a label is possible. */
  labels: Readonly<Record<string, string>>;
  value: number;
  /** Undefined: the time of the scrape. */
  timestampMs: number | undefined;
  meta: Meta;
}

/** What an exposition may be written in. */
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
    // Receivers of samples have no use for the difference: a series for each state, 0 or 1.
    stateset: 'gauge',
    unknown: 'unknown',
  },
};

/** What the samples of a family may have behind its name. */
const suffixes: Partial<Record<Meta['type'], readonly string[]>> = {
  counter: ['_total', '_created'],
  histogram: ['_bucket', '_sum', '_count', '_created'],
  gaugehistogram: ['_bucket', '_gsum', '_gcount'],
  summary: ['_sum', '_count', '_created'],
  info: ['_info'],
};

const allSuffixes = [...new Set(Object.values(suffixes).flat())];

/** The first is the keyword; a name in quotes is one that this reader does not know. */
const description = /^#[ \t]+(HELP|TYPE|UNIT)[ \t]+([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]?(.*)$/s;

/**
 * Reads an exposition: text format 0.0.4, or OpenMetrics 1.0. What Prometheus refuses is refused, but for blanks where there
 * should be none or fewer. Exemplars are left out, and names in quotes (UTF-8, of later formats) are refused.
 * @throws ExpositionError
 */
export function parseExposition(text: string, format: ExpositionFormat): ParsedSample[] {
  const families = new Map<string, Meta>();
  const samples: (Omit<ParsedSample, 'meta'> & { meta?: Meta })[] = [];
  const lines = text.split('\n');
  // What comes after the last line break is no line if it is nothing.
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

/** What is known of a sample by its name: that of its family, or what stands before a suffix of the family's type. */
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
