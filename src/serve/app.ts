import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { build } from '../build.ts';
import { acceptsGzip, negotiateFormat } from '../exposition/format.ts';
import { logLine, toLogFields } from '../log.ts';
import type { Scrape, Scraper } from '../scrape.ts';
import { toBudgetMs } from './budget.ts';
import { landingHeaders, landingPage } from './landing.ts';
import { type Answer, type IncomingRequest, reply, withoutBodyForHead } from './message.ts';

/** Answers one HTTP request; `timeLeftMs` is what the runtime or gateway leaves, if it sets a limit. */
export type App = (request: IncomingRequest, timeLeftMs?: number) => Promise<Answer>;

/** What the routes need. */
export interface AppOptions {
  scraper: Scraper;
  timeoutMs: number;
  /** Where log lines go. */
  log: (line: string) => void;
  now?: () => number;
  /** Told of every scrape, for who wants to show it. */
  onScrape?: (scrape: Scrape) => void;
}

const compress = promisify(gzip);
/** Below about one packet gzip gains nothing. */
const minGzipBytes = 1000;

/** The exporter as a function from request to response, the same on Lambda and on a laptop. */
export function createApp(options: AppOptions): App {
  const { scraper, timeoutMs, log, now = Date.now, onScrape } = options;
  let last: { scrape: Scrape; atMs: number } | undefined;

  async function metrics(request: IncomingRequest, timeLeftMs: number | undefined): Promise<Answer> {
    const header = request.headers.get('x-prometheus-scrape-timeout-seconds');
    const scrape = await scraper.scrape(toBudgetMs(timeoutMs, header, timeLeftMs));
    last = { scrape, atMs: now() };
    if (scrape.failure) {
      log(logLine('error', 'scrape failed', { account: scraper.account, ...toLogFields(scrape.failure) }));
    }
    onScrape?.(scrape);

    const format = negotiateFormat(request.headers.get('accept'));
    const body = format.encode(scrape.families);
    const headers = { 'content-type': format.contentType, vary: 'Accept, Accept-Encoding' };
    const short = body.length < minGzipBytes;
    if (short || !acceptsGzip(request.headers.get('accept-encoding'))) return reply(200, body, headers);
    return reply(200, await compress(body), { ...headers, 'content-encoding': 'gzip' });
  }

  function landing(): Answer {
    const html = landingPage({
      build,
      account: scraper.account,
      last: last && { ...last.scrape, atMs: last.atMs },
    });
    return reply(200, html, landingHeaders());
  }

  const routes: Record<
    string,
    (request: IncomingRequest, timeLeftMs: number | undefined) => Answer | Promise<Answer>
  > = {
    '/': landing,
    '/metrics': metrics,
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
