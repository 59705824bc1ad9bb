import { parseArgs } from 'node:util';
import { createScrapers } from '../aws/open-scrapers.ts';
import { ConfigError } from '../config/load.ts';
import type { Scrape } from '../scrape.ts';
import { scrapeCredentialsOf } from '../serve/access.ts';
import { type App, createApp } from '../serve/app.ts';
import { guarded } from '../serve/guard.ts';
import { listen } from '../serve/listen.ts';
import { toRequest } from '../serve/message.ts';
import { type LocalAccounts, openLocalAccounts } from './accounts.ts';
import { floorTables } from './floor-table.ts';
import type { Command, Terminal } from './terminal.ts';

/** Without a scrape from outside for so long, a terminal is shown a look of our own. */
const lookEveryMs = 15_000;

/** Serves metrics on this machine and shows the floor. */
export const serve: Command = async (terminal, args) => {
  const { values } = parseArgs({
    args,
    options: {
      demo: { type: 'boolean', default: false },
      'demo-if-unset': { type: 'boolean', default: false },
    },
  });
  const demo = values.demo ? 'always' : values['demo-if-unset'] ? 'if-unset' : 'never';
  const local = await openLocalAccounts(terminal, demo);
  const { settings, simulator } = local;
  // On a screen the table shows a failure too.
  const log = terminal.interactive ? () => {} : terminal.note;
  const scrapers = createScrapers(local, log);
  let drawnLines = 0;
  let shownMs = 0;
  const show = (scrapes: readonly Scrape[]) => {
    // Of several accounts all are shown, not the one that somebody probed.
    if (scrapes.length < scrapers.length) return;
    // Elsewhere than on a screen the first look is enough.
    if (shownMs > 0 && !terminal.interactive) return;
    const failures = scrapes.flatMap(({ reading, failure }) =>
      failure ? [`  ${reading.account}: ${failure.message}`] : [],
    );
    const lines = [floorTables(scrapes.map(({ reading }) => reading)), ...failures, ''].join('\n');
    // Over the last table: up that many lines, clear to the end of the screen.
    const over = drawnLines > 0 ? `\x1b[${drawnLines}A\x1b[J` : '';
    terminal.print(over + lines);
    drawnLines = lines.split('\n').length;
    shownMs = Date.now();
  };
  const app = createApp({ scrapers, log, onScrape: show });
  const look = () => app(toRequest('GET', '/metrics', []));
  const lookAgain = () => {
    if (Date.now() - shownMs >= lookEveryMs) void look();
  };

  try {
    const served = await forScrapers(app, local, terminal);
    const server = await listen(served, settings.HOST, settings.PORT);
    if (served === app && !['127.0.0.1', '::1', 'localhost'].includes(settings.HOST)) {
      terminal.note(
        `Everybody who can reach ${settings.HOST} may read the metrics; with VCC_SCRAPE_TOKENS a token is asked for.`,
      );
    }
    terminal.print(`Metrics: ${server.url}/metrics   Page: ${server.url}/   Stop: Ctrl+C`);
    terminal.print('');
    const looks = terminal.interactive ? setInterval(lookAgain, 1000) : undefined;
    void look();
    await terminal.stopped;
    clearInterval(looks);
    await server.close();
    return 0;
  } finally {
    for (const scraper of scrapers) scraper.close();
    await simulator?.close();
  }
};

/** The app for those who may scrape: with credentials if any are set anywhere, and everybody otherwise. */
async function forScrapers(app: App, { settings, vault }: LocalAccounts, terminal: Terminal): Promise<App> {
  const { VCC_SCRAPE_AUTH: auth, VCC_SCRAPE_TOKENS: tokens, VCC_SCRAPE_USERS: users } = settings;
  if (auth === 'none') return app;
  if (auth === 'iam') {
    throw new ConfigError([
      'VCC_SCRAPE_AUTH: expected credentials or none, since only AWS Lambda can tell who signed a request; received "iam"',
    ]);
  }
  const setAnywhere = async () => {
    if (tokens || users) return true;
    const kept = await vault?.scrapeCredentials(AbortSignal.timeout(settings.VCC_TIMEOUT));
    return kept !== undefined && kept.tokens.length + kept.users.length > 0;
  };
  if (auth === undefined && !(await setAnywhere())) return app;
  return guarded(app, scrapeCredentialsOf(settings, vault, terminal.note));
}
