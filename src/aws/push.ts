import type { Context } from 'aws-lambda';
import type { Environment } from '../config/load.ts';
import { logLine } from '../log.ts';
import { createScraper, type Scraper } from '../scrape.ts';
import { toBudgetMs } from '../serve/budget.ts';
import { openAccount } from './open-account.ts';

/** A Lambda handler for a schedule; what the event holds does not matter. */
export type ScheduledHandler = (event: unknown, context: Context) => Promise<void>;

/**
 * Reads the account on a schedule and logs how it went. There is nowhere yet to push the metrics to. An account that
 * cannot be read, or settings that cannot be used, fail the invocation, so that alarms and the on-failure destination tell.
 */
export function createPushHandler(env: Environment, log: (line: string) => void): ScheduledHandler {
  let open: { scraper: Scraper; timeoutMs: number } | undefined;
  return async (_event, context) => {
    if (!open) {
      const { account } = openAccount(env, log);
      open = { scraper: createScraper(account), timeoutMs: account.timeoutMs };
    }
    const budgetMs = toBudgetMs(open.timeoutMs, undefined, context.getRemainingTimeInMillis());
    const { reading, failure } = await open.scraper.scrape(budgetMs);
    if (failure) throw failure;
    const { account, floor, pages, requests, retries, durationMs } = reading;
    log(
      logLine('info', 'account read', {
        account,
        agents: floor?.agents,
        pages,
        requests,
        retries,
        durationMs,
      }),
    );
  };
}
