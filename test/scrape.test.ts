import { afterEach, describe, expect, test } from '@jest/globals';
import { deadlineIn } from '../src/deadline.ts';
import { createScraper, type Scraper, toFamilies } from '../src/scrape.ts';
import { toRequest } from '../src/serve/message.ts';
import { createRoutes } from '../src/serve/routes.ts';
import type { AgentStatus } from '../src/simulator/agent.ts';
import type { Fault } from '../src/simulator/faults.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../src/simulator/server.ts';
import { systemTiming } from '../src/timing.ts';
import { accountOf } from './support/account.ts';
import { toSeries } from './support/oracle.ts';
import { startServer } from './support/server.ts';

let simulator: Simulator;
let scraper: Scraper;
let slept: number[];
afterEach(async () => {
  scraper.close();
  await simulator.close();
});

/** A scraper of 50 simulated agents on 10 pages, which retries without a wait. */
async function start(options: SimulatorOptions = {}, env: Record<string, string> = {}): Promise<void> {
  simulator = await startSimulator({ agents: 50, ...options });
  slept = [];
  const sleep = async (delayMs: number) => void slept.push(delayMs);
  scraper = createScraper(accountOf(simulator, { VCC_PAGE_SIZE: '5', VCC_RETRIES: '2', ...env }), {
    timing: { ...systemTiming, sleep },
  });
}

/**
 * Times out soon where the API hangs. Elsewhere a busy machine must not look like an API that
 * hangs.
 */
const impatientAt = ({ kind }: Fault): Record<string, string> =>
  kind === 'hang' ? { VCC_REQUEST_TIMEOUT: '300ms' } : {};

