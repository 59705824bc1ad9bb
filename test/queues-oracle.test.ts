import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { deadlineIn } from '../src/deadline.ts';
import { createScraper, toFamilies } from '../src/scrape.ts';
import type { CallersOptions } from '../src/simulator/queues.ts';
import { startSimulator } from '../src/simulator/server.ts';
import { accountOf } from './support/account.ts';
import { toSeries } from './support/oracle.ts';
import { inOrder } from './support/queue-oracle.ts';
import { only, startMs, trueOngoingSeries, trueQueueSeries, trueSkillSeries } from './support/queue-truth.ts';
import { movedTiming } from './support/skewed-timing.ts';

const minuteMs = 60_000;
/** Stretches with more customers than the agents can handle, and all that can happen to them. */
const busy: CallersOptions = {
  arrivalsPerMinute: (atMs) => (Math.floor(atMs / (40 * minuteMs)) % 2 === 0 ? 7 : 2),
  callbacks: 0.3,
  transfers: 0.2,
  longestWaitMs: 4 * minuteMs,
};

describe.each<[number, true | CallersOptions, number, string]>([
  [1, true, 1000, '5s'],
  [2, busy, 0, '5s'],
  [3, busy, 4000, '60s'],
])('hours of customers of seed %i', (seed, callers, lagMs, interval) => {
  test("have the simulator's own numbers at every scrape", async () => {
    const timing = movedTiming(startMs);
    const simulator = await startSimulator({
      ...{ seed, agents: 30, callers, wait, now: timing.apiNow, quirks: { queueLagMs: lagMs } },
    });
    const [account] = simulator.accounts;
    const env = {
      VCC_QUEUES: 'on',
      VCC_SKILLS: 'users-api',
      VCC_QUEUE_INTERVAL: interval,
      VCC_PAGE_SIZE: '50',
    };
    const scraper = createScraper(accountOf(simulator, env), { timing });
    const seen = { waiting: 0, left: 0, inTarget: 0, available: 0, longWaits: 0, media: new Set<string>() };
    let queueTimesMs = 0;
    try {
      for (let turn = 0; turn < 45; turn++) {
        // Not in step with any interval.
        timing.pass(151_337);
        const { reading, failure } = await scraper.scrape(deadlineIn(15_000));
        expect(failure).toBeUndefined();
        const series = toSeries(await toFamilies([reading]));
        const nowMs = timing.apiNow();
        queueTimesMs =
          series.get('vcc_queue_snapshot_timestamp_seconds{account="test",source="queue_times"}')! * 1000;
        // Each scrape is later than the interval.
        expect(queueTimesMs).toBe(nowMs);
        const truth = { ongoingMs: nowMs, queueTimesMs, windowMs: 30 * minuteMs, lagMs };
        const names = /^vcc_(queues?_(waiting|oldest|window|target|folded|skill)|ongoing|skill)/;
        expect(inOrder(only(series, names))).toEqual(
          inOrder(
            new Map([
              ...trueQueueSeries(account!, truth),
              ...trueOngoingSeries(account!),
              ...trueSkillSeries(account!),
            ]),
          ),
        );
        for (const [key, value] of series) {
          if (key.startsWith('vcc_queue_up')) expect([key, value]).toEqual([key, 1]);
          // The rule for who waits fits what the simulator does.
          if (key.startsWith('vcc_queue_unclear') || key.startsWith('vcc_queue_flawed'))
            expect([key, value]).toEqual([key, 0]);
          if (key.startsWith('vcc_queue_waiting{')) seen.waiting += value;
          if (key.startsWith('vcc_queue_window_left{')) seen.left += value;
          if (key.startsWith('vcc_queue_window_left_in_target{')) seen.inTarget += value;
          if (key.startsWith('vcc_skill_agents_available{')) seen.available += value;
          if (key.startsWith('vcc_queue_waiting_longer_than') && key.includes('"60"'))
            seen.longWaits += value;
        }
        for (const { medium } of reading.queues!.counts.ongoing!.waiting) seen.media.add(medium);
      }
    } finally {
      scraper.close();
      await simulator.close();
    }
    for (const count of [seen.waiting, seen.left, seen.inTarget, seen.available])
      expect(count).toBeGreaterThan(10);
    expect(seen.longWaits).toBeGreaterThan(0);
    expect([...seen.media].toSorted()).toEqual(['Chat', 'Email', 'Phone']);
  });
});
