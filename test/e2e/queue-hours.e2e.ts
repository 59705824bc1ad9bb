import { expect, test } from '@jest/globals';
import { busy, checkHours, type Hours } from '../support/queue-hours.ts';

test.each<Omit<Hours, 'scrapes' | 'everyMs'>>([
  { seed: 11, callers: true, lagMs: 0, interval: '5s' },
  { seed: 12, callers: true, lagMs: 1000, interval: '5s' },
  { seed: 13, callers: true, lagMs: 30_000, interval: '60s' },
  { seed: 14, callers: busy, lagMs: 0, interval: '60s' },
  { seed: 15, callers: busy, lagMs: 1000, interval: '5s' },
  { seed: 16, callers: { ...busy, callbacks: 0.9, transfers: 0.5 }, lagMs: 1000, interval: '5s' },
])('six hours of customers have the numbers of the simulator at every scrape: %p', async (hours) => {
  const seen = await checkHours({ ...hours, scrapes: 250, everyMs: 91_337 });
  for (const count of [seen.waiting, seen.longWaits, seen.left, seen.inTarget, seen.available])
    expect(count).toBeGreaterThan(50);
  expect(seen.media).toEqual(['Chat', 'Email', 'Phone']);
});
