import fc from 'fast-check';
import { mark } from './target.ts';

/** Pieces of text that break parsers. */
const pieces = [
  ...[
    '',
    '\0',
    '\n',
    '\r\n',
    '\t',
    '\u001b[2J',
    '\ufeff',
    '\ud83d',
    '\ude00',
    '😀',
    'ü',
    '\u2028',
    '\u00a0',
    '١',
  ],
  ...[
    '"',
    "'",
    '`',
    '\\',
    '\\u',
    '\\ud800',
    '{',
    '}',
    '[',
    ']',
    '[[[[',
    ':',
    ',',
    ';',
    '=',
    '#',
    '&',
    '%',
    '%00',
  ],
  ...[
    '<<: *a',
    '&a [*a]',
    '*a',
    '!!',
    '!!int ',
    '- ',
    '? ',
    '---\n',
    '...',
    '|\n',
    '>-\n',
    '~',
    '\u0085',
    '@',
  ],
  ...['null', 'true', '0', '-0', '-1', '1e999', '0x10', '1e21', '9007199254740993', '.5', 'NaN', 'Infinity'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '$' + '{HOME}',
    '$1',
    '0001-01-01T00:00:00Z',
    '/../',
    'a'.repeat(300),
  ],
  ...['e\u0301', '\ufb00', '\u0130', '\u202e', mark],
];

/** A short text that may break a parser, or any other. */
export const piece: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...pieces) },
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ maxLength: 4 }),
);

const share = fc.double({ min: 0, max: 1, noNaN: true });

/**
 * One change of a text or bytes: `length` units from a place are replaced by others, or by
 * themselves twice.
 */
const edit = fc.record({
  at: share,
  length: fc.oneof({ weight: 4, arbitrary: fc.nat(3) }, fc.nat(400)),
  how: fc.constantFrom('replace', 'insert', 'twice', 'cut'),
  piece,
});

/**
 * A text with up to three places changed. Most texts stay unchanged, so that code behind a parser
 * is reached too.
 */
export function damagedText(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(texts, few(edit)).map(([text, edits]) =>
    edits.reduce((result, { at, length, how, piece }) => {
      const start = Math.floor(at * (result.length + 1));
      const rest = result.slice(start);
      if (how === 'cut') return result.slice(0, start);
      if (how === 'insert') return result.slice(0, start) + piece + rest;
      if (how === 'twice') return result.slice(0, start) + rest.slice(0, length) + rest;
      return result.slice(0, start) + piece + rest.slice(length);
    }, text),
  );
}

/** Headers: unchanged ones with their known values, and damaged or arbitrary ones without. */
export function headersAndDamaged<T extends { header: string }>(
  headers: fc.Arbitrary<T>,
): fc.Arbitrary<{ header: string } & Partial<T>> {
  const texts = fc.oneof(
    headers.map(({ header }) => header),
    piece,
  );
  return fc.oneof(
    headers,
    damagedText(texts).map((header) => ({ header }) as { header: string } & Partial<T>),
  );
}

/** Bytes with up to three places changed. */
export function damagedBytes(all: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const flip = fc.record({ at: share, byte: fc.nat(255), cut: fc.constantFrom(false, false, false, true) });
  return fc.tuple(all, few(flip)).map(([bytes, flips]) =>
    flips.reduce((result, { at, byte, cut }) => {
      const place = Math.floor(at * result.length);
      if (cut) return result.slice(0, place);
      const changed = Uint8Array.from(result);
      if (changed.length > 0) changed[place] = byte;
      return changed;
    }, bytes),
  );
}

/** Values of JSON in the place of another one. */
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown[]>(null, true, false, 0, -0, 1, -1, 0.5, 1e21, 5e-324, 2 ** 53, 9e15, '', {}, []),
  fc.constantFrom<unknown[]>([null], [[]], [{}], { '': '' }, 'a'.repeat(2000), '12', [mark], {
    [mark]: mark,
  }),
  piece,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: 1, max: 40 }).map((depth) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`)),
);

const treeEdit = fc.record({
  at: share,
  how: fc.constantFrom('drop', 'replace', 'replace', 'rename', 'twice', 'swap'),
  value: oddValue,
  name: piece,
});

/**
 * A value of JSON with up to three places changed: fields dropped, renamed or of another kind,
 * items repeated or in another order.
 */
export function damagedValue(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.tuple(values, few(treeEdit)).map(([value, edits]) => {
    if (edits.length === 0) return value;
    const root = { value: structuredClone(value) };
    for (const { at, how, value: other, name } of edits) {
      const places = placesIn(root);
      const [parent, key] = places[Math.min(places.length - 1, Math.floor(at * places.length))]!;
      const kept = parent[key];
      if (how === 'replace') put(parent, key, structuredClone(other));
      else if (Array.isArray(parent)) {
        if (how === 'drop') parent.splice(Number(key), 1);
        else if (how === 'swap') parent.push(...parent.splice(Number(key), 1));
        else parent.splice(Number(key), 0, structuredClone(kept));
      } else if (parent !== root) {
        if (how !== 'twice') delete parent[key];
        if (how === 'rename' || how === 'twice') put(parent, name, kept);
      }
    }
    return root.value;
  });
}

/** The same as a text, which may be damaged too. */
export function damagedJson(values: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const texts = damagedValue(values).map((value) => JSON.stringify(value));
  return fc.oneof({ weight: 3, arbitrary: texts }, { weight: 1, arbitrary: damagedText(texts) });
}

function few<T>(edits: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant<T[]>([]) },
    { weight: 4, arbitrary: fc.array(edits, { minLength: 1, maxLength: 3 }) },
  );
}

type Place = [parent: Record<string, unknown>, key: string];

function placesIn(value: object, found: Place[] = []): Place[] {
  for (const [key, each] of Object.entries(value)) {
    found.push([value as Place[0], key]);
    if (typeof each === 'object' && each !== null) placesIn(each, found);
  }
  return found;
}

/** As JSON.parse does, also for the name __proto__. */
function put(parent: object, key: string, value: unknown): void {
  Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true });
}
