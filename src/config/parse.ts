import { isBearerToken, minCredentialLength, Secret, unlikelyCredential } from '../credentials.ts';
import type { AgentPattern } from '../snapshot/agent-series.ts';

/**
 * A value that does not fit a setting: what was expected, in words that follow "expected ", and what was received where
 * that can be said without quoting it.
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

/** What a setting's value looks like in a file, in the words of JSON Schema; editors use it, {@link Parse} decides. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Reads a setting's text. @throws Unfit */
export interface Parse<T> {
  (text: string): T;
  schema: JsonSchema;
}

function parser<T>(schema: JsonSchema, parse: (text: string) => T): Parse<T> {
  return Object.assign((value: string) => parse(value), { schema });
}

/** Any text. */
export const text: Parse<string> = parser({ type: 'string', minLength: 1 }, (value) => value);

/** Who or what logs in; `what` is its name in messages. */
export function credential(what: string): Parse<string> {
  return parser(text.schema, (value) => {
    const received = unlikelyCredential(value);
    if (received !== undefined) throw new Unfit(what, received);
    return value;
  });
}

/** A credential that must not leak. */
export function secret(what: string): Parse<Secret> {
  const parse = credential(what);
  return parser(parse.schema, (value) => new Secret(parse(value)));
}

/** One of a closed set of words, in capitals or not. */
export function oneOf<const T extends string>(words: readonly T[]): Parse<T> {
  return parser({ enum: words }, (value) => {
    const word = words.find((candidate) => candidate.toLowerCase() === value.toLowerCase());
    if (word === undefined) throw new Unfit(`one of ${words.join(', ')}`);
    return word;
  });
}

/** What Secrets Manager takes for a SecretId: a name, or an ARN. */
export const secretId: Parse<string> = matching(
  /^(arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:)?[\w/+=.@-]{1,512}$/,
  'the name or ARN of a secret (letters, digits and /_+=.@-)',
);

/** A text of a form. */
export function matching(pattern: RegExp, expected: string): Parse<string> {
  return parser({ type: 'string', pattern: pattern.source }, (value) => {
    if (!pattern.test(value)) throw new Unfit(expected);
    return value;
  });
}

/** Bearer tokens (RFC 6750's b64token), each long enough, with spaces or commas between them. */
export const bearerTokens: Parse<readonly Secret[]> = parser(text.schema, (value) =>
  value.split(/[\s,]+/).map((token) => {
    const received = unlikelyCredential(token);
    if (received !== undefined) throw new Unfit('tokens', received);
    if (!isBearerToken(token)) {
      throw new Unfit(`tokens of letters, digits and -._~+/=, each at least ${minCredentialLength} long`);
    }
    return new Secret(token);
  }),
);

/** Pairs `name:password` for Basic, with spaces between them; a password holds no space. */
export const basicUsers: Parse<readonly { name: string; password: Secret }[]> = parser(text.schema, (value) =>
  value.split(/\s+/).map((pair) => {
    const [, name, password] = /^([^:]+):(.+)$/.exec(pair) ?? [];
    if (name === undefined || password === undefined || password.length < minCredentialLength) {
      const least = minCredentialLength;
      throw new Unfit(`pairs name:password with spaces between them, each password at least ${least} long`);
    }
    const received = unlikelyCredential(password);
    if (received !== undefined) throw new Unfit('a password in each pair name:password', received);
    return { name, password: new Secret(password) };
  }),
);

/** A whole number within bounds, both included. */
export function wholeNumber(min: number, max: number): Parse<number> {
  return parser({ type: 'integer', minimum: min, maximum: max }, (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) throw new Unfit(`a whole number from ${min} to ${max}`);
    return number;
  });
}

const durationUnitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A duration in Prometheus' notation (`500ms`, `10s`, `1m30s`) or plain seconds, as milliseconds. */
export function duration(minMs: number, maxMs: number): Parse<number> {
  const pattern = '^(\\d+(\\.\\d+)?|(?=.)(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?)$';
  return parser({ type: ['string', 'number'], pattern, minimum: 0 }, (value) => {
    const ms = durationMs(value);
    if (!(ms >= minMs && ms <= maxMs)) {
      throw new Unfit(`a duration like 500ms, 10s or 1m30s, from ${minMs} ms to ${maxMs / 1000} s`);
    }
    return ms;
  });
}

