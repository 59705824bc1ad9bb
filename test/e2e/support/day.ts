import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toAccount } from '../../../src/app/accounts.ts';
import { openDestinations } from '../../../src/app/destinations.ts';
import { createReadText, createStateStore } from '../../../src/app/places.ts';
import { loadDestinations } from '../../../src/config/destinations.ts';
import { type Environment, loadSettings } from '../../../src/config/load.ts';
import { deadlineIn } from '../../../src/deadline.ts';
import { openDiskQueue } from '../../../src/files/disk-queue.ts';
import { directNetwork } from '../../../src/http/network.ts';
import { createSend } from '../../../src/http/send.ts';
import { createMemoryQueue } from '../../../src/push/queue.ts';
import { createPusher, type Pusher } from '../../../src/push/schedule/pusher.ts';
import { createScraper } from '../../../src/scrape.ts';
import { type Listening, listen } from '../../../src/serve/listen.ts';
import { createRoutes } from '../../../src/serve/routes.ts';
import type { AgentStatus } from '../../../src/simulator/agent.ts';
import type { Fault } from '../../../src/simulator/faults.ts';
import { startSimulator } from '../../../src/simulator/server.ts';
import type { Timing } from '../../../src/timing.ts';
import { createSender } from '../../conformance/sender.ts';
import { startServer } from '../../support/server.ts';
import { beginMs, dayMinutes, eventful, quiet, stepSeconds, troubles } from './episodes.ts';
import type { Receiver } from './push.ts';
import { createWorkday } from './workday.ts';

const minute = 60_000;

/** The record of a simulated day. */
export interface Day {
  /** All agents of the eventful account in the simulator, by time. */
  items: Map<number, readonly AgentStatus[]>;
  /** Which team an agent is in. */
  teamOf: Map<string, string>;
  /** Samples that did not reach the receiver. */
  failures: string[];
}

/**
 * Simulates the day on a separate clock, half a minute a step. The simulator is the API, and a real
 * receiver accepts remote write. The unchanged exporter once pushes and once is scraped over HTTP.
 * The agents of the simulator are kept for the times of `keep`.
 */
