import { Option } from 'commander';
import { createScrapers } from '../app/scrapers.ts';
import { ConfigError, quoteValue } from '../config/load.ts';
import { startingNow } from '../deadline.ts';
import { formats } from '../exposition/format.ts';
import { toFamilies } from '../scrape.ts';
import { openLocalAccounts } from './accounts.ts';
import { accountSections, type Command } from './command.ts';
import { accountOption, chooseAccounts, demoOf, demoOption } from './options.ts';
import { untilStopped } from './terminal.ts';

const formatNames = formats.map(({ name }) => name).join(' or ');

/** Scrapes all accounts, or one, once, and prints the metrics. */
export const scrape: Command<{ format: string; account?: string; demo?: true }> = {
  name: 'scrape',
  summary: 'scrape once to standard output',
  about:
    'Reads all accounts, or one, once, and writes the metrics to standard output. An account that cannot be read has vcc_up 0 and the reason; the message is on standard error.',
  options: [
    new Option('--format <name>', `format of the metrics, ${formatNames}`).default('text'),
    accountOption(),
    demoOption(),
  ],
  sections: accountSections,
  statuses: ['all accounts were read', 'an account could not be read'],
  examples: ['scrape', 'scrape --account acme-uk --format openmetrics', 'scrape --demo'],
  async run(terminal, options) {
    const format = formats.find(({ name }) => name === options.format);
    if (!format)
      throw new ConfigError([
        `--format: expected ${formatNames}; received ${quoteValue(options.format, true)}`,
      ]);
    const stop = untilStopped(terminal);
    const opened = await openLocalAccounts(terminal, demoOf(options));
    try {
      const scrapers = createScrapers(chooseAccounts(opened, options.account), terminal.note);
      try {
        const scrapes = await Promise.all(scrapers.map((scraper) => scraper.scrape(startingNow(stop))));
        if (stop.signal.aborted) return 1;
        const text = format.encode(await toFamilies(scrapes.map(({ reading }) => reading))).toString();
        terminal.data(text.trimEnd());
        const failed = scrapes.filter(({ failure }) => failure !== undefined);
        for (const { reading, failure } of failed) terminal.note(`${reading.account}: ${failure!.message}`);
        return failed.length > 0 ? 1 : 0;
      } finally {
        for (const scraper of scrapers) scraper.close();
      }
    } finally {
      await opened.close();
    }
  },
};
