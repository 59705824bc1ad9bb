import { expect, test } from '@jest/globals';
import { GapCounter } from '../../src/vcc/answer.ts';

test('an item has neither the leniency nor the flaw nor the part of the one before', () => {
  const counter = new GapCounter('page 1', { medium: { path: 'medium', expected: 'a string' } });
  const read = (place: string, value: unknown, more: { lenient?: boolean; part?: string } = {}) => {
    counter.begin(place);
    Object.assign(counter, more);
    counter.miss('medium', value);
    counter.end();
    return counter.gaps.flawed;
  };
  expect(read('items[0]', undefined, { lenient: true, part: 'leg' })).toBe(0);
  expect(read('items[1]', undefined)).toBe(1);
  expect(read('items[2]', null, { lenient: true })).toBe(1);
  expect(counter.gaps).toEqual({
    ...{ absent: { medium: 3 }, invalid: { medium: 0 }, flawed: 1 },
    first: { path: 'page 1: items[1].medium', expected: 'a string', received: 'nothing' },
  });
});