function durationMs(value: string): number {
  // 16.1 * 1000 is no whole number.
  if (/^\d+(\.\d+)?$/.test(value)) return Math.round(Number(value) * 1000);
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(value);
  if (value === '' || !parts) return Number.NaN;
  const [, h = 0, m = 0, s = 0, ms = 0] = parts;
  return (
    Number(h) * durationUnitsMs.h +
    Number(m) * durationUnitsMs.m +
    Number(s) * durationUnitsMs.s +
    Number(ms) * durationUnitsMs.ms
  );
}

/** An http or https address without credentials, query or fragment; https only, but for this machine itself. */
export const httpUrl: Parse<string> = parser({ type: 'string', pattern: '^https?://[^?#@]+$' }, (value) => {
  const expected = 'an https address without user, query or fragment (http only for localhost)';
  if (!URL.canParse(value)) throw new Unfit(expected);
  const url = new URL(value);
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  const scheme = url.protocol === 'https:' || (url.protocol === 'http:' && local);
  if (!scheme || url.username || url.password || url.search || url.hash) throw new Unfit(expected);
  return value;
});

/** Positive seconds, ascending, at most 30 of them. */
export const buckets: Parse<readonly number[]> = parser(text.schema, (value) => {
  const bounds = value
    .split(',')
    .map((part) => (/^\s*\d+(\.\d+)?\s*$/.test(part) ? Number(part) : Number.NaN));
  const ascending = bounds.every((bound, index) => bound > (bounds[index - 1] ?? 0));
  if (!ascending || bounds.length > 30) {
    throw new Unfit('up to 30 numbers of seconds above 0, ascending, with commas between them');
  }
  return bounds;
});

/** What can stand in a label: not empty, no line breaks. */
export const labelValue: Parse<string> = matching(
  /^[^\n\r]{1,100}$/u,
  '1 to 100 characters without line breaks',
);

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** Those that the exporter itself, Prometheus or a histogram sets. */
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

/** Names of labels with commas between them. */
export const labelNames: Parse<readonly string[]> = parser(
  { type: ['string', 'array'], items: { type: 'string', pattern: labelName.source } },
  (value) => {
    const names = value.split(',').map((name) => name.trim());
    const fit = (name: string) =>
      labelName.test(name) && !name.startsWith('__') && !takenLabels.includes(name);
    if (!names.every(fit) || new Set(names).size < names.length) {
      throw new Unfit(
        `different names of labels with commas between them: letters, digits and _, none of ${takenLabels.join(', ')}`,
      );
    }
    return names;
  },
);

const patternForm =
  'a regular expression for agent ids, or column=expression for a column of the roster in snake_case';

/** A regular expression that must match all of an agent's id, or of a column of the roster: `team=Sales|Support`. */
export const agentPattern: Parse<AgentPattern> = parser(text.schema, (value) => {
  const [, column = 'agent_id', source = value] = /^([a-zA-Z_][a-zA-Z0-9_]*)=(.*)$/su.exec(value) ?? [];
  // `Cost Centre=47.*` would be a pattern for ids that fits nobody, and as an exclusion would leave out nobody.
  if (source === value && /^[\p{L}\p{N}_ -]+=/u.test(value)) throw new Unfit(patternForm);
  try {
    // By itself first: `a)|(b` would fit between the anchors and lose them.
    new RegExp(source, 'su');
    return { column, pattern: new RegExp(`^(?:${source})$`, 'su') };
  } catch {
    throw new Unfit(patternForm);
  }
});

/** Key of a hash: long enough that it cannot be guessed. */
export const hashKey: Parse<Secret> = parser({ type: 'string', minLength: minCredentialLength }, (value) => {
  if (value.length < minCredentialLength) throw new Unfit(`at least ${minCredentialLength} characters`);
  const received = unlikelyCredential(value);
  if (received !== undefined) throw new Unfit('the key', received);
  return new Secret(value);
});

