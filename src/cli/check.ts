import { build } from '../build.ts';
import { ExporterError, scrapeErrors, toScrapeErrorCode } from '../errors.ts';
import { beginTrip, createFetch, systemTiming } from '../http/fetch.ts';
import { createSend } from '../http/send.ts';
import { createScraper } from '../scrape.ts';
import { createFetchPage } from '../vcc/client.ts';
import { createTokenSource } from '../vcc/token.ts';
import { openLocalAccount } from './account.ts';
import { floorTable } from './floor-table.ts';
import type { Command } from './terminal.ts';

/** Goes the way to the metrics step by step and says how each went; exit status 1 at the first that fails. */
export const check: Command = async (terminal) => {
  const { account, simulator } = await openLocalAccount(terminal);
  const send = createSend();
  const scraper = createScraper(account);
  const userAgent = `vcc-exporter/${build.version}`;
  const fetch = createFetch(send, account.http, systemTiming);
  const tokens = createTokenSource(fetch, { ...account.token, userAgent }, systemTiming.now);
  const fetchPage = createFetchPage(fetch, tokens, { ...account.api, userAgent });
  const trip = beginTrip(account.timeoutMs, systemTiming.now());

  const steps: [string, () => Promise<string>][] = [
    [
      'Settings',
      async () =>
        `account ${account.name}${simulator ? ', the built-in stand-in (no credentials are set)' : ''}`,
    ],
    [
      'Token',
      async () => {
        await tokens.get(trip);
        return `issued by ${new URL(account.token.tokenUrl).origin}`;
      },
    ],
    [
      'First page',
      async () => {
        const page = await fetchPage(1, trip);
        const skew = trip.traffic.clockSkewMs;
        const clock = skew === undefined ? '' : `, its clock ${(skew / 1000).toFixed(1)} s from ours`;
        return `${page.count} of ${page.totalCount} agents, ${page.pageCount} pages${clock}`;
      },
    ],
    [
      'Snapshot',
      async () => {
        const { reading, failure } = await scraper.scrape(account.timeoutMs);
        if (failure) throw failure;
        return `complete and consistent\n\n${floorTable(reading)}`;
      },
    ],
  ];

  try {
    for (const [name, step] of steps) {
      try {
        terminal.print(`ok      ${name}: ${await step()}`);
      } catch (error) {
        if (!(error instanceof ExporterError)) throw error;
        terminal.print(`FAILED  ${name}: ${error.message}`);
        const code = toScrapeErrorCode(error);
        if (code) terminal.print(`        ${scrapeErrors[code].advice}`);
        return 1;
      }
    }
    return 0;
  } finally {
    trip.end();
    send.close();
    scraper.close();
    await simulator?.close();
  }
};
