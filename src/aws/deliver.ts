import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { loadDestinations } from '../config/destinations.ts';
import { ConfigError, type Environment } from '../config/load.ts';
import { retryDelayMs } from '../http/retry.ts';
import { logLine, toLogFields } from '../log.ts';
import { toPushError } from '../push/carry.ts';
import type { Destination } from '../push/destination.ts';
import { PushError } from '../push/errors.ts';
import { type Parcel, parseParcel } from '../push/parcel.ts';
import { openAccounts } from './open-accounts.ts';
import { openDestinations } from './open-destinations.ts';
import { openQueue, type Queue } from './queue.ts';
import { createReadText } from './read-text.ts';

/** A Lambda handler for the queue of parcels. */
export type DeliverHandler = (
  event: SQSEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
) => Promise<SQSBatchResponse>;

/** From the first failure of a parcel to the longest wait before the next attempt. */
export const defaultBackoff = { retries: Number.POSITIVE_INFINITY, baseDelayMs: 2000, maxDelayMs: 300_000 };

/** Kept free for telling SQS. */
const marginMs = 8000;

/** Longest that a word with SQS may take; there may be two. */
const sqsMs = 3500;

interface Opened {
  destinations: ReadonlyMap<string, Destination>;
  queue: Queue;
  rejected: Queue;
  timeoutMs: number;
}

/**
 * Brings parcels from the queue to their destinations, those of one account and destination in their order and the others
 * beside them. What may succeed later stays in the queue, hidden for longer each time; what is rejected for good goes to the
 * queue of the rejected, with the reason.
 */
export function createDeliverHandler(
  env: Environment,
  log: (line: string) => void,
  backoff = defaultBackoff,
): DeliverHandler {
  let opening: Promise<Opened> | undefined;

  async function open(): Promise<Opened> {
    const { settings, network, vault, accounts } = await openAccounts(env, log);
    const { VCC_PUSH_QUEUE_URL: queueUrl, VCC_PUSH_REJECTED_URL: rejectedUrl } = settings;
    if (queueUrl === undefined || rejectedUrl === undefined) {
      throw new ConfigError([
        'VCC_PUSH_QUEUE_URL: expected the queue that deliver empties; received nothing',
      ]);
    }
    const described = await loadDestinations(env, settings, accounts.length, createReadText(network));
    const { destinations } = openDestinations(described, vault, log, network);
    return {
      destinations: new Map(destinations.map((each) => [each.name, each])),
      queue: openQueue(queueUrl, network),
      rejected: openQueue(rejectedUrl, network),
      timeoutMs: settings.VCC_PUSH_TIMEOUT,
    };
  }

  return async (event, context) => {
    opening ??= open().catch((error) => {
      opening = undefined;
      throw error;
    });
    const opened = await opening;
    const endMs = Date.now() + context.getRemainingTimeInMillis() - marginMs;
    const groups = toGroups(event.Records);
    const left = await Promise.all(groups.map((records) => deliverInOrder(records, opened, endMs)));
    return { batchItemFailures: left.flat().map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };

  /** Gives the records that are to stay in the queue: the first that failed, and all behind it. */
  async function deliverInOrder(
    records: readonly SQSRecord[],
    opened: Opened,
    endMs: number,
  ): Promise<SQSRecord[]> {
    for (const [index, record] of records.entries()) {
      const left = records.slice(index);
      let parcel: Parcel | undefined;
      try {
        // The first is always tried: else a long VCC_PUSH_TIMEOUT would leave all of them for ever.
        if (index > 0 && Date.now() + opened.timeoutMs > endMs) {
          // Not the destination's failure: they are free again at once.
          await hide(left, 0, opened);
          return left;
        }
        parcel = parseParcel(record.body);
        await deliver(parcel, opened, endMs);
      } catch (thrown) {
        const error = toPushError(thrown);
        const attempt = Number(record.attributes.ApproximateReceiveCount);
        const fields = {
          account: parcel?.account,
          destination: parcel?.destination,
          attempt,
          ...toLogFields(error),
        };
        if (!error.retryable && (await reject(record, error, fields, opened))) continue;
        const delayMs = retryDelayMs(backoff, attempt - 1, Math.random(), error.retryAfterMs);
        log(logLine('error', 'push attempt failed', { ...fields, nextAttemptMs: delayMs }));
        await hide(left, delayMs, opened);
        return left;
      }
    }
    return [];
  }

  async function deliver(parcel: Parcel, { destinations, timeoutMs }: Opened, endMs: number): Promise<void> {
    const destination = destinations.get(parcel.destination);
    if (!destination) throw new PushError(`there is no destination ${parcel.destination} any more`);
    await destination.deliver(
      parcel,
      AbortSignal.timeout(Math.max(1, Math.min(timeoutMs + 2000, endMs - Date.now()))),
    );
  }

  /** False: it could not be put there, and so must stay where it is. */
  async function reject(
    { body, messageId, attributes }: SQSRecord,
    error: PushError,
    fields: Record<string, unknown>,
    { rejected }: Opened,
  ): Promise<boolean> {
    try {
      const message = { body, messageId, groupId: attributes.MessageGroupId ?? '' };
      await rejected.reject(message, error.message, AbortSignal.timeout(sqsMs));
      log(logLine('error', 'push rejected', fields));
      return true;
    } catch (thrown) {
      log(logLine('error', 'rejected parcel not put aside', toLogFields(thrown)));
      return false;
    }
  }

  /** All of them: SQS hands out nothing of a group while one of its messages is in somebody's hands. */
  async function hide(records: readonly SQSRecord[], delayMs: number, { queue }: Opened): Promise<void> {
    const handles = records.map(({ receiptHandle }) => receiptHandle);
    try {
      await queue.hide(handles, delayMs, AbortSignal.timeout(sqsMs));
    } catch (error) {
      // They are free again when the queue's own time is over.
      log(logLine('error', 'backoff not set', toLogFields(error)));
    }
  }
}

/** Records of one account and destination together, in the order in which they came. */
function toGroups(records: readonly SQSRecord[]): SQSRecord[][] {
  const groups = new Map<string, SQSRecord[]>();
  for (const record of records) {
    const id = record.attributes.MessageGroupId ?? '';
    const group = groups.get(id);
    if (group) group.push(record);
    else groups.set(id, [record]);
  }
  return [...groups.values()];
}
