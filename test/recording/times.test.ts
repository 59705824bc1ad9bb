import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formOf, hasFraction, moveHttpDate, moveTime, timeOf } from '../../src/recording/times.ts';
import { parseTimestamp } from '../../src/vcc/timestamp.ts';

const day = 86_400_000;

describe('a time that moves', () => {
  test.each([
    ['2019-12-19T16:00:23.249Z', day + 1, '2019-12-20T16:00:23.250Z'],
    ['2019-12-19T16:00:23Z', day, '2019-12-20T16:00:23Z'],
    ['2019-12-19T16:00:23', day, '2019-12-20T16:00:23'],
    ['2019-12-19T16:00:23.24Z', day, '2019-12-20T16:00:23.24Z'],
    ['2019-12-19T16:00:23.2491234Z', day + 1, '2019-12-20T16:00:23.2500000Z'],
    ['2019-12-19T16:00:23+00:00', day, '2019-12-20T16:00:23+00:00'],
    // Only where the result does not fit, it gets digits.
    ['2019-12-19T16:00:23Z', 1, '2019-12-19T16:00:23.001Z'],
    ['2019-12-19T16:00:23.2Z', 1, '2019-12-19T16:00:23.201Z'],
    // A time zone shows where somebody is.
    ['2019-12-19T21:30:23+05:30', 0, '2019-12-19T17:00:23+01:00'],
    ['2019-12-19T09:00:23.249-07:00', day, '2019-12-20T15:00:23.249-01:00'],
  ])('%s by %d ms is %s', (text, byMs, expected) => {
    expect(moveTime(text, byMs)).toBe(expected);
  });

  test.each([
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['0001-01-01T00:00:00', '0001-01-01T00:00:00'],
    ['0001-01-01T00:00:00.0000000Z', '0001-01-01T00:00:00.0000000Z'],
    ['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.9999999', '9999-12-31T23:59:59.9999999'],
    // Not a zero that the API uses, so they may be digits of something else.
    ['1447-07-07T00:09:00.123Z', '1900-01-01T00:00:00.000Z'],
    ['0001-01-01T05:30:00+05:30', '1900-01-01T00:00:00+01:00'],
  ])('does not show the shift where a text means no time: %s', (text, expected) => {
    expect(moveTime(text, 5 * 366 * day + 123)).toBe(expected);
  });

  test.each([
    '',
    '2019-02-31T00:00:00Z',
    '2019-12-19T24:00:00Z',
    '2019-12-19 16:00:23',
    '19.12.2019',
    'Alice',
  ])('is none: %s', (text) => {
    expect([moveTime(text, 1), timeOf(text)]).toEqual([undefined, undefined]);
  });

  test('is as much later as all others, in every form', () => {
    const ms = fc.integer({ min: Date.UTC(1991, 0), max: Date.UTC(2080, 0) });
    const form = fc.constantFrom(
      (iso: string) => iso,
      (iso: string) => `${iso.slice(0, 19)}Z`,
      (iso: string) => `${iso.slice(0, 21)}Z`,
      (iso: string) => `${iso.slice(0, 23)}4711Z`,
      (iso: string) => `${iso.slice(0, 19)}+00:00`,
    );
    fc.assert(
      fc.property(ms, form, fc.integer({ min: -day, max: 3000 * day }), (at, shape, byMs) => {
        const text = shape(new Date(at).toISOString());
        const moved = moveTime(text, byMs)!;
        expect(parseTimestamp(moved) - parseTimestamp(text)).toBe(byMs);
        expect(timeOf(moved)).toBe(parseTimestamp(moved));
      }),
    );
  });
});

test.each([
  ['2019-12-19T16:00:23.249Z', true],
  ['2019-12-19T16:00:23Z', false],
  ['Alice 1.5', false],
])('%s shows a fraction: %s', (text, expected) => {
  expect(hasFraction(text)).toBe(expected);
});

test.each([
  ['Thu, 19 Dec 2019 16:00:23 GMT', 'Fri, 20 Dec 2019 16:00:23 GMT'],
  ['Thu, 01 Jan 1970 00:00:00 GMT', undefined],
  ['Alice, 19 Dec 2019', undefined],
])('the date %s is a day later %s', (text, expected) => {
  expect(moveHttpDate(text, day)).toBe(expected);
});

test.each([
  ['/Date(1576771223249)/', '/aaaa(9999999999999)/'],
  ['19.12.2019 ١٦:٠٠', '99.99.9999 99:99'],
  ['19 Déc 2019', '99 aaa 9999'],
  ['0001-01-01TAlice 7', '0001-01-01Taaaaa 9'],
  ['Alice', undefined],
  [`4${'4'.repeat(60)}`, undefined],
])('the form of %j is %j', (text, expected) => {
  expect(formOf(text)).toBe(expected);
});
