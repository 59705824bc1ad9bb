import { RE2JS } from 're2js';
import { rememberTokens } from '../redact.ts';
import type { AgentPattern } from '../snapshot/agent-series.ts';
import type { NamePattern } from '../snapshot/name-pattern.ts';
import { answersTo, questionNames, type Semantics } from '../snapshot/semantics.ts';
import { type KnownValues, type OpenField, openFields } from '../snapshot/vocabulary.ts';

/**
 * The value of a setting is invalid. `expected` follows the word "expected" in messages.
 * `received`, if present, describes the value without quoting it.
 */
export class Unfit extends Error {
  readonly expected: string;
  readonly received: string | undefined;

  constructor(expected: string, received?: string) {
    super(`expected ${expected}`);
    this.expected = expected;
    this.received = received;
  }
}

/** The JSON Schema of a setting's value in a file. Only editors use it: {@link Parse} validates. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Parses the text of a setting. @throws Unfit */
export interface Parse<T> {
  (text: string): T;
  schema: JsonSchema;
  /**
   * Whether messages may quote a short wrong value. True for numbers and words from a list. Other
   * values may be secrets in the wrong place.
   */
  quotable: boolean;
}

/** Makes a parser with its schema. */
export function parser<T>(schema: JsonSchema, parse: (text: string) => T, quotable = false): Parse<T> {
  return Object.assign((value: string) => parse(value), { schema, quotable });
}

function quotableParser<T>(schema: JsonSchema, parse: (text: string) => T): Parse<T> {
  return parser(schema, parse, true);
}

/** Any text. */
export const text: Parse<string> = parser({ type: 'string', minLength: 1 }, (value) => value);

/** One of these words. Case does not matter. */
export function oneOf<const T extends string>(words: readonly T[]): Parse<T> {
  return quotableParser({ enum: words }, (value) => {
    const word = words.find((candidate) => candidate.toLowerCase() === value.toLowerCase());
    if (word === undefined) throw new Unfit(`one of ${words.join(', ')}`);
    return word;
  });
}

const secretName = matching(
  /^(arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:)?[\w/+=.@-]{1,512}$/,
  'the name or ARN of a secret (letters, digits and /_+=.@-)',
);
const rememberedName = remembering(secretName);
/**
 * The name or the ARN of a secret in Secrets Manager. The redactor does not remember an ARN: its
 * end is random, but no secret.
 */
export const secretId: Parse<string> = parser(secretName.schema, (value) =>
  (value.startsWith('arn:') ? secretName : rememberedName)(value),
);

/**
 * Makes the redactor remember texts that look like tokens in a path, name or address. Messages
 * quote these values, and users may have put a secret there.
 */
export function remembering<T>(parse: Parse<T>): Parse<T> {
  return parser(parse.schema, (value) => {
    const parsed = parse(value);
    rememberTokens(value);
    return parsed;
  });
}

/** A text that matches the pattern. `expected` describes it in messages. */
export function matching(pattern: RegExp, expected: string): Parse<string> {
  return parser({ type: 'string', pattern: pattern.source }, (value) => {
    if (!pattern.test(value)) throw new Unfit(expected);
    return value;
  });
}

/**
 * Names of hosts without a port, separated by spaces or commas. Names in Compose projects may
 * contain _.
 */
export const hostNames: Parse<readonly string[]> = parser(text.schema, (value) =>
  value.split(/[\s,]+/).map((name) => {
    if (/^[\w-]+(?:\.[\w-]+)*\.?$/.test(name)) return name;
    throw new Unfit('host names without scheme and port');
  }),
);

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): Parse<number> {
  return quotableParser({ type: 'integer', minimum: min, maximum: max }, (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) throw new Unfit(`a whole number from ${min} to ${max}`);
    return number;
  });
}

const durationUnitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A duration in Prometheus' notation (`500ms`, `10s`, `1m30s`) or in seconds. Returns milliseconds.
 */
export function duration(minMs: number, maxMs: number): Parse<number> {
  const pattern = '^(\\d+(\\.\\d+)?|(?=.)(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?)$';
  return quotableParser({ type: ['string', 'number'], pattern, minimum: 0 }, (value) => {
    const ms = durationMs(value);
    if (!(ms >= minMs && ms <= maxMs)) {
      throw new Unfit(`a duration like 500ms, 10s or 1m30s, from ${shown(minMs)} to ${shown(maxMs)}`);
    }
    return ms;
  });
}

/** A number of milliseconds in the largest unit that fits: `1h`, `90s`. */
function shown(ms: number): string {
  const units = Object.entries(durationUnitsMs).reverse();
  const [unit, unitMs] = units.find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1];
  return `${ms / unitMs}${unit}`;
}

