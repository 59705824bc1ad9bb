import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseHttpDate } from '../../src/http/date.ts';
import { parseRetryAfter, retryDelayMs } from '../../src/http/retry.ts';

const policy = { retries: 5, baseDelayMs: 200, maxDelayMs: 5000 };

describe('retryDelayMs', () => {
  test.each([
    [0, 0, undefined, 0],
    [0, 0.5, undefined, 100],
    [1, 0.5, undefined, 200],
    [3, 1, undefined, 1600],
    [10, 1, undefined, 5000],
    [0, 0.5, 3000, 3100],
    [0, 0, 3000, 3000],
  ])('repeat %i with dice %f and Retry-After %p waits %i ms', (repeat, random, retryAfterMs, expected) => {
    expect(retryDelayMs(policy, repeat, random, retryAfterMs)).toBe(expected);
  });

  test('waits at least Retry-After or, without it, at most the bound', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(100_000),
        (repeat, random, asked) => {
          expect(retryDelayMs(policy, repeat, random, asked)).toBeGreaterThanOrEqual(asked);
          expect(retryDelayMs(policy, repeat, random, undefined)).toBeLessThanOrEqual(policy.maxDelayMs);
        },
      ),
    );
  });
});

describe('parseRetryAfter', () => {
  const nowMs = Date.parse('2026-01-15T10:00:00Z');
  test.each([
    ['7', 7000],
    [' 0 ', 0],
    ['Thu, 15 Jan 2026 10:00:30 GMT', 30_000],
    ['Thursday, 15-Jan-26 10:00:30 GMT', 30_000],
    ['Thu Jan 15 10:00:30 2026', 30_000],
    ['Thu, 15 Jan 2026 09:00:00 GMT', 0],
    // No pause is longer than five minutes.
    ['301', 300_000],
    ['9'.repeat(400), 300_000],
    ['Fri, 16 Jan 2026 10:00:00 GMT', 300_000],
    ['1.5', undefined],
    ['-3', undefined],
    ['7 s', undefined],
    ['Jan7', undefined],
    ['15 Jan 2026 10:00:30 GMT', undefined],
    ['soon', undefined],
    ['May 5', undefined],
    ['Thu Jan 15 10:00:30 2026', 30_000],
    ['', undefined],
    [undefined, undefined],
  ])('reads %p as %p ms', (header, expected) => {
    expect(parseRetryAfter(header, nowMs)).toBe(expected);
  });
});

describe('parseHttpDate', () => {
  test('reads a date without a time zone as UTC, wherever it runs', () => {
    const program = `import { parseHttpDate } from './src/http/date.ts';
      console.log(parseHttpDate('Thu Jan 15 10:00:30 2026'));`;
    // In a separate process, since the time zone belongs to the process.
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      { encoding: 'utf8', env: { ...process.env, TZ: 'Pacific/Auckland' } },
    );
    expect({ stdout, stderr }).toEqual({ stdout: '1768471230000\n', stderr: '' });
  });

  test.each(['', 'soon', '1.5', '2026-01-15T10:00:30Z'])('does not read %j', (text) => {
    expect(parseHttpDate(text)).toBeNaN();
  });
});