export async function liveDay(
  receiver: Receiver,
  folder: string,
  keep: (timeMs: number) => boolean,
): Promise<Day> {
  const clock = { nowMs: beginMs };
  const late = () => (within('lateClock', clock.nowMs) ? 45_000 : 0);
  const timing: Timing = {
    now: () => clock.nowMs - late(),
    monotonic: () => clock.nowMs,
    random: () => 0.5,
    sleep: async (delayMs) => {
      clock.nowMs += delayMs;
    },
  };
  const simulator = await startSimulator({
    now: () => clock.nowMs,
    wait: timing.sleep as (delayMs: number) => Promise<unknown>,
    accounts: [
      { name: eventful, agents: 60, live: createWorkday(beginMs, true) },
      { name: quiet, agents: 20, live: createWorkday(beginMs, false) },
    ],
  });
  const [uk, us] = simulator.accounts;
  const roster = join(folder, 'roster.csv');
  writeFileSync(roster, uk!.rosterCsv());
  const day: Day = { items: new Map(), teamOf: readTeams(uk!.rosterCsv()), failures: [] };
  const log = (line: string) => {
    const { event } = JSON.parse(line) as { event: string };
    if (/^(samples|scrape not pushed|queue|push failed)/.test(event)) day.failures.push(line);
  };

  function scraperOf(account: { name: string; clientId: string; clientSecret: string }, more: Environment) {
    const env: Environment = {
      VCC_ACCOUNT: account.name,
      VCC_API_URL: simulator.apiUrl,
      VCC_TOKEN_URL: simulator.tokenUrl,
      VCC_CLIENT_ID: account.clientId,
      VCC_CLIENT_SECRET: account.clientSecret,
      VCC_PAGE_SIZE: '25',
      VCC_TIMEOUT: '10s',
      ...more,
    };
    return createScraper(toAccount(loadSettings(env)), { timing, readText: createReadText(), log });
  }

  let archiveTakes = true;
  const archive = await startServer((request, response) => {
    request.resume().on('end', () => response.writeHead(archiveTakes ? 204 : 503).end());
  });
  const destinationsEnv = {
    VCC_PUSH_DESTINATIONS: JSON.stringify({
      destinations: [
        { name: 'prometheus', url: receiver.writeUrl },
        { name: 'archive', url: `${archive.origin}/api/v1/write` },
      ],
    }),
  };
  const described = await loadDestinations(
    destinationsEnv,
    loadSettings(destinationsEnv),
    1,
    createReadText(),
  );
  const { destinations, close } = openDestinations(described, undefined, () => {}, directNetwork);
  const store = createStateStore(join(folder, 'state'));
  const queues = await Promise.all([
    createMemoryQueue(false),
    openDiskQueue(join(folder, 'queue'), eventful, 'archive', {
      setting: 'VCC_PUSH_FOLDER',
      report: ({ message }) => log(message),
    }),
  ]);

  /** A process that pushes the eventful account. */
  function startPushing(settings: Environment): Pusher {
    const scraper = scraperOf(uk!, {
      VCC_ROSTER: roster,
      VCC_ROSTER_TTL: '1m',
      VCC_AGENT_METRICS: 'ids',
      VCC_AGENT_LIMIT: '60',
      ...settings,
    });
    const retry = { retries: 1, baseDelayMs: 1, maxDelayMs: 1 };
    const routes = destinations.map((destination, index) => ({
      destination,
      queue: queues[index]!,
      deliver: destination.deliver,
      retry,
    }));
    return createPusher({ scraper, accounts: 2, routes, timing, store, log });
  }

  const send = createSend();
  const scraped = createRoutes({
    // It knows both accounts, and one is requested.
    scrapers: [scraperOf(us!, { VCC_ROSTER: 'users-api' }), scraperOf(uk!, {})],
    log,
    clocks: timing,
  });
  let server: Listening | undefined = await listen(scraped, '127.0.0.1', 0);
  const { url } = server;
  const sender = createSender(
    {
      from: new URL(`${url}/probe?target=${quiet}`),
      to: new URL(receiver.writeUrl),
      job: 'vcc',
      instance: 'exporter-us:9754',
      version: '1.0',
      retry: { retries: 3, baseDelayMs: 1, maxDelayMs: 1 },
    },
    { send, timing, log },
  );

  let pusher: Pusher | undefined;
  let rosterIsGone = false;
  let started = false;
  let running: string | undefined;
  const good = uk!.clientSecret;
  let hired = 0;
  try {
    for (let timeMs = beginMs; timeMs <= beginMs + dayMinutes * minute; timeMs += stepSeconds * 1000) {
      clock.nowMs = timeMs;
      simulator.faults = faultsAt(timeMs);
      archiveTakes = !within('pushOutage', timeMs);
      const secret = within('wrongSecret', timeMs) ? 'changed' : good;
      if (uk!.clientSecret !== secret) {
        uk!.clientSecret = secret;
        simulator.revokeTokens();
      }
      while (hired < (within('newHires', timeMs) ? 20 : 0)) {
        uk!.hire();
        hired++;
      }
      while (hired > (within('newHires', timeMs) ? 20 : 0)) {
        uk!.dismiss();
        hired--;
      }
      if (rosterIsGone !== within('noRoster', timeMs)) {
        rosterIsGone = !rosterIsGone;
        renameSync(rosterIsGone ? roster : `${roster}.gone`, rosterIsGone ? `${roster}.gone` : roster);
      }
      const gone = within('exporterGone', timeMs) || within('nothingSent', timeMs);
      const wanted = gone || within('pushGone', timeMs) ? undefined : JSON.stringify(settingsAt(timeMs));
      if (!started || wanted !== running) {
        pusher?.close();
        pusher = wanted === undefined ? undefined : startPushing(JSON.parse(wanted));
        started = true;
        running = wanted;
      }
      if (gone) {
        await server?.close();
        server = undefined;
      } else server ??= await listen(scraped, '127.0.0.1', Number(new URL(url).port));
      if (keep(timeMs)) day.items.set(timeMs, structuredClone(uk!.items()));
      await pusher?.scrape(timeMs, deadlineIn(10_000));
      await pusher?.send(deadlineIn(5000));
      await pusher?.save();
      pusher?.takeFailures();
      clock.nowMs = timeMs;
      if (!within('nothingSent', timeMs)) await sender.scrape(timeMs, deadlineIn(10_000));
      await sender.send(deadlineIn(5000));
    }
  } finally {
    pusher?.close();
    await server?.close();
    close();
    send.close();
    await archive.close();
    await simulator.close();
  }
  return day;
}

/** Whether a trouble is on at a time. */
function within(name: keyof typeof troubles, timeMs: number): boolean {
  const { from, to } = troubles[name];
  const at = (timeMs - beginMs) / minute;
  return at >= from && at < to;
}

/** The settings with which the eventful account is pushed. None has its default. */
function settingsAt(timeMs: number): Environment {
  if (within('otherBounds', timeMs)) return { VCC_AGE_BOUNDS: '60,300,1800' };
  return within('staleCache', timeMs) ? { VCC_CACHE_TTL: '1h' } : {};
}

function faultsAt(timeMs: number): Fault[] {
  const here = { account: eventful };
  if (within('throttled', timeMs) && (timeMs - beginMs) % (3 * minute) === 0) {
    return [{ kind: 'status', value: 429, retryAfter: 20, ...here }];
  }
  if (within('slow', timeMs)) return [{ kind: 'delay', value: 8000, page: 1, ...here }];
  if (within('unknownWords', timeMs)) return [{ kind: 'unknown', page: 1, ...here }];
  if (within('flawedAgent', timeMs)) return [{ kind: 'flawed', page: 1, ...here }];
  if (within('apiOutage', timeMs)) return [{ kind: 'status', value: 503, ...here }];
  return [];
}

function readTeams(csv: string): Map<string, string> {
  const rows = csv.trim().split('\n').slice(1);
  return new Map(
    rows.map((row) => {
      const [id, , team] = row.split(',');
      return [id!, team!];
    }),
  );
}
