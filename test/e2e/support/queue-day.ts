import { compressSync } from 'snappy';
import { toAccount } from '../../../src/app/accounts.ts';
import { type Environment, loadSettings } from '../../../src/config/load.ts';
import { deadlineIn } from '../../../src/deadline.ts';
import { toPoints } from '../../../src/push/encoding/points.ts';
import { encodeWriteRequest } from '../../../src/push/encoding/remote-write-1.ts';
import { createScraper, type Scraper, toFamilies } from '../../../src/scrape.ts';
import type { Leg, SimulatedAgent } from '../../../src/simulator/agent.ts';
import type { ContactCentre, Life, Live } from '../../../src/simulator/contact-centre.ts';
import type { Fault } from '../../../src/simulator/faults.ts';
import { type CallersOptions, ordinaryQueues } from '../../../src/simulator/queues.ts';
import { startSimulator } from '../../../src/simulator/server.ts';
import type { Timing } from '../../../src/timing.ts';
import { eventful, stepSeconds } from './episodes.ts';
import type { Receiver } from './push.ts';
import { queueDayBeginMs, queueDayMinutes, queueEpisodes } from './queue-episodes.ts';
import type { Stretch } from './workday.ts';

const minute = 60_000;
const second = 1000;

/** For 14 minutes every request about queues is answered by 429: no reason for an alert. */
const throttled = { from: 372, to: 386 };

const isIn = ({ from, to }: Stretch, timeMs: number) => {
  const at = (timeMs - queueDayBeginMs) / minute;
  return at >= from && at < to;
};

/** Agents without breaks. Every call takes about four minutes. */
const steadyLife: Live = (centre, agent) => live(centre, agent);

function* live(centre: ContactCentre, agent: SimulatedAgent): Life {
  const dice = centre.random;
  yield dice.between(0, 60) * second;
  centre.setPresence(agent, 'Ready', 'Ready');
  for (;;) {
    const leg: Leg | undefined = yield* centre.idle(agent, 60 * minute);
    if (!leg) continue;
    yield dice.between(4, 10) * second;
    centre.set(agent, leg, 'Connected');
    yield dice.between(150, 230) * second;
    centre.set(agent, leg, 'Wrap');
    yield dice.between(20, 50) * second;
    centre.end(agent, leg);
  }
}

/** Short targets, and one queue without a target. */
const queues = ordinaryQueues.map((queue) =>
  queue.targetMs === undefined ? queue : { ...queue, targetMs: 10 * second },
);
const callers: CallersOptions = {
  queues,
  patienceMs: 7 * minute,
  media: { Phone: 90, Chat: 10, Email: 0 },
  skillsOf: () => queues.map(({ name }) => name),
  arrivalsPerMinute(atMs) {
    return isIn(queueEpisodes.surge, atMs) ? 50 : 10;
  },
  delivers(atMs) {
    if (isIn(queueEpisodes.slowRouting, atMs)) return atMs % (90 * second) < 15 * second;
    return !isIn(queueEpisodes.undelivered, atMs);
  },
};

/**
 * Simulates the day on a separate clock, half a minute a step. The simulator is the API. The
 * unchanged exporter scrapes one account with queues, and a real receiver accepts remote write.
 */
export async function liveQueueDay(receiver: Receiver): Promise<void> {
  const clock = { nowMs: queueDayBeginMs };
  const timing: Timing = {
    now: () => clock.nowMs,
    monotonic: () => clock.nowMs,
    random: () => 0.5,
    sleep: async (delayMs) => {
      clock.nowMs += delayMs;
    },
  };
  const simulator = await startSimulator({
    now: () => clock.nowMs,
    wait: timing.sleep as (delayMs: number) => Promise<unknown>,
    accounts: [{ name: eventful, agents: 60, live: steadyLife, callers }],
  });
  const [account] = simulator.accounts;

  function open(settings: Environment): Scraper {
    const env = {
      VCC_ACCOUNT: eventful,
      VCC_API_URL: simulator.apiUrl,
      VCC_TOKEN_URL: simulator.tokenUrl,
      VCC_CLIENT_ID: account!.clientId,
      VCC_CLIENT_SECRET: account!.clientSecret,
      VCC_TIMEOUT: '10s',
      ...settings,
    };
    return createScraper(toAccount(loadSettings(env)), { timing });
  }

  let running = '';
  let scraper: Scraper | undefined;
  try {
    const endMs = queueDayBeginMs + queueDayMinutes * minute;
    for (let timeMs = queueDayBeginMs; timeMs <= endMs; timeMs += stepSeconds * second) {
      clock.nowMs = timeMs;
      simulator.faults = faultsAt(timeMs);
      const wanted = JSON.stringify(settingsAt(timeMs));
      if (wanted !== running) {
        scraper?.close();
        scraper = open(JSON.parse(wanted));
        running = wanted;
      }
      const { reading } = await scraper!.scrape(deadlineIn(10_000));
      const points = toPoints(await toFamilies([reading]), timeMs, { job: 'vcc', instance: eventful });
      const response = await fetch(receiver.writeUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
        body: new Uint8Array(compressSync(Buffer.from(encodeWriteRequest(points)))),
      });
      if (!response.ok) throw new Error(await response.text());
    }
  } finally {
    scraper?.close();
    await simulator.close();
  }
}

function settingsAt(timeMs: number): Environment {
  if (isIn(queueEpisodes.queuesGone, timeMs)) return {};
  const on = { VCC_QUEUES: 'on', VCC_SKILLS: 'users-api' };
  return isIn(queueEpisodes.otherQueueBounds, timeMs) ? { ...on, VCC_QUEUE_BOUNDS: '20,300' } : on;
}

function faultsAt(timeMs: number): Fault[] {
  if (isIn(queueEpisodes.noOngoing, timeMs)) return [{ kind: 'status', value: 503, on: 'ongoing' }];
  if (!isIn(throttled, timeMs)) return [];
  return (['ongoing', 'queue-times'] as const).map((on) => ({ kind: 'status', value: 429, on }));
}
