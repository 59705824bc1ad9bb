import { describe, expect, test } from '@jest/globals';
import { deadlineIn, leftMs } from '../../src/deadline.ts';
import { toDeadline, toScrapeDeadline } from '../../src/serve/deadline.ts';
import { toRequest } from '../../src/serve/message.ts';

/** A few milliseconds pass while a test runs. */
const about = (ms: number, expected: number) => {
  expect(ms).toBeLessThanOrEqual(expected);
  expect(ms).toBeGreaterThan(expected - 100);
};

describe('the deadline of a request', () => {
  test.each<[string | undefined, number | undefined, number]>([
    ['10', undefined, 10_000],
    ['10.000000', 60_000, 10_000],
    ['16.1', undefined, 16_100],
    ['10', 3000, 3000],
    ['10', 3000.5, 3000],
    ['soon', 3000, 3000],
    ['-1', 3000, 3000],
    ['0', 3000, 3000],
    ['Infinity', 3000, 3000],
  ])('of a scraper with %p s, %p ms before the gateway gives up, is in %p ms', (header, left, expected) => {
    const headers: [string, string | undefined][] = [['X-Prometheus-Scrape-Timeout-Seconds', header]];
    about(leftMs(toDeadline(toRequest('GET', '/metrics', headers), left)), expected);
  });

  test('is never where no limit is set', () => {
    expect(leftMs(toDeadline(toRequest('GET', '/metrics', [])))).toBe(Number.POSITIVE_INFINITY);
  });
});

test.each([
  [10_000, 0, 9500],
  [10_000, 400, 9200],
  [600, 0, 300],
  [10_000, 60_000, 5000],
])('of %p ms, after an answer that took %p ms to write, a scrape has %p ms', (ms, lastWriteMs, expected) => {
  about(leftMs(toScrapeDeadline(deadlineIn(ms), lastWriteMs)), expected);
});

test('a scrape has as long as it needs where no limit is set', () => {
  expect(leftMs(toScrapeDeadline(deadlineIn(Number.POSITIVE_INFINITY), 0))).toBe(Number.POSITIVE_INFINITY);
});
