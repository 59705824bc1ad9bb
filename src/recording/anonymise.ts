import { STATUS_CODES } from 'node:http';
import { compare } from '../snapshot/compare.ts';
import {
  directions,
  media,
  mediumManagers,
  presences,
  reasonsByState,
  states,
} from '../snapshot/vocabulary.ts';
import { longestHeaderName } from './format.ts';
import { formOf, hasFraction, moveHttpDate, moveTime } from './times.ts';

/** Replaces what may identify somebody, consistently in all answers of one recording. */
export interface Anonymiser {
  /** Returns the body of an answer with this status, replaced. */
  json(value: unknown, status: number): unknown;
  /** Returns only the headers that cannot identify anybody. */
  headers(headers: Readonly<Record<string, unknown>>): Record<string, string>;
}

/**
 * What the reference, or an example in it, calls fields. Names of all other fields are replaced.
 */
const metaCounts = ['page', 'count', 'pageCount', 'totalCount'];
const workloadCounts = ['calls', 'semiLive', 'nonLive'];
const times = ['since', 'upTo'];
const guids = ['guid', 'channelGuid'];
const words = ['name', 'medium', 'mediumManager', 'direction', 'state', 'reason'];
const errorTexts = ['error', 'error_description', 'message'];
const fields = new Set([
  ...['meta', 'items', 'agentId', 'presence', 'description', 'eligibleForRouting', 'workload', 'interaction'],
  ...['statusCode', ...metaCounts, ...workloadCounts, ...times, ...guids, ...words, ...errorTexts],
]);

const knownWords = new Set<string>([
  ...presences,
  ...states,
  ...Object.values(reasonsByState).flat(),
  ...directions,
  ...media,
  ...mediumManagers,
]);
const knownErrors = new Set<string | undefined>([
  ...Object.values(STATUS_CODES),
  'Invalid Accept header!',
  'Invalid api-version! Valid values: 2,3',
]);

/** Agents of an account and pages. A larger number may be a phone number in the wrong place. */
const largestMetaCount = 999_999;
/** Two digits say how busy an agent is. */
const largestWorkload = 99;
/** The API's answers have four levels. Deeper ones are cut off. */
const deepest = 30;

/** Calls `visit` with each string in a value, and the name of the nearest field around it. */
function eachString(
  value: unknown,
  visit: (text: string, field: string) => void,
  field = '',
  depth = 0,
): void {
  if (typeof value === 'string') visit(value.toWellFormed(), field);
  if (typeof value !== 'object' || value === null || depth >= deepest) return;
  if (Array.isArray(value)) for (const each of value) eachString(each, visit, field, depth + 1);
  else for (const [name, each] of Object.entries(value)) eachString(each, visit, name, depth + 1);
}

/**
 * Creates an anonymiser for these bodies. Pseudonyms are numbered by letters, since digits of ids
 * and phone numbers must not occur in a recording, not even by chance: agents in the order of their
 * ids, all else in the order of appearance. Times move by `byMs`, by whole seconds if no time shows
 * fractions. It keeps all originals, so drop it with them.
 */
export function createAnonymiser(bodies: readonly unknown[], byMs: number): Anonymiser {
  const ids = new Set<string>();
  let fractions = false;
  for (const body of bodies) {
    eachString(body, (text, field) => {
      if (field === 'agentId' && text !== '') ids.add(text);
      if (times.includes(field)) fractions ||= hasFraction(text);
    });
  }
  const offsetMs = fractions ? byMs : Math.trunc(byMs / 1000) * 1000;
  let width = 3;
  while (26 ** width < ids.size) width++;
  const agents = new Map(
    [...ids].sort(compare).map((id, rank) => [id, `agent-${fixedLetters(rank, width)}`]),
  );
  const kinds = new Map<string, Map<string, string>>();

  /** Returns the pseudonym of a text among those of its kind. */
  function pseudonym(
    kind: string,
    original: string,
    make = (n: number) => `${kind}-${lettersOf(n)}`,
  ): string {
    const known = kinds.get(kind) ?? new Map<string, string>();
    kinds.set(kind, known);
    const made = known.get(original) ?? make(known.size + 1);
    known.set(original, made);
    return made;
  }

  function toText(text: string, field: string): string {
    if (text === '') return '';
    if (field === 'agentId') return agents.get(text)!;
    if (guids.includes(field)) return isGuid(text) ? pseudonym('guids', text, guid) : pseudonym('guid', text);
    if (times.includes(field)) return moveTime(text, offsetMs) ?? formOf(text) ?? pseudonym('text', text);
    // The presence's own name is the usual description.
    if (field === 'description') return isPresence(text) ? text : pseudonym('description', text);
    if (words.includes(field)) return knownWords.has(text) ? text : pseudonym(unknownWord(field), text);
    if (errorTexts.includes(field) && knownErrors.has(text)) return text;
    return /^[+-]?\d+(\.\d+)?$/.test(text) ? '0' : pseudonym('text', text);
  }

  function replace(value: unknown, field: string, parent: string, status: number, depth: number): unknown {
    if (typeof value === 'string') return toText(value.toWellFormed(), field);
    if (typeof value === 'number')
      return value === status && field === 'statusCode' ? value : toNumber(value, mostOf(field, parent));
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      return depth >= deepest ? [] : value.map((each) => replace(each, field, '', status, depth + 1));
    }
    const entries = depth >= deepest ? [] : Object.entries(value);
    // Makes every name a field of its own, also __proto__.
    return Object.fromEntries(
      entries.map(([name, each]) => [
        fields.has(name) ? name : pseudonym('field', name),
        replace(each, name, field, status, depth + 1),
      ]),
    );
  }

  return {
    json: (value, status) => replace(value, '', '', status, 0),
    headers: (headers) => toHeaders(headers, offsetMs),
  };
}

