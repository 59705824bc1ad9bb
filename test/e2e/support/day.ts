import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDestinations } from '../../../src/aws/open-destinations.ts';
import { createReadText } from '../../../src/aws/read-text.ts';
import { createStateStore } from '../../../src/aws/state-store.ts';
import { toAccount } from '../../../src/config/account.ts';
import { loadDestinations } from '../../../src/config/destinations.ts';
import { type Environment, loadSettings } from '../../../src/config/load.ts';
import type { Timing } from '../../../src/http/fetch.ts';
import { directNetwork } from '../../../src/http/network.ts';
import { createSend } from '../../../src/http/send.ts';
import { openDiskLine } from '../../../src/push/disk-line.ts';
import { createForwarder } from '../../../src/push/forward.ts';
import { createMemoryLine } from '../../../src/push/line.ts';
import { createPost, unauthorized } from '../../../src/push/post.ts';
import { createPusher, type Pusher } from '../../../src/push/pusher.ts';
import { remoteWrite } from '../../../src/push/remote-write.ts';
import { createScraper } from '../../../src/scrape.ts';
import { createApp } from '../../../src/serve/app.ts';
import { type Listening, listen } from '../../../src/serve/listen.ts';
import type { AgentStatus } from '../../../src/simulator/agent.ts';
import type { Fault } from '../../../src/simulator/faults.ts';
import { startSimulator } from '../../../src/simulator/server.ts';
import { startServer } from '../../support/server.ts';
import { beginMs, dayMinutes, eventful, quiet, stepSeconds, troubles } from './episodes.ts';
import type { Receiver } from './push.ts';
import { createWorkday } from './workday.ts';

const minute = 60_000;

/** A day that was lived through. */
export interface Day {
  /** All agents of the eventful account as the simulator had them, by time. */
  items: Map<number, readonly AgentStatus[]>;
  /** Which team an agent is in. */
  teamOf: Map<string, string>;
  /** What could not be brought to the receiver. */
  failures: string[];
}

/**
 * Lives through the day on a clock of its own, half a minute a step: the simulator as API, the exporter as it is, once pushing
 * and once scraped over HTTP, and a real receiver of remote write. What the agents were is kept for the times of `keep`.
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
    if (/^(samples|sample|queue|push failed)/.test(event)) day.failures.push(line);
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
  const lines = await Promise.all([
    createMemoryLine(false),
    openDiskLine(join(folder, 'queue'), eventful, 'archive'),
  ]);

  /** A process that pushes the eventful account. */
  function startPushing(ageBuckets: string): Pusher {
    const scraper = scraperOf(uk!, {
      VCC_ROSTER: roster,
      VCC_ROSTER_TTL: '1m',
      VCC_AGENT_METRICS: 'ids',
      VCC_AGENT_LIMIT: '60',
      VCC_AGE_BUCKETS: ageBuckets,
    });
    const retry = { retries: 1, baseDelayMs: 1, maxDelayMs: 1 };
    const routes = destinations.map((destination, index) => ({
      destination,
      line: lines[index]!,
      carry: destination.deliver,
      retry,
    }));
    return createPusher({ scraper, routes, timing, store, log });
  }

  const send = createSend();
  const scraped = createApp({
    scrapers: [scraperOf(us!, { VCC_ROSTER: 'users-api' })],
    log,
    now: timing.now,
  });
  let server: Listening | undefined = await listen(scraped, '127.0.0.1', 0);
  const { url } = server;
  const { deliver } = remoteWrite(
    {
      name: 'forward',
      type: 'remote-write',
      url: new URL(receiver.writeUrl),
      version: '1.0',
      headers: {},
      labels: {},
      job: 'vcc',
      instance: 'exporter-us:9754',
      wants: undefined,
      limits: { maxSamples: 5000, maxBytes: 1_000_000 },
      namespace: '',
      userAgent: 'day',
    },
    { post: createPost(send, 10_000, unauthorized), print: () => {}, now: timing.now },
  );
  const forwarder = createForwarder(
    {
      from: { url: new URL(`${url}/metrics`), timeoutMs: 10_000, userAgent: 'day' },
      job: 'vcc',
      instance: 'exporter-us:9754',
      version: '1.0',
      limits: { maxSamples: 5000, maxBytes: 1_000_000 },
      retry: { retries: 3, baseDelayMs: 1, maxDelayMs: 1 },
    },
    { send, deliver, timing, log },
  );

  let pusher: Pusher | undefined;
  let rosterIsGone = false;
  let started = false;
  let buckets: string | undefined;
  const signal = new AbortController().signal;
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
      const wanted = within('exporterGone', timeMs) ? undefined : bucketsAt(timeMs);
      if (!started || wanted !== buckets) {
        pusher?.close();
        pusher = wanted === undefined ? undefined : startPushing(wanted);
        if (wanted === undefined) {
          await server?.close();
          server = undefined;
        } else server ??= await listen(scraped, '127.0.0.1', Number(new URL(url).port));
        started = true;
        buckets = wanted;
      }
      if (keep(timeMs)) day.items.set(timeMs, structuredClone(uk!.items()));
      await pusher?.sample(timeMs, 10_000);
      await pusher?.send(signal, clock.nowMs + 5000);
      await pusher?.save();
      pusher?.takeFailures();
      clock.nowMs = timeMs;
      await forwarder.scrape(timeMs, signal);
      await forwarder.send(signal, clock.nowMs + 5000);
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

function bucketsAt(timeMs: number): string {
  return within('otherBuckets', timeMs) ? '60,300,1800' : ''; // Empty: as shipped.
}

function faultsAt(timeMs: number): Fault[] {
  const here = { account: eventful };
  if (within('throttled', timeMs) && (timeMs - beginMs) % (3 * minute) === 0) {
    return [{ kind: 'status', value: 429, retryAfter: 120, ...here }];
  }
  if (within('slow', timeMs)) return [{ kind: 'delay', value: 8000, page: 1, ...here }];
  if (within('unknownWords', timeMs)) return [{ kind: 'unknown', page: 1, ...here }];
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
