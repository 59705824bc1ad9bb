import assert from 'node:assert/strict';
import fc from 'fast-check';
import { moveTime, timeOf } from '../../../src/recording/times.ts';
import { parseTimestamp } from '../../../src/vcc/timestamp.ts';
import { readTime } from '../../support/page.ts';
import { damagedText, piece } from '../damage.ts';
import { assertWellFormed, target } from '../target.ts';

const times = fc
  .record({
    ms: fc.oneof(
      fc.integer({ min: Date.parse('1990-01-01'), max: Date.parse('2099-12-31') }),
      fc.integer({ min: Date.parse('0000-01-01'), max: Date.parse('9999-12-31') }),
    ),
    digits: fc.integer({ min: 0, max: 10 }),
    zone: fc.constantFrom('Z', 'Z', '+00:00', '', '+01:00', '-05:30', 'z'),
  })
  .map(({ ms, digits, zone }) => {
    const text = new Date(ms).toISOString();
    const fraction = `${text.slice(20, 23)}0123456`.slice(0, digits);
    return `${text.slice(0, 19)}${digits > 0 ? `.${fraction}` : ''}${zone}`;
  });

/**
 * Timestamps of the API, and those of recordings, which keep their distance when they are moved.
 */
export const timestamp = target(
  'timestamp',
  fc.record({
    text: fc.oneof({ weight: 5, arbitrary: damagedText(times) }, piece),
    byMs: fc.integer({ min: -31_536_000, max: 31_536_000 }).map((seconds) => seconds * 1000),
  }),
  ({ text, byMs }) => {
    const ms = parseTimestamp(text);
    // To the oracle, the year 1 is no time.
    if (!text.startsWith('0001-01-01')) assert(Object.is(ms, readTime(text) ?? Number.NaN), `${ms}`);

    const moved = moveTime(text, byMs);
    const recorded = timeOf(text);
    if (recorded !== undefined && !Number.isNaN(ms)) assert.equal(recorded, ms);
    if (moved === undefined) return;
    assertWellFormed(moved);
    const after = timeOf(moved);
    if (recorded !== undefined && after !== undefined) assert.equal(after - recorded, byMs);
  },
);
