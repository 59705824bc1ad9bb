import { Option } from 'commander';
import { scrapeCredentialsOf } from '../app/access.ts';
import { createScrapers } from '../app/scrapers.ts';
import { ConfigError, type Environment } from '../config/load.ts';
import { Unfit } from '../config/parse.ts';
import { settings } from '../config/settings.ts';
import { deadlineIn, forever, startingNow } from '../deadline.ts';
import { ExporterError, scrapeErrors } from '../errors.ts';
import type { Scrape } from '../scrape.ts';
import { onlyByKnownHosts } from '../serve/browsers.ts';
import { guarded } from '../serve/guard.ts';
import { listen } from '../serve/listen.ts';
import { type Respond, toRequest } from '../serve/message.ts';
import { createRoutes } from '../serve/routes.ts';
import { stopwatch, systemTiming } from '../timing.ts';
import { type LocalAccounts, openLocalAccounts } from './accounts.ts';
import { accountSections, type Command } from './command.ts';
import { floorTables } from './floor-table.ts';
import { createOptionReader, demoOf, demoOption } from './options.ts';
import { rowsOf, type Terminal, untilStopped } from './terminal.ts';

/** After this time without a scrape from outside, the terminal scrapes to show new numbers. */
const scrapeEveryMs = 15_000;

interface ServeOptions {
  host?: string;
  port?: string;
  demo?: true;
  demoIfUnset?: true;
}

/** Serves metrics on this machine and shows the floor. */
export const serve: Command<ServeOptions> = {
  name: 'serve',
  summary: 'serve metrics on this machine and show a live table of accounts and teams',
  about:
    'Serves the metrics of all accounts at /metrics, and of one account at /probe?target=NAME. Also prints a table of accounts and teams: live on a terminal, once if the output is not a terminal.',
  options: [
    new Option('--port <port>', 'port to listen on, 0 for any free port; overrides PORT'),
    new Option('--host <address>', 'address to listen on, 0.0.0.0 for all; overrides HOST'),
    demoOption(),
    new Option('--demo-if-unset', '--demo if no VCC_* setting is set').hideHelp(),
  ],
  sections: [...accountSections, 'Who may scrape', 'Local server'],
  statuses: ['it was stopped', 'it failed'],
  examples: ['serve', 'serve --port 9800 --env-file acme.env', 'serve --demo'],
  async run(given, options) {
    given.outlastReaders();
    const terminal = { ...given, env: { ...given.env, ...readAddress(options) } };
    const demo = options.demoIfUnset && !options.demo ? 'if-unset' : demoOf(options);
    const local = await openLocalAccounts(terminal, demo);
    const { settings: its } = local;
    const log = (line: string) => {
      // On a screen, the table shows it.
      if (!(terminal.interactive && isFailedScrape(line))) terminal.note(line);
    };
    const scrapers = createScrapers(local, log);
    let drawnRows = 0;
    let sinceShownMs: (() => number) | undefined;
    const show = (scrapes: readonly Scrape[]) => {
      // Show all accounts, not only one that was probed.
      if (scrapes.length < scrapers.length) return;
      // Without a screen, show only the first scrape.
      if (sinceShownMs && !terminal.interactive) return;
      const failures = scrapes.flatMap(({ reading, failure }) =>
        failure && reading.error
          ? [`  ${reading.account}: ${failure.message}`, `    ${scrapeErrors[reading.error].advice}`]
          : [],
      );
      const lines = [floorTables(scrapes.map(({ reading }) => reading)), ...failures, ''].join('\n');
      // Overwrite the last table.
      if (drawnRows > 0) terminal.moveUp(drawnRows);
      terminal.print(lines);
      drawnRows = rowsOf(lines, terminal.columns());
      sinceShownMs = stopwatch(systemTiming);
    };
    const routes = createRoutes({ scrapers, log, onScrape: show });
    const scrape = () => routes(toRequest('GET', '/metrics', []), startingNow(forever));

    try {
      const guard = await guardOf(local, terminal);
      // A browser has no credentials for another site's name, so the guard is enough.
      const served =
        guard?.(routes) ?? onlyByKnownHosts(routes, [its.HOST, ...(its.VCC_SCRAPE_HOSTS ?? [])], log);
      const server = await listen(served, its.HOST, its.PORT);
      if (!guard && !['127.0.0.1', '::1', 'localhost'].includes(its.HOST)) {
        terminal.note(
          `Everyone who can reach ${its.HOST} may read the metrics. To require a token, set VCC_SCRAPE_TOKENS.`,
        );
      }
      terminal.print(`Metrics: ${server.url}/metrics   Page: ${server.url}/   Stop: Ctrl+C`);
      terminal.print('');
      if (terminal.interactive) void follow(scrape, () => sinceShownMs?.(), untilStopped(terminal).signal);
      else void scrape();
      await terminal.stopped;
      await server.close();
      return 0;
    } finally {
      for (const scraper of scrapers) scraper.close();
      await local.close();
    }
  },
};

