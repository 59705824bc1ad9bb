import { createScraper, type Scrape } from '../scrape.ts';
import { createApp } from '../serve/app.ts';
import { listen } from '../serve/listen.ts';
import { openLocalAccount } from './account.ts';
import { floorTable } from './floor-table.ts';
import type { Command } from './terminal.ts';

/** Without a scrape from outside for so long, a terminal is shown a look of our own. */
const lookEveryMs = 15_000;

/** Serves metrics on this machine and shows the floor. */
export const serve: Command = async (terminal) => {
  const { settings, account, simulator } = await openLocalAccount(terminal);
  const scraper = createScraper(account);
  let drawnLines = 0;
  let shownMs = 0;
  const show = ({ reading, failure }: Scrape) => {
    // Elsewhere than on a screen the first look is enough.
    if (shownMs > 0 && !terminal.interactive) return;
    const lines = [floorTable(reading), ...(failure ? [`  ${failure.message}`] : []), ''].join('\n');
    // Over the last table: up that many lines, clear to the end of the screen.
    const over = drawnLines > 0 ? `\x1b[${drawnLines}A\x1b[J` : '';
    terminal.print(over + lines);
    drawnLines = lines.split('\n').length;
    shownMs = Date.now();
  };
  const app = createApp({
    scraper,
    timeoutMs: account.timeoutMs,
    // On a screen the table shows a failure too.
    log: terminal.interactive ? () => {} : terminal.note,
    onScrape: show,
  });
  const look = () => app(new Request('http://localhost/metrics'));
  const lookAgain = () => {
    if (Date.now() - shownMs >= lookEveryMs) void look();
  };

  try {
    const server = await listen(app, settings.HOST, settings.PORT);
    if (simulator) {
      terminal.print(
        'No VCC credentials are set: this is an invented contact centre, served by the built-in stand-in.',
      );
      terminal.print(
        'For a real one set VCC_CLIENT_ID, VCC_CLIENT_SECRET and VCC_REGION (docs/configuration.md).',
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
    scraper.close();
    await simulator?.close();
  }
};