function durationMs(value: string): number {
  // Rounded, since 16.1 * 1000 is not a whole number.
  if (/^\d+(\.\d+)?$/.test(value)) return Math.round(Number(value) * 1000);
  const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(value);
  if (value === '' || !parts) return Number.NaN;
  const [, d = 0, h = 0, m = 0, s = 0, ms = 0] = parts;
  return (
    Number(d) * durationUnitsMs.d +
    Number(h) * durationUnitsMs.h +
    Number(m) * durationUnitsMs.m +
    Number(s) * durationUnitsMs.s +
    Number(ms) * durationUnitsMs.ms
  );
}

/** Up to 30 positive numbers of seconds, ascending. */
export const bounds: Parse<readonly number[]> = quotableParser(text.schema, (value) => {
  const seconds = value
    .split(',')
    .map((part) => (/^\s*\d+(\.\d+)?\s*$/.test(part) ? Number(part) : Number.NaN));
  const ascending = seconds.every((bound, index) => bound > (seconds[index - 1] ?? 0));
  if (!ascending || seconds.length > 30) {
    throw new Unfit('up to 30 numbers of seconds above 0, in ascending order, separated by commas');
  }
  return seconds;
});

/** A label value: 1 to 100 characters without line breaks. */
export const labelValue: Parse<string> = parser(
  { type: 'string', pattern: '^[^\\n\\r]{1,100}$' },
  (value) => {
    const { length } = [...value];
    const received = /[\n\r]/.test(value) ? 'a line break' : `${length} characters`;
    if (/[\n\r]/.test(value) || length < 1 || length > 100) {
      throw new Unfit('1 to 100 characters without line breaks', received);
    }
    return value;
  },
);

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** Labels that the exporter or Prometheus sets, or that are special to Prometheus. */
const takenLabels = [
  'account',
  'agent_id',
  'presence',
  'description',
  'workload',
  'state',
  'le',
  'job',
  'instance',
];

/** Label names, separated by commas. */
export const labelNames: Parse<readonly string[]> = parser(
  { type: ['string', 'array'], items: { type: 'string', pattern: labelName.source } },
  (value) => {
    const names = value.split(',').map((name) => name.trim());
    const fit = (name: string) =>
      labelName.test(name) && !name.startsWith('__') && !takenLabels.includes(name);
    if (!names.every(fit) || new Set(names).size < names.length) {
      throw new Unfit(
        `different label names of letters, digits and _, separated by commas, none of ${takenLabels.join(', ')}`,
      );
    }
    return names;
  },
);

/** A regular expression in the syntax of RE2, as in Prometheus. It must match the whole text. */
export const pattern: Parse<NamePattern> = parser(text.schema, (value) => {
  try {
    return compile(value);
  } catch {
    throw new Unfit('an RE2 expression (no lookaround, no backreferences)');
  }
});

function compile(source: string): NamePattern {
  const compiled = RE2JS.compile(source, RE2JS.DOTALL);
  return { source, test: (text) => compiled.testExact(text) };
}

const patternForm =
  'an RE2 expression for agent ids (no lookaround, no backreferences), or column=expression with a roster column in snake_case';

/**
 * A regular expression for an agent id, or for a roster column as in `team=Sales|Support`. It must
 * match the whole value. The engine is RE2, as in Prometheus: it needs linear time. JavaScript's
 * own may need exponential time for `(a+)+`.
 */
export const agentPattern: Parse<AgentPattern> = parser(text.schema, (value) => {
  const [, column = 'agent_id', source = value] = /^([a-zA-Z_][a-zA-Z0-9_]*)=(.*)$/su.exec(value) ?? [];
  // `Cost Centre=47.*` would be a pattern for ids that matches no agent. As VCC_AGENT_EXCLUDE it
  // would exclude no agent.
  if (source === value && /^[\p{L}\p{N}_ -]+=/u.test(value)) throw new Unfit(patternForm);
  try {
    return { column, pattern: compile(source) };
  } catch {
    throw new Unfit(patternForm);
  }
});

const location = remembering(
  parser(text.schema, (value) => {
    if (/^[a-z][a-z0-9+.-]+:/i.test(value) && !/^s3:\/\/[a-z0-9.-]{3,63}\/.+$/.test(value)) {
      throw new Unfit('a path, or s3://bucket/key', 'an address of another kind');
    }
    return value;
  }),
);

