import { Secret } from './secret.ts';

/** A value that does not fit a setting: what was expected, in words that follow "expected ". */
export class Unfit extends Error {
  readonly expected: string;

  constructor(expected: string) {
    super(`expected ${expected}`);
    this.expected = expected;
  }
}

/** Reads a setting's text. @throws Unfit */
export type Parse<T> = (text: string) => T;

/** Any text. */
export const text: Parse<string> = (value) => value;

/** One of a closed set of words. */
export function oneOf<const T extends string>(words: readonly T[]): Parse<T> {
  return (value) => {
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) throw new Unfit(`one of ${words.join(', ')}`);
    return word;
  };
}

/** What Secrets Manager takes for a SecretId: a name, or an ARN. */
export const secretId: Parse<string> = (value) => {
  const name = '[\\w/+=.@-]{1,512}';
  if (!new RegExp(`^(arn:aws[\\w-]*:secretsmanager:[\\w-]+:\\d{12}:secret:)?${name}$`).test(value)) {
    throw new Unfit('the name or ARN of a secret (letters, digits and /_+=.@-)');
  }
  return value;
};

/** Shortest scrape credential: machines use them, so nothing is gained by shorter ones. */
export const minCredentialLength = 16;

/** Bearer tokens (RFC 6750's b64token), each long enough, with spaces or commas between them. */
export const bearerTokens: Parse<readonly Secret[]> = (value) =>
  value.split(/[\s,]+/).map((token) => {
    if (!isBearerToken(token)) {
      throw new Unfit(`tokens of letters, digits and -._~+/=, each at least ${minCredentialLength} long`);
    }
    return new Secret(token);
  });

/** Whether a text can be sent as a bearer token, and is long enough. */
export function isBearerToken(text: string): boolean {
  return /^[\w\-.~+/]+=*$/.test(text) && text.length >= minCredentialLength;
}

/** Pairs `name:password` for Basic, with spaces between them; a password holds no space. */
export const basicUsers: Parse<readonly { name: string; password: Secret }[]> = (value) =>
  value.split(/\s+/).map((pair) => {
    const [, name, password] = /^([^:]+):(.+)$/.exec(pair) ?? [];
    if (name === undefined || password === undefined || password.length < minCredentialLength) {
      const least = minCredentialLength;
      throw new Unfit(`pairs name:password with spaces between them, each password at least ${least} long`);
    }
    return { name, password: new Secret(password) };
  });

/** A whole number within bounds, both included. */
export function wholeNumber(min: number, max: number): Parse<number> {
  return (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) throw new Unfit(`a whole number from ${min} to ${max}`);
    return number;
  };
}

const durationUnitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A duration in Prometheus' notation (`500ms`, `10s`, `1m30s`) or plain seconds, as milliseconds. */
export function duration(minMs: number, maxMs: number): Parse<number> {
  return (value) => {
    const ms = durationMs(value);
    if (!(ms >= minMs && ms <= maxMs)) {
      throw new Unfit(`a duration like 500ms, 10s or 1m30s, from ${minMs} ms to ${maxMs / 1000} s`);
    }
    return ms;
  };
}

function durationMs(value: string): number {
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
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
export const httpUrl: Parse<string> = (value) => {
  const expected = 'an https address without user, query or fragment (http only for localhost)';
  if (!URL.canParse(value)) throw new Unfit(expected);
  const url = new URL(value);
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  const scheme = url.protocol === 'https:' || (url.protocol === 'http:' && local);
  if (!scheme || url.username || url.password || url.search || url.hash) throw new Unfit(expected);
  return value;
};

/** Positive seconds, ascending, at most 30 of them. */
export const buckets: Parse<readonly number[]> = (value) => {
  const bounds = value
    .split(',')
    .map((part) => (/^\s*\d+(\.\d+)?\s*$/.test(part) ? Number(part) : Number.NaN));
  const ascending = bounds.every((bound, index) => bound > (bounds[index - 1] ?? 0));
  if (!ascending || bounds.length > 30) {
    throw new Unfit('up to 30 numbers of seconds above 0, ascending, with commas between them');
  }
  return bounds;
};

/** What can stand in a label: not empty, no line breaks. */
export const labelValue: Parse<string> = (value) => {
  if (!/^[^\n\r]{1,100}$/u.test(value)) throw new Unfit('1 to 100 characters without line breaks');
  return value;
};
