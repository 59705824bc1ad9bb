import { expect, test } from '@jest/globals';
import { createBudget } from '../../src/http/budget.ts';

test('refuses the answer that makes the total too large, and no other', () => {
  const budget = createBudget(100);
  const [first, second] = [budget.hold(), budget.hold()];
  first.add(60);
  second.add(40);
  expect(() => second.add(1)).toThrow(
    'the answers of all accounts are together larger than 100 bytes; lower VCC_CONCURRENCY',
  );
  second.release();
  first.add(40);
  expect(() => budget.hold().add(1)).toThrow('larger than 100 bytes');
  first.release();
  first.release();
});

test('counts an answer no longer when it was read', () => {
  const budget = createBudget(100);
  for (let answer = 0; answer < 3; answer++) {
    const hold = budget.hold();
    hold.add(60);
    hold.release();
  }
  budget.hold().add(100);
});
