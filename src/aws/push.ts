import type { Context } from 'aws-lambda';
import type { Environment } from '../config/load.ts';
import { logLine, toLogFields } from '../log.ts';
import type { Scraper } from '../scrape.ts';
import { toBudgetMs } from '../serve/budget.ts';
import { createScrapers, openAccounts } from './open-accounts.ts';

/** A Lambda handler for a schedule; what the event holds does not matter. */
export type ScheduledHandler = (event: unknown, context: Context) => Promise<void>;

/**
 * Reads all accounts on a schedule and logs how it went. There is nowhere yet to push the metrics to. An account that
 * cannot be read, or settings that cannot be used, fail the invocation, so that alarms and the on-failure destination tell;
 * the other accounts are read all the same.
 */
export function createPushHandler(env: Environment, log: (line: string) => void): ScheduledHandler {
  let scrapers: Scraper[] | undefined;
  return async (_event, context) => {
    scrapers ??= createScrapers(await openAccounts(env, log), log);
    const failures: Error[] = [];
    await Promise.all(
      scrapers.map(async ({ account, timeoutMs, scrape }) => {
        const { reading, failure } = await scrape(
          toBudgetMs(timeoutMs, undefined, context.getRemainingTimeInMillis()),
        );
        if (failure) {
          failures.push(failure);
          log(logLine('error', 'scrape failed', { account, ...toLogFields(failure) }));
          return;
        }
        const { floor, pages, requests, retries, durationMs } = reading;
        const agents = floor?.agents;
        log(logLine('info', 'account read', { account, agents, pages, requests, retries, durationMs }));
      }),
    );
    if (failures.length > 0) throw failures[0]!;
  };
}
