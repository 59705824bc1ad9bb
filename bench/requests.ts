import { toAccount } from '../src/app/accounts.ts';
import { loadSettings } from '../src/config/load.ts';
import { deadlineIn } from '../src/deadline.ts';
import { createScraper } from '../src/scrape.ts';
import type { Fault } from '../src/simulator/faults.ts';
import { startSimulator } from '../src/simulator/server.ts';
import { systemTiming } from '../src/timing.ts';
import { table } from './measure.ts';

/** What happens to a healthy account, after a first scrape that succeeded. */
const situations: readonly { name: string; faults: Fault[] }[] = [
  { name: 'healthy', faults: [] },
  { name: '429 permanently', faults: [{ kind: 'status', value: 429 }] },
  { name: '429, Retry-After 30', faults: [{ kind: 'status', value: 429, retryAfter: 30 }] },
  { name: '503 permanently', faults: [{ kind: 'status', value: 503 }] },
  { name: 'page 2 missing (404)', faults: [{ kind: 'status', value: 404, page: 2 }] },
];

const accounts = [
  { agents: 100, pageSize: undefined },
  { agents: 5000, pageSize: undefined },
  { agents: 10_000, pageSize: undefined },
  { agents: 10_000, pageSize: '25' },
];

const scrapes = 6;
const everyMs = 15_000;

/**
 * Returns the requests of each scrape from the first one with the fault, one scrape every 15 s of a
 * clock of its own.
 */
async function count(
  agents: number,
  pageSize: string | undefined,
  faults: readonly Fault[],
): Promise<number[]> {
  // Without life, since the simulator's own time does not matter here.
  const living = await startSimulator({ agents });
  const simulator = await startSimulator({ items: structuredClone(living.items()) });
  await living.close();
  let passedMs = 0;
  const timing = {
    ...systemTiming,
    now: () => systemTiming.now() + passedMs,
    monotonic: () => systemTiming.monotonic() + passedMs,
    sleep: async (ms: number) => {
      passedMs += ms;
    },
  };
  const env = {
    VCC_API_URL: simulator.apiUrl,
    VCC_TOKEN_URL: simulator.tokenUrl,
    VCC_CLIENT_ID: simulator.clientId,
    VCC_CLIENT_SECRET: simulator.clientSecret,
    ...(pageSize !== undefined && { VCC_PAGE_SIZE: pageSize }),
  };
  const scraper = createScraper(toAccount(loadSettings(env)), { timing });
  const requests: number[] = [];
  await scraper.scrape(deadlineIn(60_000));
  simulator.faults.push(...faults);
  for (let scrape = 0; scrape < scrapes; scrape++) {
    passedMs += everyMs;
    const { reading } = await scraper.scrape(deadlineIn(60_000));
    requests.push(reading.requests);
  }
  scraper.close();
  await simulator.close();
  return requests;
}

/** (g) Requests of a scrape, beside the pages of the account. */
export async function requestsOfScrapes(): Promise<string> {
  const rows: string[][] = [];
  for (const { agents, pageSize } of accounts) {
    for (const { name, faults } of situations) {
      const [first, ...later] = await count(agents, pageSize, faults);
      rows.push([name, `${agents}`, pageSize ?? 'default', `${first}`, later.join(' ')]);
    }
  }
  return `(g) Requests that a scrape sends to the API, after one that succeeded; a scrape every 15 s

${table(['situation', 'agents', 'page size', 'first scrape', 'the next five'], rows)}
`;
}
