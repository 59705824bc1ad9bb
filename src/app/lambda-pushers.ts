import { openSqsQueue, type SqsQueue } from '../aws/sqs.ts';
import { ConfigError, type Environment } from '../config/load.ts';
import { createMemoryQueue } from '../push/queue.ts';
import { openAccounts } from './accounts.ts';
import { createStateStore } from './places.ts';
import { type OpenPushers, openPushers } from './pushers.ts';

/** The pushers of a Lambda function. */
export interface LambdaPushers extends OpenPushers {
  /** The queue that starts one invocation per account. Undefined without VCC_PUSH_ACCOUNTS_URL. */
  accountsQueue: SqsQueue | undefined;
}

/**
 * Retries within one invocation. Batches that fail more often are retried after the next scrape.
 */
const retry = { retries: 5, baseDelayMs: 500, maxDelayMs: 8000 };

/**
 * Creates a pusher per account. They deliver to the destinations, or to the queue in
 * VCC_PUSH_QUEUE_URL.
 * @throws ConfigError
 */
export async function openLambdaPushers(
  env: Environment,
  log: (line: string) => void,
): Promise<LambdaPushers> {
  const opened = await openAccounts(env, log);
  const { settings, network } = opened;
  const { VCC_PUSH_PERIOD: periodMs, VCC_PUSH_INTERVAL: intervalMs } = settings;
  if (periodMs % intervalMs !== 0) {
    throw new ConfigError([
      `VCC_PUSH_INTERVAL: expected a time that divides VCC_PUSH_PERIOD (${periodMs / 1000} s); received ${intervalMs / 1000} s`,
    ]);
  }
  const open = (url: string | undefined) => (url === undefined ? undefined : openSqsQueue(url, network));
  const sqs = open(settings.VCC_PUSH_QUEUE_URL);
  const { VCC_PUSH_STATE: state } = settings;
  const pushers = await openPushers(env, opened, {
    log,
    print: log,
    store: state === undefined ? undefined : createStateStore(state, network),
    toRoute: (destination) => ({
      destination,
      queue: createMemoryQueue(destination.lasting),
      deliver: sqs && destination.lasting ? sqs.put : destination.deliver,
      retry,
    }),
  });
  return { ...pushers, accountsQueue: open(settings.VCC_PUSH_ACCOUNTS_URL) };
}
