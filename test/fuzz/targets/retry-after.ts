import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseHttpDate } from '../../../src/http/date.ts';
import { longestPauseMs, parseRetryAfter } from '../../../src/http/retry.ts';
import { damagedText, piece } from '../damage.ts';
import { target } from '../target.ts';

const nowMs = Date.parse('2026-01-15T10:00:00.250Z');
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** The same second in the three forms of RFC 9110. */
function formsOf(ms: number): string[] {
  const fixed = new Date(ms).toUTCString();
  const [day, date, month, year, time] = fixed.replace(',', '').split(' ') as [string, ...string[]];
  const long = days.find((each) => each.startsWith(day))!;
  return [
    fixed,
    `${long}, ${date}-${month}-${year?.slice(2)} ${time} GMT`,
    `${day} ${month} ${date?.replace(/^0/, ' ')} ${time} ${year}`,
  ];
}

// Two digits of a year are of 1950 to 2049.
const dates = fc
  .record({ second: fc.integer({ min: -631_152_000, max: 2_524_607_999 }), form: fc.nat(2) })
  .map(({ second, form }) => ({ header: formsOf(second * 1000)[form]!, atMs: second * 1000 }));

/** Retry-After, and the dates of headers. */
export const retryAfter = target(
  'retry-after',
  fc.oneof(
    dates,
    fc.nat().map((seconds) => ({ header: ` ${seconds}`, seconds })),
    damagedText(
      fc.oneof(
        dates.map(({ header }) => header),
        fc.nat().map(String),
        piece,
      ),
    ).map((header) => ({
      header,
    })),
  ),
  (input: { header: string; atMs?: number; seconds?: number }) => {
    const { header, atMs, seconds } = input;
    const waitMs = parseRetryAfter(header, nowMs);
    const bound = (ms: number) => Math.min(longestPauseMs, Math.max(0, ms));
    if (atMs !== undefined) {
      assert.equal(parseHttpDate(header), atMs);
      assert.equal(waitMs, bound(atMs - nowMs));
    } else if (seconds !== undefined) assert.equal(waitMs, bound(seconds * 1000));
    else if (waitMs !== undefined) {
      assert(Number.isInteger(waitMs) && waitMs >= 0 && waitMs <= longestPauseMs, String(waitMs));
      assert.match(header.trim(), /^(\d+|[a-z]{3,9},? .* (GMT|\d{4}))$/is);
    }
  },
);