const location = parser(text.schema, (value) => {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(value)?.[1];
  if (scheme !== undefined && !/^s3:\/\/[a-z0-9.-]{3,63}\/.+$/.test(value)) {
    throw new Unfit('a path, or s3://bucket/key');
  }
  return value;
});

/** Where accounts are listed: a path, an object in S3, or the list itself. */
export const configSource: Parse<{ inline: string } | { location: string }> = parser(text.schema, (value) =>
  /[\n{["]/.test(value) ? { inline: value } : { location: location(value) },
);

/** Where teams and names come from. */
export const rosterSource: Parse<'users-api' | { location: string }> = parser(text.schema, (value) =>
  value === 'users-api' ? value : { location: location(value) },
);

/** Where samples are pushed: http or https, without user or fragment. Credentials are another setting’s business. */
export const pushUrl: Parse<URL> = parser({ type: 'string', pattern: '^https?://[^#@]+$' }, (value) => {
  const expected = 'an http or https address without user or fragment';
  if (!URL.canParse(value)) throw new Unfit(expected);
  const url = new URL(value);
  const fits = ['http:', 'https:'].includes(url.protocol) && !url.username && !url.password && !url.hash;
  if (!fits) throw new Unfit(expected);
  return url;
});

/** Whether what is sent there stays on this machine. */
export function isLocal({ hostname }: URL): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

/** The address of a queue of SQS. */
export const queueUrl: Parse<string> = parser({ type: 'string', pattern: '^https?://[^?#@]+$' }, (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const fits = url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLocal(url)));
  if (!fits || url.search || url.hash || url.username) throw new Unfit('the https address of a queue of SQS');
  return value;
});

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

/** Those that the exporter sets itself. */
const takenHeaders =
  /^(authorization|host|content-.*|connection|transfer-encoding|user-agent|accept-encoding|x-amz-.*|x-prometheus-remote-write-version)$/i;

/** HTTP headers `Name=value` with commas between them. */
export const headerPairs: Parse<Readonly<Record<string, string>>> = parser(mapping, (value) =>
  pairs(
    value,
    (name, text) => /^[!#$%&'*+\-.^_`|~\w]+$/.test(name) && /^[ -~]+$/.test(text) && !takenHeaders.test(name),
    'different headers Name=value with commas between them, without those that the exporter sets (Authorization, Content-…)',
  ),
);

/** Labels `name=value` with commas between them. */
export const labelPairs: Parse<Readonly<Record<string, string>>> = parser(mapping, (value) =>
  pairs(
    value,
    (name) =>
      labelName.test(name) &&
      !name.startsWith('__') &&
      !['job', 'instance', 'le', 'agent_id', 'account'].includes(name),
    'different labels name=value with commas between them; job and instance are settings of their own, account and agent_id the series’',
  ),
);

/** Names of metrics with commas between them; `*` stands for any end. */
export const metricNames: Parse<readonly string[]> = parser(
  { type: ['string', 'array'], items: { type: 'string', pattern: '^[a-z_][a-z0-9_]*\\*?$' } },
  (value) => {
    const names = value.split(',').map((name) => name.trim());
    if (!names.every((name) => /^[a-z_][a-z0-9_]*\*?$/.test(name))) {
      throw new Unfit('names of metrics with commas between them; one may end in * for any end');
    }
    return names;
  },
);

/** The ARN of a role. */
export const roleArn: Parse<string> = matching(
  /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
  'the ARN of a role',
);

/** A region of AWS. */
export const awsRegion: Parse<string> = matching(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region of AWS like eu-west-1');

/** What CloudWatch takes for the name of a namespace. */
export const namespace: Parse<string> = matching(
  /^(?!AWS\/)[\w.\-/#: ]{1,255}$/,
  '1 to 255 letters, digits, spaces and . - _ / # :, not beginning with AWS/',
);

/** A folder, or a place in S3. */
export const place: Parse<string> = parser(text.schema, (value) => location(value));
