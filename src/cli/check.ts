import { createReadText } from '../app/places.ts';
import { createScrapers } from '../app/scrapers.ts';
import { type Deadline, deadlineIn, startingNow } from '../deadline.ts';
import { ExporterError, scrapeErrors, toScrapeErrorCode } from '../errors.ts';
import { newTraffic } from '../http/fetch.ts';
import { createFetchRosterFrom } from '../roster/document.ts';
import { rosterReadMs } from '../roster/roster.ts';
import { connect, type Scraper } from '../scrape.ts';
import { systemTiming } from '../timing.ts';
import { type LocalAccounts, openLocalAccounts } from './accounts.ts';
import { checkQueues } from './check-queues.ts';
import { accountSections, type Command } from './command.ts';
import { floorTable } from './floor-table.ts';
import { accountOption, chooseAccounts, demoOf, demoOption } from './options.ts';
import { type Terminal, untilStopped } from './terminal.ts';

/** A name and a function that tries the step. It returns a description of the success. */
type Step = [string, () => Promise<string>];

/** Tries each step of a scrape for each account, and shows the results. */
export const check: Command<{ account?: string; demo?: true }> = {
  name: 'check',
  summary: 'try settings, credentials and the API, step by step',
  about:
    'Tries the steps of a scrape for each account: settings, secret, token, first page, roster, snapshot. For each account it stops at the first step that fails. With VCC_QUEUES it then tries each source of queue data. The last line says how many accounts can be read.',
  options: [accountOption(), demoOption()],
  sections: accountSections,
  statuses: ['all accounts can be read', 'an account or its queues cannot be read'],
  examples: ['check', 'check --account acme-uk', 'check --env-file acme.env'],
  async run(terminal, options) {
    const stop = untilStopped(terminal);
    const opened = await openLocalAccounts(terminal, demoOf(options));
    try {
      return await checkAccounts(terminal, chooseAccounts(opened, options.account), stop);
    } finally {
      await opened.close();
    }
  },
};

async function checkAccounts(terminal: Terminal, local: LocalAccounts, stop: Deadline): Promise<number> {
  const scrapers = createScrapers(withoutQueues(local), terminal.note);
  const count = local.accounts.length;
  if (count > 1) terminal.print(`ok      Settings: ${count} accounts`);
  const failed: Failures = { accounts: [], queues: [] };
  try {
    for (const [index, scraper] of scrapers.entries()) {
      if (count > 1) terminal.print(`\n${scraper.account}`);
      const { step, sources } = await checkAccount(terminal, local, index, scraper, stop);
      if (step !== undefined) failed.accounts.push(`${scraper.account} (${step})`);
      if (sources.length > 0) failed.queues.push(`${scraper.account} (${sources.join(', ')})`);
    }
  } finally {
    for (const scraper of scrapers) scraper.close();
  }
  terminal.print(`\n${summary(scrapers[0]!.account, count, failed)}`);
  return failed.accounts.length + failed.queues.length > 0 ? 1 : 0;
}

/** A scrape waits only shortly for the queues. They are tried on their own, with more time. */
function withoutQueues(local: LocalAccounts): LocalAccounts {
  const accounts = local.accounts.map((each) => ({
    ...each,
    account: { ...each.account, queues: undefined },
  }));
  return { ...local, accounts };
}

/** The accounts that failed, each with the step or the sources of queue data. */
interface Failures {
  /** Accounts whose agents cannot be read. Their queues were not tried. */
  accounts: string[];
  /** Accounts whose agents can be read, but not all of their queues. */
  queues: string[];
}

function summary(name: string, count: number, { accounts, queues }: Failures): string {
  if (count === 1) {
    if (accounts.length > 0) return `The account cannot be read: ${accounts[0]}.`;
    return queues.length > 0
      ? `The agents can be read, but not all queues: ${queues[0]}.`
      : `The account ${name} can be read.`;
  }
  const unread =
    accounts.length > 0
      ? `${accounts.length} of ${count} accounts cannot be read: ${accounts.join(', ')}.`
      : `All ${count} accounts can be read.`;
  return queues.length > 0 ? `${unread} Queues that cannot be read: ${queues.join(', ')}.` : unread;
}

/** What failed of one account. */
interface Failure {
  /** The first step that failed. Undefined if all succeeded. */
  step?: string;
  /** The sources of queue data that failed. */
  sources: readonly string[];
}

/** Runs the steps until one fails. If all succeed, tries the queues if the account has them. */
async function checkAccount(
  terminal: Terminal,
  { accounts, network, simulator }: LocalAccounts,
  index: number,
  scraper: Scraper,
  stop: Deadline,
): Promise<Failure> {
  const { account, settings, vault } = accounts[index]!;
  const connection = connect(account, systemTiming, stop, { network });
  const deadline = deadlineIn(account.timeoutMs, { until: stop });
  const trip = { deadline, traffic: newTraffic() };

  const settingsStep: Step = [
    'Settings',
    async () => `account ${account.name}${simulator ? ', of the simulator' : ''}`,
  ];
  const secretStep: Step = [
    'Secret',
    async () => {
      const { tokens, users } = await vault!.scrapeCredentials(deadline);
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
        : createFetchRosterFrom(createReadText(network), source.location);
      const { agents } = await fetch(deadlineIn(rosterReadMs, { until: stop }));
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
        return `${page.count} of ${page.totalCount} agents, ${page.pageCount} ${page.pageCount === 1 ? 'page' : 'pages'}${clock}`;
      },
    ],
    ...(account.roster ? [rosterStep] : []),
    [
      'Snapshot',
      async () => {
        const { reading, failure } = await scraper.scrape(startingNow(stop));
        if (failure) throw failure;
        return `complete and consistent\n\n${floorTable(reading)}`;
      },
    ],
  ];

  const fail = (name: string, error: unknown): void => {
    if (!(error instanceof ExporterError)) throw error;
    terminal.print(`FAILED  ${name}: ${error.message}`);
    const code = toScrapeErrorCode(error);
    if (code && !stop.signal.aborted) terminal.print(`        ${scrapeErrors[code].advice}`);
  };

  try {
    for (const [name, step] of steps) {
      try {
        terminal.print(`ok      ${name}: ${await step()}`);
      } catch (error) {
        fail(name, error);
        return { step: name, sources: [] };
      }
    }
    if (!account.queues) return { sources: [] };
    const queues = await connection.openQueues(account.queues, () => {});
    return { sources: await checkQueues(queues, { terminal, stop, fail }) };
  } finally {
    deadline.end();
    connection.close();
  }
}
