import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type fc from 'fast-check';
import { toLogFields } from '../../src/log.ts';
import type { SavedSeries } from '../../src/push/encoding/points.ts';

/** One part of the exporter that takes input from outside, and what must hold for every input. */
export interface Target {
  /** In kebab-case: the folder of its fixtures, and its name for `npm run fuzz`. */
  name: string;
  /**
   * Well-formed inputs, damaged ones and arbitrary ones. They consist of what `toJson`
   * (fixtures.ts) can write.
   */
  input: fc.Arbitrary<unknown>;
  /**
   * Cases in relation to other targets, 1 by default. Less for slow targets, so that all need about
   * the same time.
   */
  share: number;
  /** Throws when something does not hold. */
  check(input: unknown): void | Promise<void>;
}

/** Declares a target. */
export function target<T>(
  name: string,
  input: fc.Arbitrary<T>,
  check: (input: T) => void | Promise<void>,
  { share = 1 } = {},
): Target {
  return { name, input, share, check: check as Target['check'] };
}

/** A text in place of a secret or an identity in inputs. No message may contain it. */
export const mark = 'Kd93pass';

// biome-ignore lint/suspicious/noExplicitAny: constructors of errors have different parameters
type ErrorClass = new (...args: any[]) => Error;

/** The result of a parser, or its refusal. */
export type Result<T> = { value: T } | { refusal: Error };

/**
 * Runs a parser twice. Asserts that both results are equal, that it throws only these errors, and
 * that neither their messages nor what is logged of them contain {@link mark}. Pass `{ marked:
 * false }` if the mark may be in a message.
 */
export function parsed<T>(parse: () => T, refusals: ErrorClass[], { marked = true } = {}): Result<T> {
  const [first, second] = [attempt(parse), attempt(parse)];
  return judge(first, second, refusals, marked);
}

/** The same for a parser that returns a promise. */
export async function parsedLater<T>(
  parse: () => Promise<T>,
  refusals: ErrorClass[],
  { marked = true } = {},
): Promise<Result<T>> {
  const [first, second] = [await attemptLater(parse), await attemptLater(parse)];
  return judge(first, second, refusals, marked);
}

function attempt<T>(parse: () => T): Result<T> {
  try {
    return { value: parse() };
  } catch (error) {
    return { refusal: error as Error };
  }
}

async function attemptLater<T>(parse: () => Promise<T>): Promise<Result<T>> {
  try {
    return { value: await parse() };
  } catch (error) {
    return { refusal: error as Error };
  }
}

function judge<T>(first: Result<T>, second: Result<T>, refusals: ErrorClass[], marked: boolean): Result<T> {
  if ('refusal' in first) {
    const { refusal } = first;
    // With its stack, since it is a bug.
    if (!refusals.some((each) => refusal instanceof each)) throw refusal;
    if (marked) assertUnmarked(`${refusal.message} ${JSON.stringify(toLogFields(refusal))}`);
    assert('refusal' in second && second.refusal.message === refusal.message, 'the second result differs');
  } else assert(isDeepStrictEqual(first, second), 'the second result differs');
  return first;
}

/** Asserts that a text for people holds no secret or identity of the input. */
export function assertUnmarked(text: string): void {
  assert(
    !text.toLowerCase().includes(mark.toLowerCase()),
    `contains what it must not: ${text.slice(0, 500)}`,
  );
}

/** Asserts that the series that were read can be ended: the exporter's own, each label once. */
export function assertOwnSeries(series: SavedSeries): void {
  for (const labels of series) {
    assert.equal(labels.length % 2, 0, 'a label without a value');
    const names = labels.filter((_, at) => at % 2 === 0);
    assert.equal(new Set(names).size, names.length, 'a label twice');
    assert.match(labels[labels.indexOf('__name__') + 1] ?? '', /^vcc_/);
  }
}

/** Asserts that a text is well-formed Unicode, so that it stays the same in UTF-8. */
export function assertWellFormed(text: string): void {
  assert(text.isWellFormed(), `half of a surrogate pair: ${JSON.stringify(text)}`);
}