const isPresence = (text: string) => presences.some((name) => name === text);
const unknownWord = (field: string) => `unknown-${field === 'name' ? 'presence' : field}`;

function mostOf(field: string, parent: string): number {
  if (parent === 'meta' && metaCounts.includes(field)) return largestMetaCount;
  return metaCounts.includes(field) || workloadCounts.includes(field) ? largestWorkload : 0;
}

/** Returns the number if it is a whole one from 0 to `most`, or else one of its kind. */
function toNumber(value: number, most: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  const sign = Math.sign(value);
  // Also infinite ones, of which JSON has none.
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return sign * 2 ** 53;
  if (!Number.isInteger(value)) return sign * 0.5;
  return value > 0 ? most + 1 : -1;
}

const isGuid = (text: string) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);

/** A guid without runs of digits. */
function guid(n: number): string {
  const tail = [...n.toString(6)].map((digit) => 'abcdef'[Number(digit)]).join('');
  return `aaaaaaaa-aaaa-4aaa-8aaa-${tail.padStart(12, 'a')}`;
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz';

/** a to z, aa, ab and so on, for 1, 2, 3. */
function lettersOf(n: number): string {
  return n <= 0 ? '' : lettersOf(Math.floor((n - 1) / 26)) + alphabet[(n - 1) % 26];
}

/** In alphabetical order, as the numbers are in theirs. */
function fixedLetters(n: number, width: number): string {
  return width === 0 ? '' : fixedLetters(Math.floor(n / 26), width - 1) + alphabet[n % 26];
}

const limitNames = new Set(['rate', 'ratelimit', 'limit', 'limits', 'quota']);
/** Parts of the names of headers about limits. */
const limitWords = new Set([
  ...limitNames,
  ...[
    'x',
    'api',
    'account',
    'app',
    'burst',
    'client',
    'concurrency',
    'concurrent',
    'count',
    'day',
    'global',
    'hour',
  ],
  ...[
    'max',
    'minute',
    'month',
    'period',
    'policy',
    'remaining',
    'request',
    'requests',
    'reset',
    'retry',
    'after',
  ],
  ...['second', 'seconds', 'type', 'used', 'user', 'window', 'vcc', 'nvm', 'newvoicemedia', 'vonage'],
]);
const mediaTypes =
  /^(application\/(problem\+)?(json|xml)|application\/vnd\.newvoicemedia(\.v\d)?\+json|text\/(html|plain|xml))(; ?charset=utf-8)?$/i;
const cacheDirectives =
  /^(max-age=\d{1,6}|s-maxage=\d{1,6}|must-revalidate|no-cache|no-store|no-transform|private|proxy-revalidate|public)$/i;
const shortNumber = /^\d{1,6}$/;
/** A number, also in the forms `w=60` and `"requests"=60`. */
const loneNumber = /^(?:["\w-]*\s*=\s*)?(\d+)$/;

function toHeaders(headers: Readonly<Record<string, unknown>>, offsetMs: number): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') continue;
    if (name === 'content-type') kept[name] = mediaTypes.test(value) ? value : 'text/other';
    else if (name === 'cache-control') {
      const directives = value
        .split(/, ?/)
        .filter((each) => cacheDirectives.test(each))
        .slice(0, 8);
      if (directives.length > 0) kept[name] = directives.join(', ');
    } else if (name === 'date' || name === 'retry-after') {
      const seconds = name === 'retry-after' && shortNumber.test(value);
      const shown = seconds ? value : moveHttpDate(value, offsetMs);
      if (shown !== undefined) kept[name] = shown;
    } else {
      const parts = name.split('-');
      if (!parts.some((part) => limitNames.has(part))) continue;
      const shown = parts.map((part) => (limitWords.has(part) ? part : 'other')).join('-');
      if (shown.length > longestHeaderName) continue;
      // A longer number may be a time, and so may several in a row: it would show by how much the
      // others moved.
      const numbers = value.split(/[,;]/).flatMap((part) => loneNumber.exec(part.trim())?.[1] ?? []);
      kept[shown] = numbers
        .slice(0, 8)
        .map((each) => (shortNumber.test(each) ? each : '1000000'))
        .join(', ');
    }
  }
  return kept;
}
