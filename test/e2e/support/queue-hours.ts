import { compressSync } from 'snappy';
import { toAccount } from '../../../src/app/accounts.ts';
import { createReadText } from '../../../src/app/places.ts';
import { type Environment, loadSettings } from '../../../src/config/load.ts';
import { deadlineIn } from '../../../src/deadline.ts';
import { toPoints } from '../../../src/push/encoding/points.ts';
import { encodeWriteRequest } from '../../../src/push/encoding/remote-write-1.ts';
import { createScraper, toFamilies } from '../../../src/scrape.ts';
import type { QueueTruth } from '../../../src/simulator/callers.ts';
import { startSimulator } from '../../../src/simulator/server.ts';
import type { Timing } from '../../../src/timing.ts';
import type { Receiver } from './push.ts';

/** When the hours with queues begin. */
export const queueBeginMs = Date.UTC(2026, 10, 18, 9);

/** How long they last, and the time from one scrape to the next. */
export const queueMinutes = 150;
const stepMs = 30_000;

/**
 * What happens, in minutes from the beginning: customers of Billing are not delivered to the agents
 * who are free, and more customers come than the agents can handle.
 */
const stuck = { from: 60, to: 70 };
const rush = { from: 105, to: 130 };

/** The sliding window, in milliseconds. */
export const queueWindowMs = 30 * 60_000;

/** The account whose queues are read, and one whose queues are not read. */
export const withQueues = 'acme-uk';
export const withoutQueues = 'acme-us';

/** The settings of the account whose queues are read. Queue times are read for each scrape. */
const queueEnv = {
  VCC_QUEUES: 'on',
  VCC_SKILLS: 'users-api',
  VCC_QUEUE_INTERVAL: '20s',
  // For a busy machine.
  VCC_QUEUE_WAIT: '10s',
};

/**
 * Simulates two hours and a half of two contact centres with customers, on a separate clock. The
 * unchanged exporter reads both every half a minute, and a real receiver accepts the samples.
 * @returns what was true about the queues at the times of `keep`
 */
export async function liveQueueHours(
  receiver: Receiver,
  keep: readonly number[] = [],
): Promise<Map<number, QueueTruth>> {
  const clock = { nowMs: queueBeginMs };
  const wait = async (delayMs: number) => {
    clock.nowMs += delayMs;
  };
  const timing: Timing = {
    now: () => clock.nowMs,
    monotonic: () => clock.nowMs,
    random: () => 0.5,
    sleep: wait,
  };
  const simulator = await startSimulator({
    now: timing.now,
    wait,
    agents: 60,
    // Queue times are known at once, so that the truth and the answer are of the same time.
    quirks: { queueLagMs: 0 },
    callers: {
      arrivalsPerMinute: (atMs) => (isIn(rush, atMs) ? 16 : 6),
      delivers: (atMs, queue) => queue !== 'Billing' || !isIn(stuck, atMs),
    },
    accounts: [{ name: withQueues }, { name: withoutQueues }],
  });
  const scrapers = simulator.accounts.map((account) => {
    const env: Environment = {
      VCC_ACCOUNT: account.name,
      VCC_API_URL: simulator.apiUrl,
      VCC_TOKEN_URL: simulator.tokenUrl,
      VCC_CLIENT_ID: account.clientId,
      VCC_CLIENT_SECRET: account.clientSecret,
      ...(account.name === withQueues && queueEnv),
    };
    const log = (line: string) => {
      throw new Error(line);
    };
    return createScraper(toAccount(loadSettings(env)), { timing, readText: createReadText(), log });
  });
  const truths = new Map<number, QueueTruth>();
  try {
    for (let at = 0; at <= queueMinutes * 60_000; at += stepMs) {
      const timeMs = queueBeginMs + at;
      clock.nowMs = timeMs;
      if (keep.includes(timeMs)) {
        truths.set(timeMs, structuredClone(simulator.accounts[0]!.callers!.truth(timeMs, queueWindowMs)));
      }
      const scrapes = await Promise.all(scrapers.map((each) => each.scrape(deadlineIn(10_000))));
      const families = await toFamilies(scrapes.map(({ reading }) => reading));
      const points = toPoints(families, timeMs, { job: 'vcc', instance: 'exporter:9754' });
      const response = await fetch(receiver.writeUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
        body: new Uint8Array(compressSync(Buffer.from(encodeWriteRequest(points)))),
      });
      if (!response.ok) throw new Error(await response.text());
    }
  } finally {
    for (const each of scrapers) each.close();
    await simulator.close();
  }
  return truths;
}

function isIn({ from, to }: typeof stuck, atMs: number): boolean {
  const at = (atMs - queueBeginMs) / 60_000;
  return at >= from && at < to;
}
