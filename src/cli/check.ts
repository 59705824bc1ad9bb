import { parseArgs } from 'node:util';
import { createScrapers } from '../aws/open-scrapers.ts';
import { createReadText } from '../aws/read-text.ts';
import { ExporterError, scrapeErrors, toScrapeErrorCode } from '../errors.ts';
import { beginTrip, systemTiming } from '../http/fetch.ts';
import { createFetchRosterFrom } from '../roster/document.ts';
import { connect, type Scraper } from '../scrape.ts';
import { type LocalAccounts, openLocalAccounts } from './accounts.ts';
import { floorTable } from './floor-table.ts';
import type { Command, Terminal } from './terminal.ts';

/** What is tried, and how it went. */
type Step = [string, () => Promise<string>];

/** Goes the way to the metrics step by step, account by account, and says how each went; exit status 1 if one failed. */
export const check: Command = async (terminal, args) => {
  const { values } = parseArgs({ args, options: { demo: { type: 'boolean', default: false } } });
  const local = await openLocalAccounts(terminal, values.demo ? 'always' : 'never');
  const scrapers = createScrapers(local, terminal.note);
  const count = local.accounts.length;
  if (count > 1) terminal.print(`ok      Settings: ${count} accounts`);
  let failed = false;
  try {
    for (const [index, scraper] of scrapers.entries()) {
      if (count > 1) terminal.print(`\n${scraper.account}`);
      if (!(await checkAccount(terminal, local, index, scraper))) failed = true;
    }
    return failed ? 1 : 0;
  } finally {
    for (const scraper of scrapers) scraper.close();
    await local.simulator?.close();
  }
};

/** Whether all steps succeeded; the first that fails is the last. */
async function checkAccount(
  terminal: Terminal,
  { accounts, simulator }: LocalAccounts,
  index: number,
  scraper: Scraper,
): Promise<boolean> {
  const { account, settings, vault } = accounts[index]!;
  const connection = connect(account, systemTiming);
  const trip = beginTrip(account.timeoutMs, systemTiming.now());

  const settingsStep: Step = [
    'Settings',
    async () => `account ${account.name}${simulator ? ', of the simulator' : ''}`,
  ];
  const secretStep: Step = [
    'Secret',
    async () => {
      const { tokens, users } = await vault!.scrapeCredentials(trip.signal);
      return `${settings.VCC_SECRET_ID} was read; it has ${tokens.length + users.length} scrape credentials`;
    },
  ];
  const rosterStep: Step = [
    'Roster',
    async () => {
      const { source } = account.roster!;
      const byApi = source === 'users-api';
      const fetch = byApi
        ? connection.fetchRoster
        : createFetchRosterFrom(createReadText(), source.location, systemTiming.now);
      const { agents } = await fetch(account.timeoutMs);
      const teams = new Set([...agents.values()].map(({ team = '' }) => team).filter((team) => team !== ''));
      return `${agents.size} agents, ${teams.size} teams, from ${byApi ? 'the User Admin API' : source.location}`;
    },
  ];
  const steps: Step[] = [
    ...(accounts.length === 1 ? [settingsStep] : []),
    ...(vault ? [secretStep] : []),
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
    ...(account.roster ? [rosterStep] : []),
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
        return false;
      }
    }
    return true;
  } finally {
    trip.end();
    connection.close();
  }
}