/** The source of the accounts: a path, an object in S3, or the list itself. */
export const configSource: Parse<{ inline: string } | { location: string }> = parser(text.schema, (value) =>
  /[\n{["]/.test(value) ? { inline: value } : { location: location(value) },
);

/** The source of teams and names. */
export const rosterSource: Parse<'users-api' | { location: string }> = parser(text.schema, (value) =>
  value === 'users-api' ? value : { location: location(value) },
);

function pairs(value: string, fits: (name: string, text: string) => boolean, expected: string) {
  const all = value.split(',').map((pair): [string, string] => {
    const at = pair.indexOf('=');
    const [name, text] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    if (at < 1 || text === '' || !fits(name, text)) throw new Unfit(expected);
    return [name, text];
  });
  if (new Set(all.map(([name]) => name.toLowerCase())).size < all.length) throw new Unfit(expected);
  return Object.fromEntries(all);
}

const mapping = { type: ['string', 'object'], additionalProperties: { type: 'string' } };

/** Headers that the exporter sets. */
const takenHeaders =
  /^(authorization|host|content-.*|connection|transfer-encoding|user-agent|accept-encoding|x-amz-.*|x-prometheus-remote-write-version)$/i;

/** HTTP headers `Name=value`, separated by commas. */
export const headerPairs: Parse<Readonly<Record<string, string>>> = parser(mapping, (value) =>
  pairs(
    value,
    (name, text) => /^[!#$%&'*+\-.^_`|~\w]+$/.test(name) && /^[ -~]+$/.test(text) && !takenHeaders.test(name),
    'different headers Name=value, separated by commas, and none that the exporter sets (Authorization, Content-…)',
  ),
);

/** Labels `name=value`, separated by commas. */
export const labelPairs: Parse<Readonly<Record<string, string>>> = parser(mapping, (value) =>
  pairs(
    value,
    (name) =>
      labelName.test(name) &&
      !name.startsWith('__') &&
      !['job', 'instance', 'le', 'agent_id', 'account'].includes(name),
    'different labels name=value, separated by commas, without account, agent_id, instance, job and le',
  ),
);

/** Words by field: `field=word`, separated by commas. A field may occur several times. */
export const knownValues: Parse<KnownValues> = parser(
  { type: ['string', 'array'], items: { type: 'string' } },
  (value) => {
    const known: Partial<Record<OpenField, string[]>> = {};
    for (const pair of value.split(',')) {
      const [, name, word] = /^\s*(\w+)\s*=\s*(.*\S)\s*$/.exec(pair) ?? [];
      const field = openFields.find((each) => each === name);
      if (field === undefined || word === undefined) {
        throw new Unfit(`field=word, separated by commas, with the fields ${openFields.join(', ')}`);
      }
      known[field] = [...(known[field] ?? []), word];
    }
    return known;
  },
);

/** Answers to open questions of the API reference: `question=answer`, separated by commas. */
export const semantics: Parse<Semantics> = quotableParser(mapping, (value) => {
  const given: Record<string, string> = {};
  for (const pair of value.split(',')) {
    const [, question = '', answer = ''] = /^\s*(\w+)\s*=\s*(\w*)\s*$/.exec(pair) ?? [];
    const answers = answersTo(question);
    if (answers === undefined) {
      throw new Unfit(
        `question=answer, separated by commas, with the questions ${questionNames.join(', ')} (as in workload_falls_phone)`,
      );
    }
    if (!answers.includes(answer)) {
      throw new Unfit(answers.map((each) => `${question}=${each}`).join(' or '));
    }
    if (Object.hasOwn(given, question)) throw new Unfit(`one answer to ${question}`);
    given[question] = answer;
  }
  return given as Semantics;
});

/** Metric names, separated by commas. A `*` at the end matches any ending. */
export const metricNames: Parse<readonly string[]> = quotableParser(
  { type: ['string', 'array'], items: { type: 'string', pattern: '^[a-z_][a-z0-9_]*\\*?$' } },
  (value) => {
    const names = value.split(',').map((name) => name.trim());
    if (!names.every((name) => /^[a-z_][a-z0-9_]*\*?$/.test(name))) {
      throw new Unfit('metric names, separated by commas, each with an optional * at the end for any ending');
    }
    return names;
  },
);

/** The ARN of an IAM role. */
export const roleArn: Parse<string> = matching(
  /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
  'the ARN of a role',
);

/** An AWS region. */
export const awsRegion: Parse<string> = matching(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region like eu-west-1');

/** A CloudWatch namespace. */
export const namespace: Parse<string> = matching(
  /^(?!AWS\/)[\w.\-/#: ]{1,255}$/,
  '1 to 255 letters, digits, spaces and . - _ / # :, not beginning with AWS/',
);

/** A folder of this machine. */
export const folder: Parse<string> = remembering(text);

/** A folder, or an object or prefix in S3. */
export const place: Parse<string> = parser(text.schema, (value) => location(value));
