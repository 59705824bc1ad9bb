import { describe, expect, test } from '@jest/globals';
import { parseHttpDate } from '../../src/http/date.ts';

describe('parseHttpDate', () => {
  test.each([
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    ' Sun Nov  6 08:49:37 1994 ',
  ])('reads %j, a form of RFC 9110, in UTC', (text) => {
    expect(parseHttpDate(text)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
  });

  test.each([
    undefined,
    '',
    '1',
    '-1',
    'May 5',
    'Foo 1',
    '2026-01-15T10:00:00Z',
    'Thu, 15 Jan 2026 10:00:00',
    'Thu, 15 Jan 2026 10:00:00 PST',
    'Thu, 45 Jan 2026 10:00:00 GMT',
  ])('refuses %j', (text) => {
    expect(parseHttpDate(text)).toBeNaN();
  });
});
