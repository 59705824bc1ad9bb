import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { openAccounts } from '../app/accounts.ts';
import { openDestinations } from '../app/destinations.ts';
import { createReadText } from '../app/places.ts';
import { loadDestinations } from '../config/destinations.ts';
import { ConfigError, type Environment } from '../config/load.ts';
import { before, type Deadline, deadlineIn, leftMs, within } from '../deadline.ts';
import { retryDelayMs } from '../http/retry.ts';
import { logLine, toLogFields } from '../log.ts';
import type { Destination } from '../push/destinations/destination.ts';
import { PushError } from '../push/errors.ts';
import { toPushError } from '../push/outbox/sender.ts';
import { type Batch, parseBatch } from '../push/queue/batch.ts';
import { openSqsQueue, type SqsQueue } from './clients/sqs.ts';

/** A Lambda handler for the queue of batches. */
export type DeliverHandler = (
  event: SQSEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
) => Promise<SQSBatchResponse>;

/** From the first failure of a batch to the longest wait before the next attempt. */
export const defaultBackoff = { retries: Number.POSITIVE_INFINITY, baseDelayMs: 2000, maxDelayMs: 300_000 };

/** Kept free for the calls of SQS after the last attempt. */
const marginMs = 8000;

/** Longest that one call of SQS may take; there may be two. */
const sqsMs = 3500;

interface Opened {
  destinations: ReadonlyMap<string, Destination>;
  queue: SqsQueue;
  rejected: SqsQueue;
  timeoutMs: number;
}

/**
 * Brings batches from the queue to their destinations, those of one account and destination in their order and the others
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
      queue: openSqsQueue(queueUrl, network),
      rejected: openSqsQueue(rejectedUrl, network),
      timeoutMs: settings.VCC_PUSH_TIMEOUT,
    };
  }

  return async (event, context) => {
    const deadline = deadlineIn(context.getRemainingTimeInMillis() - marginMs);
    opening ??= open().catch((error) => {
      opening = undefined;
      throw error;
    });
    const opened = await before(opening, deadline);
    const groups = toGroups(event.Records);
    const left = await Promise.all(groups.map((records) => deliverInOrder(records, opened, deadline)));
    deadline.end();
    return { batchItemFailures: left.flat().map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };

  /** Returns the records that are to stay in the queue: the first that failed, and all behind it. */
  async function deliverInOrder(
    records: readonly SQSRecord[],
    opened: Opened,
    deadline: Deadline,
  ): Promise<SQSRecord[]> {
    for (const [index, record] of records.entries()) {
      const left = records.slice(index);
      let batch: Batch | undefined;
      try {
        // The first is always tried: else a long VCC_PUSH_TIMEOUT would leave all of them for ever.
        if (index > 0 && leftMs(deadline) < opened.timeoutMs) {
          // Not the destination's failure: they are free again at once.
          await hide(left, 0, opened);
          return left;
        }
        batch = parseBatch(record.body);
        await deliver(batch, opened, deadline);
      } catch (thrown) {
        const error = toPushError(thrown);
        const attempt = Number(record.attributes.ApproximateReceiveCount);
        const fields = {
          account: batch?.account,
          destination: batch?.destination,
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

  async function deliver(
    batch: Batch,
    { destinations, timeoutMs }: Opened,
    deadline: Deadline,
  ): Promise<void> {
    const destination = destinations.get(batch.destination);
    if (!destination) throw new PushError(`there is no destination ${batch.destination} any more`);
    await destination.deliver(batch, within(deadline, timeoutMs + 2000));
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
      await rejected.reject(message, error.message, deadlineIn(sqsMs));
      log(logLine('error', 'push rejected', fields));
      return true;
    } catch (thrown) {
      log(logLine('error', 'rejected batch not kept', toLogFields(thrown)));
      return false;
    }
  }

  /** All of them: SQS hands out nothing of a group while one of its messages is hidden. */
  async function hide(records: readonly SQSRecord[], delayMs: number, { queue }: Opened): Promise<void> {
    const handles = records.map(({ receiptHandle }) => receiptHandle);
    try {
      await queue.hide(handles, delayMs, deadlineIn(sqsMs));
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
