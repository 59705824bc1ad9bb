import { build } from './build.ts';
import type { Family } from './catalogue/metric.ts';
import { toRegistry } from './catalogue/registry.ts';
import { createCollect } from './collect/collect.ts';
import { shareReads } from './collect/share.ts';
import type { Account } from './config/account.ts';
import { toScrapeErrorCode } from './errors.ts';
import { DeadlineError } from './http/errors.ts';
import { createFetch, systemTiming, type Timing } from './http/fetch.ts';
import { createSend } from './http/send.ts';
import { toFloor } from './snapshot/floor.ts';
import type { Reading } from './snapshot/reading.ts';
import { createFetchPage, type FetchPage } from './vcc/client.ts';
import { createTokenSource, type TokenSource } from './vcc/token.ts';

/** What one scrape found out, and its metrics. */
export interface Scrape {
  reading: Reading;
  /** Why the reading failed, for the log; the metrics have the reason only. */
  failure: Error | undefined;
  families: Family[];
}

/** Scrapes one account for as long as it lives; keeps connections, the token and the page count. */
export interface Scraper {
  account: string;
  /**
   * One scrape, done within `budgetMs`. An upstream failure is a result; @throws only for the exporter's own bugs.
   */
  scrape(budgetMs: number): Promise<Scrape>;
  /** Ends what is under way and drops all connections. */
  close(): void;
}

/** What is needed to ask the API of one account. */
export interface Connection {
  tokens: TokenSource;
  fetchPage: FetchPage;
  close(): void;
}

/** Connects to an account's API; nothing is sent yet. */
export function connect(account: Account, timing: Timing): Connection {
  const userAgent = `vcc-exporter/${build.version}`;
  const send = createSend();
  const fetch = createFetch(send, account.http, timing);
  const tokens = createTokenSource(fetch, { ...account.token, userAgent }, timing.now);
  const fetchPage = createFetchPage(fetch, tokens, { ...account.api, userAgent });
  return { tokens, fetchPage, close: send.close };
}

/** The main path: pages -> snapshot -> floor -> families. */
export function createScraper(account: Account, timing: Timing = systemTiming): Scraper {
  const connection = connect(account, timing);
  const collect = createCollect(connection.fetchPage, account.paging, timing);
  const closing = new AbortController();
  const read = shareReads(collect, account.cacheTtlMs, timing, closing.signal);

  async function scrape(budgetMs: number): Promise<Scrape> {
    const startedMs = timing.now();
    const { result, traffic, cached } = await read(budgetMs);
    const snapshot = 'snapshot' in result ? result.snapshot : undefined;
    const reading: Reading = {
      account: account.name,
      error: 'error' in result ? reasonOf(result.error) : undefined,
      floor: snapshot && toFloor(snapshot, account.floor),
      durationMs: timing.now() - startedMs,
      budgetMs,
      pages: snapshot?.pages ?? 0,
      requests: traffic.requests,
      retries: traffic.retries,
      clockSkewMs: traffic.clockSkewMs,
      cached,
    };
    const registry = toRegistry({ build, readings: [reading] });
    const families = (await registry.getMetricsAsJSON()) as unknown as Family[];
    return { reading, failure: 'error' in result ? (result.error as Error) : undefined, families };
  }

  return {
    account: account.name,
    scrape,
    close() {
      closing.abort(new DeadlineError('the exporter is being stopped'));
      connection.close();
    },
  };
}

/** Upstream failures become data; anything else is a bug and goes on. */
function reasonOf(error: unknown): Reading['error'] {
  const reason = toScrapeErrorCode(error);
  if (reason === undefined) throw error;
  return reason;
}
