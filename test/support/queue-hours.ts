import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { deadlineIn } from '../../src/deadline.ts';
import { createScraper, toFamilies } from '../../src/scrape.ts';
import type { CallersOptions } from '../../src/simulator/queues.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { accountOf } from './account.ts';
import { type Series, toSeries } from './oracle.ts';
import { inOrder } from './queue-oracle.ts';
import { only, startMs, trueOngoingSeries, trueQueueSeries, trueSkillSeries } from './queue-truth.ts';
import { movedTiming } from './skewed-timing.ts';

const minuteMs = 60_000;

/** Stretches with more customers than the agents can handle, and all that can happen to them. */
export const busy: CallersOptions = {
  arrivalsPerMinute: (atMs) => (Math.floor(atMs / (40 * minuteMs)) % 2 === 0 ? 7 : 2),
  callbacks: 0.3,
  transfers: 0.2,
  longestWaitMs: 4 * minuteMs,
};

/** Some hours of a simulated account, and how they are scraped. */
export interface Hours {
  seed: number;
  callers: true | CallersOptions;
  /** How much later the API knows who left. */
  lagMs: number;
  /** VCC_QUEUE_INTERVAL. */
  interval: string;
  scrapes: number;
  /** Time between two scrapes: at least the interval. */
  everyMs: number;
}

/** How much there was to compare. */
export interface Seen {
  waiting: number;
  longWaits: number;
  left: number;
  inTarget: number;
  available: number;
  media: string[];
}

/** The metrics that are compared. */
const compared = /^vcc_(queues?_(waiting|oldest|window|target|folded|skill)|ongoing|skill)/;

/**
 * Scrapes an account for hours of simulated time.
 * @throws AssertionError when any number differs from the simulator's own truth
 */
export async function checkHours(hours: Hours): Promise<Seen> {
  const { seed, callers, lagMs, interval, scrapes, everyMs } = hours;
  const timing = movedTiming(startMs);
  const simulator = await startSimulator({
    ...{ seed, agents: 30, callers, wait, now: timing.apiNow, quirks: { queueLagMs: lagMs } },
  });
  const account = simulator.accounts[0]!;
  const env = {
    VCC_QUEUES: 'on',
    VCC_SKILLS: 'users-api',
    VCC_QUEUE_INTERVAL: interval,
    // For a busy machine.
    VCC_QUEUE_WAIT: '10s',
    VCC_PAGE_SIZE: '50',
  };
  const scraper = createScraper(accountOf(simulator, env), { timing });
  const all: Series[] = [];
  try {
    for (let turn = 0; turn < scrapes; turn++) {
      timing.pass(everyMs);
      const { reading, failure } = await scraper.scrape(deadlineIn(15_000));
      assert.equal(failure, undefined);
      const series = toSeries(await toFamilies([reading]));
      const nowMs = timing.apiNow();
      const truth = new Map([
        ...trueQueueSeries(account, {
          ongoingMs: nowMs,
          queueTimesMs: nowMs,
          windowMs: 30 * minuteMs,
          lagMs,
        }),
        ...trueOngoingSeries(account),
        ...trueSkillSeries(account),
      ]);
      assert.deepEqual(inOrder(only(series, compared)), inOrder(truth), `scrape ${turn} of seed ${seed}`);
      // The rule for who waits fits what the simulator does.
      for (const [key, value] of only(series, /^vcc_queue_(up|unclear|flawed)/))
        assert.equal(value, key.startsWith('vcc_queue_up') ? 1 : 0, key);
      all.push(series);
    }
  } finally {
    scraper.close();
    await simulator.close();
  }
  const sum = (names: RegExp) =>
    all.reduce((total, series) => [...only(series, names).values()].reduce((a, b) => a + b, total), 0);
  const waits = all.flatMap((series) => [...only(series, /^vcc_queue_waiting\{/)]);
  return {
    waiting: sum(/^vcc_queue_waiting\{/),
    longWaits: sum(/^vcc_queue_waiting_longer_than\{.*seconds="60"/),
    left: sum(/^vcc_queue_window_left\{/),
    inTarget: sum(/^vcc_queue_window_left_in_target\{/),
    available: sum(/^vcc_skill_agents_available\{/),
    media: [
      ...new Set(waits.filter(([, value]) => value > 0).map(([key]) => /medium="([^"]*)"/.exec(key)![1]!)),
    ].toSorted(),
  };
}
