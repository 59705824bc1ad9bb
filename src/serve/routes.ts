import { build, homepage } from '../build.ts';
import type { Deadline } from '../deadline.ts';
import { acceptsGzip, negotiateFormat } from '../exposition/format.ts';
import { logLine, toLogFields } from '../log.ts';
import type { Scrape, Scraper } from '../scrape.ts';
import { type Clocks, stopwatch, systemTiming } from '../timing.ts';
import { refuseOtherSites } from './browsers.ts';
import { toScrapeDeadline } from './deadline.ts';
import { createExpositions } from './expositions.ts';
import { landingPage, reloadSeconds } from './landing.ts';
import {
  type Answer,
  type IncomingRequest,
  type Respond,
  reply,
  replyToHead,
  withoutBodyForHead,
} from './message.ts';

/** The parts that the routes use. */
export interface RouteOptions {
  /** One per account, at least one, with different names. */
  scrapers: readonly Scraper[];
  /** Receives log lines. */
  log: (line: string) => void;
  clocks?: Clocks;
  /** Called with every scrape, to show it. */
  onScrape?: (scrapes: readonly Scrape[]) => void;
}

/** At most this many account names are listed in the 400 response. */
const maxNamesListed = 100;

type Route = (request: IncomingRequest, deadline: Deadline) => Answer | Promise<Answer>;

/**
 * Creates the exporter as a function from requests to answers, for Lambda and the local server. In
 * case of a bug it answers 500.
 */
export function createRoutes({ scrapers, log, clocks = systemTiming, onScrape }: RouteOptions): Respond {
  const byName = new Map(scrapers.map((scraper) => [scraper.account, scraper]));
  const last = new Map<string, { scrape: Scrape; ageMs(): number }>();
  const expositions = createExpositions(scrapers.length);

  /**
   * Scrapes accounts concurrently, logs the failures and remembers the scrapes for the page at /.
   */
  async function scrapeAll(chosen: readonly Scraper[], deadline: Deadline): Promise<Scrape[]> {
    const scrapes = await Promise.all(
      chosen.map(async (scraper) => {
        const scrape = await scraper.scrape(toScrapeDeadline(deadline, expositions.lastMs()));
        // The page at / shows no single agents, so their series (megabytes for 20,000 agents) can
        // be freed after the answer.
        const reading = { ...scrape.reading, agentSeries: undefined };
        last.set(scraper.account, { scrape: { ...scrape, reading }, ageMs: stopwatch(clocks) });
        return scrape;
      }),
    );
    for (const { reading, failure } of scrapes) {
      if (failure)
        log(logLine('error', 'scrape failed', { account: reading.account, ...toLogFields(failure) }));
    }
    onScrape?.(scrapes);
    return scrapes;
  }

  /** Scrapes these accounts and answers in the format that the request prefers. */
  async function metrics(
    chosen: readonly Scraper[],
    request: IncomingRequest,
    deadline: Deadline,
  ): Promise<Answer> {
    const format = negotiateFormat(request.headers.get('accept'));
    const headers = { 'content-type': format.contentType, vary: 'Accept, Accept-Encoding' };
    if (request.method === 'HEAD') return replyToHead(headers);
    const scrapes = await scrapeAll(chosen, deadline);
    const readings = scrapes.map(({ reading }) => reading);
    const gzip = acceptsGzip(request.headers.get('accept-encoding'));
    const { body, packed } = await expositions.get(readings, format, gzip);
    return reply(200, body, packed ? { ...headers, 'content-encoding': 'gzip' } : headers);
  }

  /**
   * Shows the last scrape of each account. Scrapes an account again if its last scrape is older
   * than the reload interval, so that the page needs no other scraper.
   */
  async function landing({ method }: IncomingRequest, deadline: Deadline): Promise<Answer> {
    const look = await import('./landing-style.ts');
    if (method === 'HEAD') return replyToHead(look.headers);
    const due = scrapers.filter(
      ({ account }) => (last.get(account)?.ageMs() ?? Number.POSITIVE_INFINITY) >= reloadSeconds * 1000,
    );
    if (due.length > 0) await scrapeAll(due, deadline);
    const shown = scrapers.map(({ account }) => {
      const { scrape, ageMs } = last.get(account)!;
      return { ...scrape, ageMs: ageMs() };
    });
    const withQueues = shown.some(({ reading }) => reading.queues);
    const queues = withQueues ? (await import('../queues.ts')).queuesOnPage(shown) : '';
    const page = landingPage({ build, homepage, last: shown, nowMs: clocks.now(), look, queues });
    return reply(200, page, look.headers);
  }

  /** Scrapes the account with the name `target`. A target is never an address. */
  function probe(request: IncomingRequest, deadline: Deadline): Answer | Promise<Answer> {
    const targets = request.query.getAll('target');
    const scraper = targets.length === 1 ? byName.get(targets[0]!) : undefined;
    if (scraper) return metrics([scraper], request, deadline);
    const received =
      targets.length === 1 ? 'another name' : ['none', 'several'][Math.min(1, targets.length)]!;
    const names = [...byName.keys()];
    const listed = names.slice(0, maxNamesListed).join(', ');
    const more =
      names.length > maxNamesListed ? ` and ${names.length - maxNamesListed} more (/sd lists them)` : '';
    return reply(
      400,
      `target: expected the name of one account; received ${received}. The accounts are: ${listed}${more}\n`,
    );
  }

  /** For http_sd_configs: one target per account, which relabelling turns into /probe?target=. */
  function discovery(): Answer {
    const groups = scrapers.map(({ account, region }) => ({
      targets: [account],
      labels: { __meta_vcc_account: account, __meta_vcc_region: region },
    }));
    return reply(200, `${JSON.stringify(groups)}\n`, { 'content-type': 'application/json; charset=utf-8' });
  }

  const routes: Record<string, Route> = {
    '/': landing,
    '/metrics': (request, deadline) => metrics(scrapers, request, deadline),
    '/probe': probe,
    '/sd': discovery,
    '/-/healthy': () => reply(200, 'OK\n'),
  };

  async function answer(request: IncomingRequest, deadline: Deadline): Promise<Answer> {
    const route = Object.hasOwn(routes, request.path) ? routes[request.path] : undefined;
    if (!route) return reply(404, `Not found. The paths are ${Object.keys(routes).join(', ')}.\n`);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return reply(405, 'Only GET and HEAD are allowed.\n', { allow: 'GET, HEAD' });
    }
    const refusal = refuseOtherSites(request);
    if (refusal) return refusal;
    return route(request, deadline);
  }

  return async (request, deadline) => {
    try {
      return withoutBodyForHead(request, await answer(request, deadline));
    } catch (error) {
      log(logLine('error', 'request failed', toLogFields(error)));
      return reply(500, 'The exporter failed. See its log.\n');
    }
  };
}
