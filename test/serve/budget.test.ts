import { expect, test } from '@jest/globals';
import { toBudgetMs } from '../../src/serve/budget.ts';

test.each([
  [20_000, undefined, undefined, 20_000],
  [20_000, '10', undefined, 9500],
  [20_000, '10.000000', 60_000, 9500],
  [20_000, '0.6', undefined, 300],
  [5000, '10', undefined, 5000],
  [20_000, '10', 3000, 2500],
  [20_000, '10', 400, 200],
  [20_000, 'soon', undefined, 20_000],
  [20_000, '-1', undefined, 20_000],
  [20_000, '0', undefined, 20_000],
  [20_000, 'Infinity', undefined, 20_000],
  [20_000, '', undefined, 20_000],
])('timeout %p, scraper %p, left %p: %p ms', (timeoutMs, header, leftMs, expected) => {
  expect(toBudgetMs(timeoutMs, header, leftMs)).toBe(expected);
});
