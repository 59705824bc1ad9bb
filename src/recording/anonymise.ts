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

/**
 * Replaces everything that may identify a person. Equal values of one recording get equal
 * replacements.
 */
export interface Anonymiser {
  /** Returns the replacement of a body. `status` is the HTTP status of its answer. */
  json(value: unknown, status: number): unknown;
  /** Returns only headers that cannot identify a person. */
  headers(headers: Readonly<Record<string, unknown>>): Record<string, string>;
}

/** Names of fields in the API reference and its examples. All other names are replaced. */
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

/** Largest count of agents or pages to keep. A larger number may be a misplaced phone number. */
const largestMetaCount = 999_999;
/** Largest workload to keep. Two digits are enough for an agent. */
const largestWorkload = 99;
/** Most levels of arrays and objects to keep. The API's answers have four. */
const deepest = 30;

/** Calls `visit` for each string in a value, with the name of the nearest field around it. */
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
 * Creates an anonymiser for these bodies.
 *
 * - Pseudonyms end in letters instead of numbers: digits of ids and phone numbers must not occur in
 *   a recording, not even by chance.
 * - Pseudonyms of agents are in the order of their ids, all others in the order of appearance.
 * - Times move by `byMs`, truncated to whole seconds if no time has a fraction.
 * - The anonymiser holds all originals, so drop both at the same time.
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

  /** Returns the pseudonym of a text. Each kind of text has its own pseudonyms. */
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
    // The usual description is the name of a presence, which identifies nobody.
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
    // Unlike an assignment, this also keeps a field with the name __proto__.
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

/**
 * Returns the number if it is whole and from 0 to `most`. Otherwise returns a fixed number of the
 * same kind: negative, fractional, or too large.
 */
function toNumber(value: number, most: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  const sign = Math.sign(value);
  // Includes infinity, which JSON cannot represent.
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return sign * 2 ** 53;
  if (!Number.isInteger(value)) return sign * 0.5;
  return value > 0 ? most + 1 : -1;
}

const isGuid = (text: string) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);

/** Returns the n-th guid. It has no runs of digits. */
function guid(n: number): string {
  const tail = [...n.toString(6)].map((digit) => 'abcdef'[Number(digit)]).join('');
  return `aaaaaaaa-aaaa-4aaa-8aaa-${tail.padStart(12, 'a')}`;
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz';

/** Returns a to z, then aa, ab and so on, for 1, 2, 3 and so on. */
function lettersOf(n: number): string {
  return n <= 0 ? '' : lettersOf(Math.floor((n - 1) / 26)) + alphabet[(n - 1) % 26];
}

/** Returns `width` letters for a number. Larger numbers are later in alphabetical order. */
function fixedLetters(n: number, width: number): string {
  return width === 0 ? '' : fixedLetters(Math.floor(n / 26), width - 1) + alphabet[n % 26];
}

const limitNames = new Set(['rate', 'ratelimit', 'limit', 'limits', 'quota']);
/** Parts to keep in names of headers about limits. */
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
/** A number, or a number in the form `w=60` or `"requests"=60`. */
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
      // A longer number may be a time, and so may several numbers in one part, such as 12:30. A
      // real time would reveal by how much the other times moved.
      const numbers = value.split(/[,;]/).flatMap((part) => loneNumber.exec(part.trim())?.[1] ?? []);
      kept[shown] = numbers
        .slice(0, 8)
        .map((each) => (shortNumber.test(each) ? each : '1000000'))
        .join(', ');
    }
  }
  return kept;
}
