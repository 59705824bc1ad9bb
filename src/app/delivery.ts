import { openSqsQueue, type SqsQueue } from '../aws/sqs.ts';
import { loadDestinations } from '../config/destinations.ts';
import { ConfigError, type Environment } from '../config/load.ts';
import type { Destination } from '../push/destinations/destination.ts';
import { openAccounts } from './accounts.ts';
import { openDestinations } from './destinations.ts';
import { createReadText } from './places.ts';

/** The parts of the deliver function. */
export interface Delivery {
  /** By name. */
  destinations: ReadonlyMap<string, Destination>;
  queue: SqsQueue;
  rejected: SqsQueue;
  /** Longest time for one request to a destination. */
  timeoutMs: number;
}

/**
 * Opens the destinations, and the queues of VCC_PUSH_QUEUE_URL and VCC_PUSH_REJECTED_URL.
 * @throws ConfigError
 */
export async function openDelivery(env: Environment, log: (line: string) => void): Promise<Delivery> {
  const { settings, network, vault, accounts } = await openAccounts(env, log);
  const { VCC_PUSH_QUEUE_URL: queueUrl, VCC_PUSH_REJECTED_URL: rejectedUrl } = settings;
  if (queueUrl === undefined || rejectedUrl === undefined) {
    throw new ConfigError(['VCC_PUSH_QUEUE_URL: expected the queue that deliver empties; received nothing']);
  }
  const described = await loadDestinations(env, settings, accounts.length, createReadText(network));
  const { destinations } = openDestinations(described, vault, log, network);
  return {
    destinations: new Map(destinations.map((each) => [each.name, each])),
    queue: openSqsQueue(queueUrl, network),
    rejected: openSqsQueue(rejectedUrl, network),
    timeoutMs: settings.VCC_PUSH_TIMEOUT,
  };
}
