import { expect, test } from '@jest/globals';
import { busy, checkHours, type Hours } from './support/queue-hours.ts';

/** Not in step with any interval. */
const everyMs = 331_337;

/** test/e2e/queue-hours.e2e.ts has more of them. */
test.each<Omit<Hours, 'scrapes' | 'everyMs'>>([
  { seed: 1, callers: true, lagMs: 1000, interval: '5s' },
  { seed: 2, callers: busy, lagMs: 4000, interval: '60s' },
])('hours of customers have the numbers of the simulator at every scrape: %p', async (hours) => {
  const seen = await checkHours({ ...hours, scrapes: 30, everyMs });
  for (const count of [seen.waiting, seen.left, seen.inTarget, seen.available])
    expect(count).toBeGreaterThan(0);
  expect(seen.longWaits).toBeGreaterThan(0);
});
