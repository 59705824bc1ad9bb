import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseTimestamp } from '../../src/vcc/timestamp.ts';

describe('parseTimestamp', () => {
  test('agrees with Date on every UTC date', () => {
    const dates = fc.date({
      min: new Date('0001-01-01'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseTimestamp(date.toISOString())).toBe(date.getTime());
      }),
      { numRuns: 5000 },
    );
  });

  test('rejects what a regular expression or Date rejects, wherever one character is another', () => {
    const date = fc.constantFrom(
      '2019-12-19T16:00:23Z',
      '2000-02-29T09:30:59.249Z',
      '1999-10-31T23:59:00.1+00:00',
      '2019-01-02T03:04:05+00:00',
    );
    const character = fc.constantFrom(...'0123456789/:-T.Z+ x;');
    fc.assert(
      fc.property(date, fc.nat(25), character, (text, at, other) => {
        const changed = text.slice(0, at) + other + text.slice(at + 1);
        const form = /^\d{4}(-\d\d){2}T\d\d(:\d\d){2}(\.\d+)?(Z|\+00:00)$/;
        const ms = form.test(changed) ? Date.parse(changed) : Number.NaN;
        // Date reads the 31st of June as the 1st of July.
        const isDate = !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(changed.slice(0, 19));
        expect(parseTimestamp(changed)).toBe(isDate ? ms : Number.NaN);
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ['2019-12-19T16:00:23Z', '2019-12-19T16:00:23.000Z'],
    ['2019-12-19T16:00:23.2Z', '2019-12-19T16:00:23.200Z'],
    ['2019-12-19T16:00:23.2491234Z', '2019-12-19T16:00:23.249Z'],
    ['2019-12-19T16:00:23.999999999Z', '2019-12-19T16:00:23.999Z'],
    ['2019-12-19T16:00:23.249+00:00', '2019-12-19T16:00:23.249Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
  ])('reads %s', (text, same) => {
    expect(parseTimestamp(text)).toBe(Date.parse(same));
  });

  test.each([
    '',
    '1',
    '2019-12-19',
    '2019-12-19T16:00:23',
    '2019-12-19T16:00:23+01:00',
    '2019-12-19 16:00:23Z',
    '2019-12-19T16:00Z',
    '2019-12-19T16:00:23.Z',
    '2019-12-19T16:00:23.2x9Z',
    '2019-12-19T16:00:23ZZ',
    '2019-12-19T24:00:00Z',
    '2019-12-19T16:60:00Z',
    '2019-12-19T16:00:60Z',
    '2019-13-19T16:00:00Z',
    '2019-00-19T16:00:00Z',
    '2019-02-29T16:00:00Z',
    '1900-02-29T16:00:00Z',
    '2019-04-31T16:00:00Z',
    '2019-04-00T16:00:00Z',
    '201x-04-01T16:00:00Z',
    'Thu, 19 Dec 2019 16:00:23 GMT',
  ])('refuses "%s"', (text) => {
    expect(parseTimestamp(text)).toBeNaN();
  });
});
