import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { build, homepage } from '../build.ts';
import { acceptsGzip, negotiateFormat } from '../exposition/format.ts';
import { logLine, toLogFields } from '../log.ts';
import { type Scrape, type Scraper, toFamilies } from '../scrape.ts';
import { toBudgetMs } from './budget.ts';
import { type LastScrape, landingHeaders, landingPage, reloadSeconds } from './landing.ts';
import { type Answer, type IncomingRequest, reply, withoutBodyForHead } from './message.ts';

/** Answers one HTTP request; `timeLeftMs` is what the runtime or gateway leaves, if it sets a limit. */
export type App = (request: IncomingRequest, timeLeftMs?: number) => Promise<Answer>;

/** What the routes need. */
export interface AppOptions {
  /** One for each account, at least one; names are different. */
  scrapers: readonly Scraper[];
  /** Where log lines go. */
  log: (line: string) => void;
  now?: () => number;
  /** Told of every scrape, for who wants to show it. */
  onScrape?: (scrapes: readonly Scrape[]) => void;
}

const compress = promisify(gzip);
/** Below about one packet gzip gains nothing. */
const minGzipBytes = 1000;
/** Of so many accounts the names are told to who asks for another. */
const maxNamesTold = 100;

type Route = (request: IncomingRequest, timeLeftMs: number | undefined) => Answer | Promise<Answer>;

/** The exporter as a function from request to response, the same on Lambda and on a laptop. */
export function createApp({ scrapers, log, now = Date.now, onScrape }: AppOptions): App {
  const byName = new Map(scrapers.map((scraper) => [scraper.account, scraper]));
  const last = new Map<string, LastScrape>();
  let lastWriteMs = 0;

  /** Scrapes accounts side by side, each within its own time. */
  async function scrapeAll(
    chosen: readonly Scraper[],
    request: IncomingRequest,
    timeLeftMs: number | undefined,
  ): Promise<Scrape[]> {
    const header = request.headers.get('x-prometheus-scrape-timeout-seconds');
    const scrapes = await Promise.all(
      chosen.map(async (scraper) => {
        const scrape = await scraper.scrape(toBudgetMs(scraper.timeoutMs, header, timeLeftMs, lastWriteMs));
        last.set(scraper.account, { ...scrape, atMs: now() });
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

  /** What a scrape of these accounts finds, in the format that is asked for. */
  async function metrics(
    chosen: readonly Scraper[],
    request: IncomingRequest,
    timeLeftMs: number | undefined,
  ): Promise<Answer> {
    const scrapes = await scrapeAll(chosen, request, timeLeftMs);
    const startedMs = performance.now();
    const format = negotiateFormat(request.headers.get('accept'));
    const body = format.encode(await toFamilies(scrapes.map(({ reading }) => reading)));
    const headers = { 'content-type': format.contentType, vary: 'Accept, Accept-Encoding' };
    const short = body.length < minGzipBytes;
    const packed = !short && acceptsGzip(request.headers.get('accept-encoding'));
    const answer = packed
      ? reply(200, await compress(body), { ...headers, 'content-encoding': 'gzip' })
      : reply(200, body, headers);
    lastWriteMs = performance.now() - startedMs;
    return answer;
  }

  /**
   * The last scrape of each account, whoever asked for it. Where there is none, or only one from before the page would have
   * reloaded, the page makes one, so that it shows the present wherever nobody else scrapes.
   */
  async function landing(request: IncomingRequest, timeLeftMs: number | undefined): Promise<Answer> {
    const oldestMs = now() - reloadSeconds * 1000;
    const due = scrapers.filter(
      ({ account }) => (last.get(account)?.atMs ?? Number.NEGATIVE_INFINITY) <= oldestMs,
    );
    if (due.length > 0) await scrapeAll(due, request, timeLeftMs);
    const scrapes = scrapers.map(({ account }) => last.get(account)!);
    const page = landingPage({ build, homepage, last: scrapes, nowMs: now() });
    return reply(200, page, landingHeaders());
  }

  /** One account by its name, which is never an address. */
  function probe(request: IncomingRequest, timeLeftMs: number | undefined): Answer | Promise<Answer> {
    const targets = request.query.getAll('target');
    const scraper = targets.length === 1 ? byName.get(targets[0]!) : undefined;
    if (scraper) return metrics([scraper], request, timeLeftMs);
    const received =
      targets.length === 1 ? 'another name' : ['none', 'several'][Math.min(1, targets.length)]!;
    const names = [...byName.keys()];
    const told = names.slice(0, maxNamesTold).join(', ');
    const more =
      names.length > maxNamesTold ? ` and ${names.length - maxNamesTold} more (/sd lists them)` : '';
    return reply(
      400,
      `target: expected the name of one account; received ${received}. There are: ${told}${more}\n`,
    );
  }

  /** For http_sd_configs: one target per account, to be relabelled into /probe?target=. */
  function discovery(): Answer {
    const groups = scrapers.map(({ account, region }) => ({
      targets: [account],
      labels: { __meta_vcc_account: account, __meta_vcc_region: region },
    }));
    return reply(200, `${JSON.stringify(groups)}\n`, { 'content-type': 'application/json; charset=utf-8' });
  }

  const routes: Record<string, Route> = {
    '/': landing,
    '/metrics': (request, timeLeftMs) => metrics(scrapers, request, timeLeftMs),
    '/probe': probe,
    '/sd': discovery,
    '/-/healthy': () => reply(200, 'OK\n'),
  };

  async function answer(request: IncomingRequest, timeLeftMs: number | undefined): Promise<Answer> {
    const route = Object.hasOwn(routes, request.path) ? routes[request.path] : undefined;
    if (!route) return reply(404, `Not found. There are ${Object.keys(routes).join(', ')}.\n`);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return reply(405, 'Only GET and HEAD.\n', { allow: 'GET, HEAD' });
    }
    return route(request, timeLeftMs);
  }

  return async (request, timeLeftMs) => {
    try {
      return withoutBodyForHead(request, await answer(request, timeLeftMs));
    } catch (error) {
      log(logLine('error', 'request failed', toLogFields(error)));
      return reply(500, 'The exporter itself failed; its log says why.\n');
    }
  };
}
