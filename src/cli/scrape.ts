import { parseArgs } from 'node:util';
import { createScrapers } from '../aws/open-scrapers.ts';
import { ConfigError } from '../config/load.ts';
import { formats } from '../exposition/format.ts';
import { toFamilies } from '../scrape.ts';
import { openLocalAccounts } from './accounts.ts';
import type { Command } from './terminal.ts';

/** One scrape of all accounts, or of one, to standard output; exit status 1 if any failed (the metrics then say why). */
export const scrape: Command = async (terminal, args) => {
  const { values } = parseArgs({
    args,
    options: {
      format: { type: 'string', default: 'text' },
      account: { type: 'string' },
      demo: { type: 'boolean', default: false },
    },
  });
  const format = formats.find(({ name }) => name === values.format);
  if (!format) {
    throw new ConfigError([
      `--format: expected ${formats.map(({ name }) => name).join(' or ')}; received "${values.format}"`,
    ]);
  }
  const local = await openLocalAccounts(terminal, values.demo ? 'always' : 'never');
  const scrapers = createScrapers(local, terminal.note);
  try {
    const chosen = scrapers.filter(
      ({ account }) => values.account === undefined || account === values.account,
    );
    if (chosen.length === 0) {
      const names = scrapers.map(({ account }) => account).join(', ');
      throw new ConfigError([`--account: expected one of ${names}; received "${values.account}"`]);
    }
    const scrapes = await Promise.all(chosen.map((scraper) => scraper.scrape(scraper.timeoutMs)));
    const text = format.encode(await toFamilies(scrapes.map(({ reading }) => reading))).toString();
    terminal.print(text.trimEnd());
    const failed = scrapes.filter(({ failure }) => failure !== undefined);
    for (const { reading, failure } of failed) terminal.note(`${reading.account}: ${failure!.message}`);
    return failed.length > 0 ? 1 : 0;
  } finally {
    for (const scraper of scrapers) scraper.close();
    await local.simulator?.close();
  }
};
