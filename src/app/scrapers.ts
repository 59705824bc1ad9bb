import { bytesTogether, createBudget } from '../http/budget.ts';
import { createGate } from '../http/gate.ts';
import { createScraper, type Scraper } from '../scrape.ts';
import type { OpenAccounts } from './accounts.ts';
import { createReadText } from './places.ts';

/**
 * Creates a scraper per account. Together they send at most VCC_CONCURRENCY requests at once, and a
 * quarter as many about queues.
 */
export function createScrapers(
  { settings, accounts, network }: OpenAccounts,
  log: (line: string) => void,
): Scraper[] {
  const gate = createGate(settings.VCC_CONCURRENCY);
  const queueGate = createGate(Math.ceil(settings.VCC_CONCURRENCY / 4));
  const largest = Math.max(...accounts.map(({ account }) => account.http.maxBodyBytes));
  const budget = createBudget(bytesTogether(largest));
  const queueBudget = createBudget(bytesTogether(largest));
  const readText = createReadText(network);
  return accounts.map(({ account }) =>
    createScraper(account, { gate, queueGate, budget, queueBudget, readText, network, log }),
  );
}
