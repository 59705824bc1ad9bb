import { parseArgs } from 'node:util';
import { ConfigError } from '../config/load.ts';
import { formats } from '../exposition/format.ts';
import { createScraper } from '../scrape.ts';
import { openLocalAccount } from './account.ts';
import type { Command } from './terminal.ts';

/** One scrape to standard output; exit status 1 if it failed (the metrics then say why). */
export const scrape: Command = async (terminal, args) => {
  const { values } = parseArgs({ args, options: { format: { type: 'string', default: 'text' } } });
  const format = formats.find(({ name }) => name === values.format);
  if (!format) {
    throw new ConfigError([
      `--format: expected ${formats.map(({ name }) => name).join(' or ')}; received "${values.format}"`,
    ]);
  }
  const { account, simulator } = await openLocalAccount(terminal);
  if (simulator) terminal.note('No VCC credentials are set: scraping the built-in stand-in.');
  const scraper = createScraper(account);
  try {
    const { families, failure } = await scraper.scrape(account.timeoutMs);
    terminal.print(format.encode(families).trimEnd());
    if (failure) terminal.note(failure.message);
    return failure ? 1 : 0;
  } finally {
    scraper.close();
    await simulator?.close();
  }
};
