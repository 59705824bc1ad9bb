import { bytesTogether, createBudget } from '../http/budget.ts';
import { createGate } from '../http/gate.ts';
import { createScraper, type Scraper } from '../scrape.ts';
import type { OpenAccounts } from './accounts.ts';
import { createReadText } from './places.ts';

/** Creates a scraper per account. Together they send at most VCC_CONCURRENCY requests at once. */
export function createScrapers(
  { settings, accounts, network }: OpenAccounts,
  log: (line: string) => void,
): Scraper[] {
  const gate = createGate(settings.VCC_CONCURRENCY);
  const largest = Math.max(...accounts.map(({ account }) => account.http.maxBodyBytes));
  const budget = createBudget(bytesTogether(largest));
  const queueBudget = createBudget(bytesTogether(largest));
  const readText = createReadText(network);
  return accounts.map(({ account }) =>
    createScraper(account, { gate, budget, queueBudget, readText, network, log }),
  );
}
