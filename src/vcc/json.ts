import { ShapeError } from './errors.ts';

const byteOrderMark = 0xfeff;

/** Most lists and objects in one answer. An agent has about 6 of them. */
const mostBrackets = 1_000_000;

/**
 * Parses a body that must be a JSON object with at most a million lists and objects. Halves of
 * surrogate pairs become U+FFFD.
 * @throws ShapeError that names `where` and does not quote the body
 */
export function parseJson(body: string, where: string): object {
  if (hasMoreBrackets(body)) throw new ShapeError(where, `at most ${mostBrackets} lists and objects`, 'more');
  let value: unknown;
  try {
    value = JSON.parse(
      body.charCodeAt(0) === byteOrderMark ? body.slice(1) : body,
      body.includes('\\u') && hasLoneSurrogate(body) ? wellFormed : undefined,
    );
  } catch {
    // The parser's own message quotes the text, which may contain a token or an agent's id.
    throw new ShapeError(where, 'JSON', `${body.length} characters that are not JSON`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ShapeError(where, 'a JSON object', kindOf(value));
  }
  return value;
}

/**
 * Whether the body has more than a million opening brackets. Each list or object needs up to 64
 * bytes of memory. Without a limit, 30 MB of `[],` would need a gigabyte and take minutes.
 */
function hasMoreBrackets(body: string): boolean {
  // Each list or object has two brackets.
  if (body.length <= 2 * mostBrackets) return false;
  let brackets = 0;
  for (const bracket of ['[', '{']) {
    for (let at = body.indexOf(bracket); at >= 0; at = body.indexOf(bracket, at + 1)) {
      if (++brackets > mostBrackets) return true;
    }
  }
  return false;
}

/**
 * Forgets the text of the last match of a regular expression. JavaScript keeps it (`RegExp.input`),
 * and a body has numbers and addresses of customers.
 */
export function forgetMatch(): void {
  /$/.test('');
}

function hasLoneSurrogate(body: string): boolean {
  const found = loneSurrogate.test(body);
  forgetMatch();
  return found;
}

/** Matches the escape of half a surrogate pair. */
const loneSurrogate = /\\u[dD][89aAbB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89aAbB]..)\\u[dD][c-fC-F]/;

/**
 * Replaces halves of surrogate pairs, which occur only as escapes. UTF-8 cannot encode them. Two
 * texts that differ only in these would become equal, and their series duplicates.
 */
function wellFormed(_: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

/** Returns the kind of a value for messages, without texts or numbers, which may be personal. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'boolean') return `boolean ${value}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
