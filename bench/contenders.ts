import http from 'node:http';
import { Gauge, Registry } from 'prom-client';
import { toAccount } from '../src/app/accounts.ts';
import { loadSettings } from '../src/config/load.ts';
import { deadlineIn } from '../src/deadline.ts';
import { textFormat } from '../src/exposition/format.ts';
import { createScraper, toFamilies } from '../src/scrape.ts';
import type { AgentStatus } from '../src/simulator/agent.ts';

/** A way to read an account. It keeps its connections between calls. */
export interface Contender {
  scrape(): Promise<unknown>;
  close(): void;
}

/**
 * This exporter: from the request to the bytes of the answer. With `queues` it reads them too, and
 * queue times again after this interval, which settings do not allow.
 */
export function ours(
  origin: string,
  pageSize: number,
  concurrency: number,
  queues?: { intervalMs: number },
): Contender {
  const { queues: ofSettings, ...others } = toAccount(
    loadSettings({
      VCC_API_URL: origin,
      VCC_TOKEN_URL: origin,
      VCC_CLIENT_ID: 'bench',
      VCC_CLIENT_SECRET: 'bench',
      VCC_PAGE_SIZE: String(pageSize),
      VCC_PAGE_CONCURRENCY: String(concurrency),
      VCC_REQUEST_TIMEOUT: '60s',
      ...(queues && { VCC_QUEUES: 'on', VCC_QUEUE_WINDOW: '24h' }),
    }),
  );
  const scraper = createScraper({ ...others, queues: ofSettings && { ...ofSettings, ...queues } });
  return {
    async scrape() {
      const { reading, failure } = await scraper.scrape(deadlineIn(120_000));
      if (failure) throw failure;
      const failed = reading.queues?.sources.find(({ error }) => error !== undefined);
      if (failed) throw new Error(`${failed.source}: ${failed.error}`);
      return textFormat.encode(await toFamilies([reading]));
    },
    close: scraper.close,
  };
}

/** Only the same requests at once over kept-alive connections, and JSON.parse. */
export function bare(origin: string, pages: number): Contender {
  const get = getter(origin);
  return {
    scrape: () =>
      Promise.all(Array.from({ length: pages }, async (_, index) => JSON.parse(await get.body(index + 1)))),
    close: get.close,
  };
}

/**
 * A simple script, as written in an afternoon: page after page, a gauge per agent, prom-client's
 * text.
 */
export function straightforward(origin: string): Contender {
  const get = getter(origin);
  return {
    async scrape() {
      const bodies: string[] = [];
      for (let page = 1, pageCount = 1; page <= pageCount; page++) {
        const body = await get.body(page);
        pageCount = (JSON.parse(body) as Answer).meta.pageCount;
        bodies.push(body);
      }
      return straightforwardMetrics(bodies);
    },
    close: get.close,
  };
}

interface Answer {
  meta: { pageCount: number };
  items: AgentStatus[];
}

/** The same families as the exporter's main ones, with prom-client alone. */
export async function straightforwardMetrics(bodies: readonly string[]): Promise<string> {
  const registry = new Registry();
  const gauge = (name: string, labelNames: string[]) =>
    new Gauge({ name, help: name, labelNames, registers: [registry] });
  const agents = gauge('agents', ['presence']);
  const described = gauge('agents_by_description', ['presence', 'description']);
  const idle = gauge('agents_idle', []);
  const work = gauge('workload', ['workload']);
  const legs = gauge('interactions', ['medium', 'medium_manager', 'direction', 'state']);
  const reasons = gauge('interactions_by_reason', ['state', 'reason']);
  const ages = gauge('presence_age_bucket', ['presence', 'le']);
  const oldest = gauge('presence_oldest', ['presence']);
  const oldestSeen = new Map<string, number>();
  const nowMs = Date.parse('2026-01-15T10:00:00Z');
  for (const body of bodies) {
    for (const { presence, workload, interaction } of (JSON.parse(body) as Answer).items) {
      agents.inc({ presence: presence.name });
      described.inc({ presence: presence.name, description: presence.description });
      const sinceMs = Date.parse(presence.since);
      oldestSeen.set(presence.name, Math.min(sinceMs, oldestSeen.get(presence.name) ?? sinceMs));
      for (const le of [60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800]) {
        if (nowMs - sinceMs <= le * 1000) ages.inc({ presence: presence.name, le });
      }
      const { calls, semiLive, nonLive } = workload;
      work.inc({ workload: 'live' }, calls);
      work.inc({ workload: 'semi_live' }, semiLive);
      work.inc({ workload: 'non_live' }, nonLive);
      if (presence.name === 'Ready' && calls + semiLive + nonLive + interaction.length === 0) idle.inc();
      for (const { medium, mediumManager, direction, state, reason } of interaction) {
        legs.inc({ medium, medium_manager: mediumManager, direction, state });
        reasons.inc({ state, reason: reason ?? '' });
      }
    }
  }
  for (const [presence, sinceMs] of oldestSeen) oldest.set({ presence }, sinceMs / 1000);
  return registry.metrics();
}

function getter(origin: string) {
  const agent = new http.Agent({ keepAlive: true });
  const body = (page: number) =>
    new Promise<string>((resolve, reject) => {
      http
        .get(`${origin}/stats/agent-status?page=${page}`, { agent }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
          response.on('error', reject);
        })
        .on('error', reject);
    });
  return { body, close: () => agent.destroy() };
}
