import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createScraper, type Scraper } from '../../src/scrape.ts';
import { toRequest } from '../../src/serve/message.ts';
import { createRoutes } from '../../src/serve/routes.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { accountOf } from '../support/account.ts';
import { soon } from '../support/deadline.ts';
import { isGone } from '../support/garbage.ts';

let simulator: Simulator;
let scraper: Scraper;
afterEach(async () => {
  scraper.close();
  await simulator.close();
});

/**
 * The routes of an account with series of single agents, and the answers to scrapes with these
 * headers.
 */
async function start(more: Record<string, string> = {}) {
  simulator = await startSimulator({ agents: 50, latencyMs: 100 });
  const account = accountOf(simulator, { VCC_AGENT_METRICS: 'ids', ...more });
  scraper = createScraper(account);
  const routes = createRoutes({ scrapers: [scraper], log: () => {} });
  return (headers: Record<string, string> = {}) =>
    routes(toRequest('GET', '/metrics', Object.entries(headers)), soon());
}

const openMetrics = { accept: 'application/openmetrics-text' };
const gzip = { 'accept-encoding': 'gzip' };

describe('scrapes that share a read', () => {
  test('share its bytes, one for each format and compression', async () => {
    const scrape = await start();
    const kinds = [{}, gzip, openMetrics, { ...openMetrics, ...gzip }];
    const answers = await Promise.all(Array.from({ length: 40 }, (_, at) => scrape(kinds[at % 4])));
    expect(simulator.requests.api).toBe(1);
    expect(new Set(answers.map(({ body }) => body)).size).toBe(4);
    const texts = answers.slice(0, 4).map(({ body }) => body as Buffer);
    expect(gunzipSync(texts[1]!).equals(texts[0]!)).toBe(true);
    expect(gunzipSync(texts[3]!).equals(texts[2]!)).toBe(true);
    expect(texts[2]!.toString()).toMatch(/# EOF\n$/);
    for (const [at, { body }] of answers.entries()) expect(body).toBe(texts[at % 4]);
    expect((await scrape()).body).not.toBe(texts[0]);
    expect(simulator.requests.api).toBe(2);
  });

  test('each get their own when the reads differ, and both are right', async () => {
    const scrape = await start();
    const first = String((await scrape()).body);
    const second = String((await scrape()).body);
    for (const text of [first, second]) expect(text).toContain('vcc_scrape_cached{account="test"} 0\n');
    expect(first).toContain('vcc_scrape_api_requests{account="test"} 2\n');
    expect(second).toContain('vcc_scrape_api_requests{account="test"} 1\n');
  });

  test('share those of a kept snapshot, and report that it was kept', async () => {
    const scrape = await start({ VCC_CACHE_TTL: '5s' });
    const fresh = String((await scrape()).body);
    const cached = [await scrape(), await scrape()];
    expect(fresh).toContain('vcc_scrape_cached{account="test"} 0\n');
    expect(String(cached[0]!.body)).toContain('vcc_scrape_cached{account="test"} 1\n');
    expect(cached[0]!.body).toBe(cached[1]!.body);
    expect(simulator.requests.api).toBe(1);
  });

  test('report the same for the read, also when one of them has more time', async () => {
    const scrape = await start();
    const timeout = (seconds: number) => ({ 'x-prometheus-scrape-timeout-seconds': String(seconds) });
    const [one, other] = await Promise.all([scrape(timeout(4)), scrape(timeout(8))]);
    expect(one!.body).toBe(other!.body);
  });

  test('leave nothing behind', async () => {
    const scrape = await start();
    const refs = [new WeakRef((await scrape(gzip)).body as Buffer)];
    expect(await isGone(refs[0]!)).toBe(true);
  });

  test('that fail share the reason', async () => {
    const scrape = await start();
    simulator.faults.push({ kind: 'status', value: 403 });
    const answers = await Promise.all([scrape(), scrape(), scrape()]);
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(String(answers[0]!.body)).toContain('vcc_scrape_error{account="test",reason="forbidden"} 1\n');
  });
});
