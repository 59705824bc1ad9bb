import http from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { deadlineIn } from '../../src/deadline.ts';
import { createScraper, type Scraper, toFamilies } from '../../src/scrape.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/server.ts';
import { accountOf } from './account.ts';
import { type Series, toSeries } from './oracle.ts';
import { startServer, type TestServer } from './server.ts';
import { type MovedTiming, movedTiming } from './skewed-timing.ts';

/** The simulator of the current test. */
export let simulator: Simulator;
/** The scraper of the current test. */
export let scraper: Scraper;
/** Its clocks. */
export let timing: MovedTiming;
/** What it logged. */
export let lines: string[];
let front: TestServer | undefined;
/** Ends what the current test started. */
export async function stop(): Promise<void> {
  scraper.close();
  await simulator.close();
  await front?.close();
  front = undefined;
}

/** The number of agents of the account. */
export const agents = 15;
/** Settings of every account here. */
export const on = { VCC_QUEUES: 'on', VCC_RETRIES: '0' };

/** A scraper of an account with customers. */
export async function start(
  options: SimulatorOptions = {},
  env: Record<string, string> = {},
  change: (account: ReturnType<typeof accountOf>) => void = () => {},
): Promise<void> {
  timing = movedTiming(options.now?.());
  simulator = await startSimulator({ agents, callers: true, wait, ...options, now: timing.apiNow });
  lines = [];
  const account = accountOf(simulator, { ...on, ...(front && { VCC_API_URL: front.origin }), ...env });
  change(account);
  scraper = createScraper(account, { timing, log: (line) => lines.push(line) });
}

/** Scrapes once. */
export const scrape = async (ms = 10_000) => (await scraper.scrape(deadlineIn(ms))).reading;

/** The status of each source: `up`, or why not. */
export async function statuses(): Promise<Record<string, string>> {
  const { queues } = await scrape();
  return Object.fromEntries(queues!.sources.map(({ source, error }) => [source, error ?? 'up']));
}

/** The series of a scrape. */
export const seriesOf = async (): Promise<Series> => toSeries(await toFamilies([await scrape()]));
/** Counts of requests by endpoint. */
export const sent = () => ({ ongoing: 0, 'queue-times': 0, ...simulator.requests });

/**
 * Serves the paths of queues with this listener, and everything else as the simulator does. It
 * becomes the API of the next {@link start}.
 */
export async function startFront(listener: http.RequestListener): Promise<void> {
  front = await startServer((request, response) => {
    if (/^\/stats\/(interactions|queue-times)/.test(request.url!)) {
      listener(request, response);
      return;
    }
    const { port } = new URL(simulator.apiUrl);
    const forward = { port, path: request.url!, method: request.method!, headers: request.headers };
    request.pipe(
      http.request(forward, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      }),
    );
  });
}

/** The agents are all there, soon. The rest of a second is room for a busy machine. */
export async function expectAgents(beforeMs = 0): Promise<Awaited<ReturnType<typeof scrape>>> {
  const startedMs = performance.now();
  const reading = await scrape();
  expect(performance.now() - startedMs).toBeLessThan(beforeMs + 2000);
  expect(reading).toMatchObject({ error: undefined, floor: { agents } });
  return reading;
}

/** Returns the address of the server of {@link startFront}. */
export const frontOrigin = () => front!.origin;

/** Uses another scraper for the rest of the test. */
export function useScraper(other: Scraper): void {
  scraper.close();
  scraper = other;
}
