import { type Gaps, noGaps } from '../snapshot/gaps.ts';
import type { Item, Page } from '../snapshot/page.ts';
import { ShapeError } from './errors.ts';
import { forgetMatch, kindOf, parseJson } from './json.ts';
import { parseTimestamp } from './timestamp.ts';

/** An object of an answer, with any values. */
export type Fields = Record<string, unknown>;

/**
 * What is known of a field: its place in an item, the expected value, and whether the API reference
 * or an example of Vonage leaves the field out.
 */
export interface Knowledge {
  path: string;
  expected: string;
  optional?: true;
}

/** Reads the values of an item that must match the API reference. Each throws ShapeError. */
export interface Strict {
  object(value: unknown, path: string): Fields;
  name(value: unknown, path: string): string;
}

/**
 * Parses one page of a list of the Stats API (docs/decisions/0003-absent-fields.md).
 * - `meta`, `upTo`, `items`, and the values that `parseItem` reads with {@link Strict} must match
 *   the API reference.
 * - Other values may be absent, null or invalid. Then they are unknown, and the page's gaps count
 *   them.
 * - Fields that the reference does not have are ignored.
 *
 * `where` names the page in messages.
 * @throws ShapeError with the page and the path
 */
export function parseList<I extends Item, Field extends string>(
  body: string,
  where: string,
  knowledge: Readonly<Record<Field, Knowledge>>,
  parseItem: (item: Fields, strict: Strict, gaps: GapCounter<Field>) => I,
): Page<I, Field> {
  const root = parseJson(body, where) as Fields;
  const misfit = (value: unknown, path: string, expected: string): never => {
    throw new ShapeError(`${where}: ${path}`, expected, receivedOf(value, expected));
  };
  const strictCount = (value: unknown, path: string): number =>
    isCount(value) ? value : misfit(value, path, expectedCount);
  const strictFields = (value: unknown, path: string): Fields =>
    isFields(value) ? value : misfit(value, path, 'an object');

  const meta = strictFields(root.meta, 'meta');
  const upToMs =
    typeof root.upTo === 'string' && !isNoTime(root.upTo) ? parseTimestamp(root.upTo) : Number.NaN;
  if (Number.isNaN(upToMs)) misfit(root.upTo, 'upTo', expectedTime);
  if (!Array.isArray(root.items)) return misfit(root.items, 'items', 'an array');
  const gaps = new GapCounter(where, knowledge);
  let place = '';
  const strict: Strict = {
    object: (value, path) => strictFields(value, `${place}.${path}`),
    name: (value, path) => (isName(value) ? value : misfit(value, `${place}.${path}`, expectedName)),
  };
  const items: I[] = [];
  for (const [index, value] of (root.items as unknown[]).entries()) {
    place = `items[${index}]`;
    const item = strictFields(value, place);
    gaps.begin(place);
    items.push(parseItem(item, strict, gaps));
    gaps.end();
  }
  return {
    number: strictCount(meta.page, 'meta.page'),
    count: strictCount(meta.count, 'meta.count'),
    pageCount: strictCount(meta.pageCount, 'meta.pageCount'),
    totalCount: strictCount(meta.totalCount, 'meta.totalCount'),
    upToMs,
    items,
    gaps: gaps.gaps,
  };
}

/** Returns a time in ms since 1970. Undefined when it is unknown, or when no time was set. */
export function toTime<Field extends string>(
  value: unknown,
  field: Field,
  gaps: GapCounter<Field>,
): number | undefined {
  if (typeof value !== 'string') return gaps.miss(field, value);
  if (isNoTime(value)) return gaps.skip(field);
  const ms = parseTimestamp(value);
  return Number.isNaN(ms) ? gaps.miss(field, value) : ms;
}

/** Returns a text, which may be empty. Undefined when it is unknown. */
export function toText<Field extends string>(
  value: unknown,
  field: Field,
  gaps: GapCounter<Field>,
): string | undefined {
  return typeof value === 'string' ? value : gaps.miss(field, value);
}

/** Returns a name. Empty when it is unknown. */
export function toName<Field extends string>(value: unknown, field: Field, gaps: GapCounter<Field>): string {
  return isName(value) ? value : (gaps.miss(field, value) ?? '');
}

/** Returns a whole number from 0. Undefined when it is unknown. */
export function toCount<Field extends string>(
  value: unknown,
  field: Field,
  gaps: GapCounter<Field>,
): number | undefined {
  return isCount(value) ? value : gaps.miss(field, value);
}

/** Whether a value is an object, and no array. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/**
 * Whether no time was set: .NET then writes its zero, without a time zone. This is not a flaw.
 */
const isNoTime = (text: string): boolean => text.startsWith('0001-01-01T');

/** For messages: the values that {@link toCount}, {@link toName} and {@link toTime} expect. */
export const expectedCount = 'a whole number from 0';
export const expectedName = 'a string that is not empty';
export const expectedTime = 'a UTC date in ISO 8601, like 2019-12-19T16:00:23.249Z';

/** Counts the gaps of one page. */
export class GapCounter<Field extends string> {
  readonly gaps: Gaps<Field>;
  /**
   * The part of the current item, as in `interaction[2]`. Undefined for fields of the item itself.
   */
  part: string | undefined;
  /** Whether absent values of the current item are no flaw. */
  lenient = false;
  readonly #where: string;
  readonly #knowledge: Readonly<Record<Field, Knowledge>>;
  #place = '';
  #flawed = false;

  constructor(where: string, knowledge: Readonly<Record<Field, Knowledge>>) {
    this.#where = where;
    this.#knowledge = knowledge;
    this.gaps = noGaps(Object.keys(knowledge) as Field[]);
  }

  /** Starts counting for the item at this place. */
  begin(place: string): void {
    this.#place = place;
    this.#flawed = false;
    this.lenient = false;
    this.part = undefined;
  }

  end(): void {
    if (this.#flawed) this.gaps.flawed++;
  }

  /** Counts a value that is absent, according to the answer. */
  skip(field: Field): undefined {
    this.gaps.absent[field]++;
  }

  /** Counts an absent or invalid value. */
  miss(field: Field, value: unknown): undefined {
    const { path, expected, optional } = this.#knowledge[field];
    const absent = value === undefined || value === null;
    this.gaps[absent ? 'absent' : 'invalid'][field]++;
    if (absent && (optional || this.lenient)) return;
    this.#flawed = true;
    const inner = this.part === undefined ? path : `${this.part}.${path}`;
    this.gaps.first ??= {
      path: `${this.#where}: ${this.#place}.${inner}`,
      expected,
      received: receivedOf(value, expected),
    };
  }
}

/**
 * Describes a value for messages. It quotes only numbers in place of counts, and only the form of
 * texts in place of times.
 */
function receivedOf(value: unknown, expected: string): string {
  if (value === '') return 'an empty string';
  if (typeof value === 'number' && expected === expectedCount) return `number ${value}`;
  if (typeof value === 'string' && expected === expectedTime) {
    return isNoTime(value) ? 'the year 1' : `a string like ${outline(value)}`;
  }
  return kindOf(value);
}

/**
 * Returns the form of a text without its content, at most 30 characters: 9 for digits, a for
 * letters, ASCII signs as they are, ? for the rest.
 */
function outline(text: string): string {
  // Phone numbers may have digits of any script. Control characters must not reach a terminal.
  const form = text
    .slice(0, 30)
    .replace(/\p{N}/gu, '9')
    .replace(/\p{L}/gu, 'a')
    .replace(/[^ -~]/gu, '?');
  forgetMatch();
  return `"${form}${text.length > 30 ? '…' : ''}"`;
}
