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

  test.each([
    ['2019-12-19T16:00:23Z', '2019-12-19T16:00:23.000Z'],
    ['2019-12-19T16:00:23.2Z', '2019-12-19T16:00:23.200Z'],
    ['2019-12-19T16:00:23.2491234Z', '2019-12-19T16:00:23.249Z'],
    ['2019-12-19T16:00:23.999999999Z', '2019-12-19T16:00:23.999Z'],
    ['2019-12-19T16:00:23.249+00:00', '2019-12-19T16:00:23.249Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
  ])('reads %s', (text, same) => {
    expect(new Date(parseTimestamp(text)).toISOString()).toBe(same);
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
