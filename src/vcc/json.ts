import { ShapeError } from './errors.ts';

const byteOrderMark = 0xfeff;

/** Parses a body that must be a JSON object. @throws ShapeError naming `where`, without quoting the body. */
export function parseJson(body: string, where: string): object {
  let value: unknown;
  try {
    value = JSON.parse(
      body.charCodeAt(0) === byteOrderMark ? body.slice(1) : body,
      body.includes('\\u') && loneSurrogate.test(body) ? wellFormed : undefined,
    );
  } catch {
    // The parser's own message quotes the text, which may hold a token or an agent's id.
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
 * Half of a surrogate pair can only come as an escape, and cannot leave as UTF-8: two texts that differ in it would become
 * one, and their series two of the same name.
 */
function wellFormed(_: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

/** What kind of value this is, without telling a text or a number: both may identify a person. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'boolean') return `boolean ${value}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