/**
 * Scrapes again whenever nothing has been shown for `everyMs`, one scrape at a time, until the
 * signal aborts. `shownMsAgo` returns undefined before the first scrape was shown.
 */
export async function follow(
  scrape: () => Promise<unknown>,
  shownMsAgo: () => number | undefined,
  signal: AbortSignal,
  everyMs = scrapeEveryMs,
): Promise<void> {
  while (!signal.aborted) {
    await scrape();
    let leftMs = everyMs;
    while (leftMs > 0 && !signal.aborted) {
      await systemTiming.sleep(leftMs, signal).catch(() => {});
      // Another scraper may have shown one in the meantime.
      leftMs = everyMs - (shownMsAgo() ?? everyMs);
    }
  }
}

/** Returns the address to listen on as settings. @throws ConfigError */
function readAddress({ host, port }: ServeOptions): Environment {
  const reader = createOptionReader();
  if (port !== undefined) reader.read('port', port, settings.PORT.parse);
  if (host !== undefined) reader.read('host', host, notEmpty);
  reader.done();
  return { ...(port !== undefined && { PORT: port }), ...(host !== undefined && { HOST: host }) };
}

function notEmpty(text: string): string {
  if (text.trim() === '') throw new Unfit('an address of this machine');
  return text;
}

/**
 * Returns a guard if the settings or the secret have scrape credentials, or if VCC_SCRAPE_AUTH
 * requires them. Undefined if scrapes need no credentials.
 * @throws ConfigError when VCC_SCRAPE_AUTH is not possible here, or the only setting about access
 * is an empty variable
 */
async function guardOf(
  { env, settings, vault }: LocalAccounts,
  terminal: Terminal,
): Promise<((routes: Respond) => Respond) | undefined> {
  const { VCC_SCRAPE_AUTH: auth, VCC_SCRAPE_TOKENS: tokens, VCC_SCRAPE_USERS: users } = settings;
  if (auth === 'none') return undefined;
  if (auth === 'iam') {
    throw new ConfigError([
      'VCC_SCRAPE_AUTH: expected credentials or none, since IAM signatures are checked only for AWS Lambda; received "iam"',
    ]);
  }
  const setAnywhere = async () => {
    if (tokens || users) return true;
    const toReason = () =>
      new ExporterError(
        'secret',
        `secret ${settings.VCC_SECRET_ID}: not read within ${settings.VCC_TIMEOUT / 1000} s`,
      );
    const kept = await vault?.scrapeCredentials(
      deadlineIn(settings.VCC_TIMEOUT, { until: untilStopped(terminal), toReason }),
    );
    return kept !== undefined && kept.tokens.length + kept.users.length > 0;
  };
  if (auth !== undefined || (await setAnywhere())) {
    const load = scrapeCredentialsOf(settings, vault, terminal.note);
    return (routes) => guarded(routes, load);
  }
  // The user meant to require credentials, but the variable that should contain them is empty.
  const empty = (['VCC_SCRAPE_TOKENS', 'VCC_SCRAPE_USERS'] as const).filter(
    (name) => env[name] !== undefined,
  );
  if (empty.length === 0) return undefined;
  throw new ConfigError([
    `${empty.join(', ')}: expected scrape credentials, or VCC_SCRAPE_AUTH=none to let everyone who can reach the address scrape; received an empty value`,
  ]);
}

function isFailedScrape(line: string): boolean {
  return (JSON.parse(line) as { event: string }).event === 'scrape failed';
}