describe('a scrape', () => {
  test('reports every agent correctly', async () => {
    await start();
    const { reading } = await scraper.scrape(deadlineIn(5000));
    const families = await toFamilies([reading]);
    expect(reading).toMatchObject({ error: undefined, pages: 10, requests: 11, retries: 0 });
    const series = toSeries(families);
    const items = simulator.items();
    expect(series.get('vcc_snapshot_agents{account="test"}')).toBe(50);
    const ready = items.filter((item) => item.presence.name === 'Ready').length;
    expect(series.get('vcc_agents{account="test",presence="Ready"}')).toBe(ready);
  });

  test('sends one request more than the pages when cold, and as many as the pages when warm', async () => {
    await start();
    await scraper.scrape(deadlineIn(5000));
    expect(simulator.requests).toEqual({ token: 1, api: 10, users: 0 });
    const { reading } = await scraper.scrape(deadlineIn(5000));
    expect(reading.requests).toBe(10);
  });

  test('means the same by free as before, should the API leave eligibility out where it is false', async () => {
    const since = '2026-01-15T09:00:00.000Z';
    const idle = (agentId: string, eligible: object) =>
      ({
        agentId,
        presence: { since, name: 'Ready', description: 'Ready', ...eligible },
        workload: { since, calls: 0, semiLive: 0, nonLive: 0 },
        interaction: [],
      }) as unknown as AgentStatus;
    const items = [idle('a', { eligibleForRouting: true }), idle('b', {})];
    await start({ items });
    const free = async () => {
      const series = toSeries(await toFamilies([(await scraper.scrape(deadlineIn(5000))).reading]));
      return [
        series.get('vcc_agents_available{account="test"}'),
        series.get('vcc_agents_by_activity{account="test",activity="unknown"}'),
      ];
    };
    expect(await free()).toEqual([1, 1]);
    items[0] = idle('a', {});
    expect(await free()).toEqual([0, 2]);
  });

  test('shares one upstream read with a scrape at the same time', async () => {
    await start();
    const both = await Promise.all([scraper.scrape(deadlineIn(5000)), scraper.scrape(deadlineIn(5000))]);
    expect(both.map(({ reading }) => reading.error)).toEqual([undefined, undefined]);
    expect(simulator.requests.api).toBe(10);
  });

  test('can be served from a cache, and reports this', async () => {
    await start({}, { VCC_CACHE_TTL: '1m' });
    await scraper.scrape(deadlineIn(5000));
    const families = await toFamilies([(await scraper.scrape(deadlineIn(5000))).reading]);
    expect(toSeries(families).get('vcc_scrape_cached{account="test"}')).toBe(1);
    expect(simulator.requests.api).toBe(10);
  });

  test.each<[string, Fault, Partial<Record<string, unknown>>]>([
    ['a page that fails once', { kind: 'status', value: 503, page: 4, times: 1 }, { retries: 1 }],
    [
      '503 with Retry-After',
      { kind: 'status', value: 503, retryAfter: 1, page: 2, times: 1 },
      { retries: 1 },
    ],
    ['a cut body', { kind: 'cut', page: 3, times: 1 }, { retries: 1 }],
    ['a page that hangs once', { kind: 'hang', page: 5, times: 1 }, { retries: 1 }],
    ['a slow page', { kind: 'delay', value: 200, page: 6 }, { retries: 0 }],
    [
      'a token endpoint that fails once',
      { kind: 'status', value: 500, on: 'token', times: 1 },
      { retries: 1 },
    ],
    ['an account that shifts once', { kind: 'shift', page: 1, times: 1 }, {}],
    ['an agent who joins', { kind: 'grow', page: 5, times: 1 }, {}],
    ['an agent who leaves', { kind: 'shrink', page: 5, times: 1 }, {}],
    ['a revoked token', { kind: 'status', value: 401, page: 1, times: 1 }, {}],
  ])('survives %s, with every agent once', async (_, fault, expected) => {
    await start({ faults: [fault] }, impatientAt(fault));
    const { reading, failure } = await scraper.scrape(deadlineIn(8000));
    expect(failure).toBeUndefined();
    expect(reading).toMatchObject({ error: undefined, ...expected });
    expect(reading.floor?.agents).toBe(simulator.items().length);
    if ('retryAfter' in fault) expect(slept[0]).toBeGreaterThanOrEqual(1000 * fault.retryAfter!);
  });

  test.each<[string, Fault, string, RegExp]>([
    ['a dead API', { kind: 'status', value: 503 }, 'http_status', /answered 503$/],
    ['throttling', { kind: 'status', value: 429 }, 'throttled', /answered 429$/],
    ['a missing scope', { kind: 'status', value: 403 }, 'forbidden', /the credentials lack the scope stats$/],
    ['a 401 that stays', { kind: 'status', value: 401 }, 'unauthorized', /to a token that was just issued$/],
    ['a rejected parameter', { kind: 'status', value: 400 }, 'http_status', /answered 400$/],
    [
      'rejected credentials',
      { kind: 'status', value: 401, on: 'token' },
      'credentials_rejected',
      /not accepted/,
    ],
    ['half a page', { kind: 'json', page: 7 }, 'shape', /^page 7: expected JSON, received \d+ characters/],
    ["a gateway's page", { kind: 'html' }, 'shape', /^page 1: expected JSON/],
    [
      'an agent without a presence',
      { kind: 'shape', page: 2 },
      'shape',
      /^page 2: items\[0\]\.presence: expected an object, received null/,
    ],
    ['cut bodies', { kind: 'cut' }, 'network', /the connection was cut/],
    ['a hanging page', { kind: 'hang', page: 9 }, 'network', /no answer within 300 ms$/],
    ['an account that never holds still', { kind: 'shift' }, 'snapshot', /^the pages do not add up/],
  ])('fails with a reason at %s, with no number left', async (_, fault, reason, message) => {
    await start({ faults: [fault] }, impatientAt(fault));
    const { reading, failure } = await scraper.scrape(deadlineIn(8000));
    const families = await toFamilies([reading]);
    expect(reading.error).toBe(reason);
    expect(failure?.message).toMatch(message);
    const series = toSeries(families);
    expect(series.get('vcc_up{account="test"}')).toBe(0);
    expect(series.get(`vcc_scrape_error{account="test",reason=${JSON.stringify(reason)}}`)).toBe(1);
    expect(
      [...series.keys()].filter((key) => /^vcc_(agents|interactions|snapshot|presence|idle)/.test(key)),
    ).toEqual([]);
  });

  test('is over by its deadline when the API hangs', async () => {
    await start({ faults: [{ kind: 'hang' }] }, { VCC_REQUEST_TIMEOUT: '60s' });
    const startedMs = performance.now();
    const { reading } = await scraper.scrape(deadlineIn(400));
    expect(reading.error).toBe('deadline');
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });

  test('is over VCC_TIMEOUT after its start, whatever was done before', async () => {
    await start({ faults: [{ kind: 'hang' }] }, { VCC_REQUEST_TIMEOUT: '60s', VCC_TIMEOUT: '1s' });
    const deadline = deadlineIn(60_000);
    await new Promise((resolve) => setTimeout(resolve, 600));
    const { reading, failure } = await scraper.scrape(deadline);
    expect(reading.error).toBe('deadline');
    expect(failure!.message).toBe('no complete answer within 1000 ms');
    expect(reading.durationMs).toBeLessThan(900);
  });

  test('recovers by itself', async () => {
    await start();
    await scraper.scrape(deadlineIn(5000));
    simulator.faults.push({ kind: 'status', value: 500 });
    expect((await scraper.scrape(deadlineIn(5000))).reading.error).toBe('http_status');
    simulator.faults.length = 0;
    simulator.revokeTokens();
    expect((await scraper.scrape(deadlineIn(5000))).reading).toMatchObject({ error: undefined, pages: 10 });
  });

  test('of an account with the name of a simulated one reports it before anything answers', async () => {
    await start({ faults: [{ kind: 'hang' }] }, { VCC_ACCOUNT: 'simulated-uk' });
    const { reading } = await scraper.scrape(deadlineIn(300));
    expect(reading).toMatchObject({ floor: undefined, simulated: true });
  });

  test('reports that its numbers are simulated, also once nothing answers any more', async () => {
    await start();
    const simulatedNow = async (budgetMs: number) =>
      toSeries(await toFamilies([(await scraper.scrape(deadlineIn(budgetMs))).reading])).get(
        'vcc_simulated{account="test"}',
      );
    expect(await simulatedNow(5000)).toBe(1);
    await simulator.close();
    expect(await simulatedNow(500)).toBe(1);
  });

  test('reports the same for a scrape that fails from the start', async () => {
    await start({ faults: [{ kind: 'status', value: 401, on: 'token' }] });
    const { reading } = await scraper.scrape(deadlineIn(5000));
    expect(reading).toMatchObject({ error: 'credentials_rejected', simulated: true });
  });

  test('does not report it of another server', async () => {
    await start();
    const other = await startServer((_, response) => response.writeHead(500, { server: 'nginx' }).end());
    const account = accountOf(simulator, { VCC_TOKEN_URL: other.origin, VCC_RETRIES: '0' });
    const real = createScraper(account);
    const families = await toFamilies([(await real.scrape(deadlineIn(5000))).reading]);
    real.close();
    await other.close();
    expect(toSeries(families).get('vcc_simulated{account="test"}')).toBe(0);
  });

  test('counts unknown words under their own name', async () => {
    await start({ faults: [{ kind: 'unknown', page: 1 }] });
    const series = toSeries(await toFamilies([(await scraper.scrape(deadlineIn(5000))).reading]));
    expect(series.get('vcc_agents{account="test",presence="Sabbatical"}')).toBe(1);
    for (const field of ['presence', 'state', 'reason', 'direction', 'medium', 'medium_manager']) {
      expect(series.get(`vcc_unknown_values{account="test",field="${field}"}`)).toBe(1);
    }
  });
});

