import { ShapeError } from './errors.ts';

const byteOrderMark = 0xfeff;

/**
 * Parses a body that must be a JSON object. Halves of surrogate pairs become U+FFFD.
 * @throws ShapeError that names `where` and does not quote the body
 */
export function parseJson(body: string, where: string): object {
  let value: unknown;
  try {
    value = JSON.parse(
      body.charCodeAt(0) === byteOrderMark ? body.slice(1) : body,
      body.includes('\\u') && loneSurrogate.test(body) ? wellFormed : undefined,
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

/** The escape of half a surrogate pair. */
const loneSurrogate = /\\u[dD][89aAbB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89aAbB]..)\\u[dD][c-fC-F]/;

/**
 * Replaces halves of surrogate pairs, which occur only as escapes. They cannot be encoded as UTF-8, so two texts that
 * differ only in them would become equal, and their series duplicates.
 */
function wellFormed(_: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

/** Returns the kind of a value for messages, without texts or numbers: both may identify a person. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'boolean') return `boolean ${value}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
