import { ExporterError, scrapeErrors, toScrapeErrorCode } from '../errors.ts';
import { beginTrip, systemTiming } from '../http/fetch.ts';
import { connect, createScraper } from '../scrape.ts';
import { openLocalAccount } from './account.ts';
import { floorTable } from './floor-table.ts';
import type { Command } from './terminal.ts';

/** What is tried, and how it went. */
type Step = [string, () => Promise<string>];

/** Goes the way to the metrics step by step and says how each went; exit status 1 at the first that fails. */
export const check: Command = async (terminal) => {
  const { settings, account, vault, simulator } = await openLocalAccount(terminal);
  const scraper = createScraper(account);
  const connection = connect(account, systemTiming);
  const trip = beginTrip(account.timeoutMs, systemTiming.now());

  const steps: Step[] = [
    [
      'Settings',
      async () =>
        `account ${account.name}${simulator ? ', the built-in stand-in (no credentials are set)' : ''}`,
    ],
    ...(vault
      ? [
          [
            'Secret',
            async () => {
              const { tokens, users } = await vault.scrapeCredentials(trip.signal);
              const scrape = tokens.length + users.length;
              return `${settings.VCC_SECRET_ID} has API credentials and ${scrape} scrape credentials`;
            },
          ] satisfies Step,
        ]
      : []),
    [
      'Token',
      async () => {
        await connection.tokens.get(trip);
        return `issued by ${new URL(account.token.tokenUrl).origin}`;
      },
    ],
    [
      'First page',
      async () => {
        const page = await connection.fetchPage(1, trip);
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
    connection.close();
    scraper.close();
    await simulator?.close();
  }
};