test.each([
  ['with Retry-After', { retryAfter: 30 }, [10, 0, 0, 0, 0, 0]],
  ['without', {}, [10, 1, 1, 1, 1, 1]],
])(
  'a 429 %s spends little of the budget, and every scrape gives the reason of the failure',
  async (_, more, requests) => {
    await start();
    await scraper.scrape(deadlineIn(5000));
    simulator.faults.push({ kind: 'status', value: 429, ...more });
    const readings = [];
    for (let scrape = 0; scrape < 6; scrape++) {
      const { reading, failure } = await scraper.scrape(deadlineIn(5000));
      expect(failure?.message).toContain('/stats/agent-status: answered 429');
      readings.push(reading);
    }
    expect(readings.map(({ requests: sent }) => sent)).toEqual(requests);
    expect(new Set(readings.map(({ error }) => error))).toEqual(new Set(['throttled']));
  },
);

test('an agent who is returned twice is counted once, and logged once', async () => {
  await start();
  const items = simulator.items();
  await simulator.close();
  scraper.close();
  simulator = await startSimulator({ items: [...items, items[7]!] });
  const lines: string[] = [];
  scraper = createScraper(accountOf(simulator), { log: (line) => lines.push(line) });
  for (const requests of [2, 1]) {
    const { reading } = await scraper.scrape(deadlineIn(5000));
    expect(reading).toMatchObject({ error: undefined, duplicates: 1, requests });
    expect(reading.floor?.agents).toBe(items.length);
  }
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { level: 'info', event: 'agents returned more than once', account: 'test', records: 1 },
  ]);
});

test('a host that requires a pause gets no request of a later scrape before it is over', async () => {
  await start();
  await scraper.scrape(deadlineIn(5000));
  simulator.faults.push({ kind: 'status', value: 429, retryAfter: 30 });
  const first = await scraper.scrape(deadlineIn(5000));
  expect(first.reading.error).toBe('throttled');
  const { api } = simulator.requests;
  for (let scrape = 0; scrape < 5; scrape++) {
    const { reading, failure } = await scraper.scrape(deadlineIn(5000));
    expect(reading).toMatchObject({ error: 'throttled', requests: 0 });
    expect(failure?.message).toMatch(/answered 429; the next request is sent in (29|30) s$/);
  }
  expect(simulator.requests.api).toBe(api);
});

test('a failed scrape is logged without secrets and identities', async () => {
  await start({ faults: [{ kind: 'shape' }] });
  const logs: string[] = [];
  const respond = createRoutes({ scrapers: [scraper], log: (line) => logs.push(line) });
  const response = await respond(toRequest('GET', '/metrics', []), deadlineIn(5000));
  expect(response.status).toBe(200);
  expect(logs).toHaveLength(1);
  expect(JSON.parse(logs[0]!)).toMatchObject({
    level: 'error',
    event: 'scrape failed',
    account: 'test',
    code: 'shape',
  });
  const told = logs.join() + response.body;
  for (const item of simulator.items()) expect(told).not.toContain(item.agentId);
  for (const secret of [simulator.clientId, simulator.clientSecret, 'page=', 'limit='])
    expect(told).not.toContain(secret);
});
