import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { type Delivery, openDelivery } from '../app/delivery.ts';
import type { Environment } from '../config/load.ts';
import { type Deadline, deadlineIn, leftMs, within } from '../deadline.ts';
import { retryDelayMs } from '../http/retry.ts';
import { logLine, toLogFields } from '../log.ts';
import { PushError } from '../push/errors.ts';
import { toPushError } from '../push/outbox/outbox.ts';
import { type Batch, parseBatch } from '../push/queue.ts';
import { openOnce } from './opening.ts';

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

const noAnswer = () => new PushError(`SQS did not answer within ${sqsMs / 1000} s`, { retryable: true });

/**
 * Delivers batches from the queue to their destinations: those of one account and destination in their order, and the
 * others beside them. A batch that may succeed later stays in the queue, hidden for longer each time; a rejected one goes
 * to the queue of rejected batches, with the reason.
 */
export function createDeliverHandler(
  env: Environment,
  log: (line: string) => void,
  backoff = defaultBackoff,
): DeliverHandler {
  const open = openOnce(() => openDelivery(env, log));

  return async (event, context) => {
    const deadline = deadlineIn(context.getRemainingTimeInMillis() - marginMs);
    try {
      const opened = await open(deadline);
      const groups = toGroups(event.Records);
      const left = await Promise.all(groups.map((records) => deliverInOrder(records, opened, deadline)));
      return { batchItemFailures: left.flat().map(({ messageId }) => ({ itemIdentifier: messageId })) };
    } finally {
      deadline.end();
    }
  };

  /** Returns the records that are to stay in the queue: the first that failed, and all behind it. */
  async function deliverInOrder(
    records: readonly SQSRecord[],
    opened: Delivery,
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
    { destinations, timeoutMs }: Delivery,
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
    { rejected }: Delivery,
  ): Promise<boolean> {
    try {
      const message = { body, messageId, groupId: attributes.MessageGroupId ?? '' };
      await rejected.reject(message, error.message, deadlineIn(sqsMs, { toReason: noAnswer }));
      log(logLine('error', 'push rejected', fields));
      return true;
    } catch (thrown) {
      log(logLine('error', 'rejected batch not kept', toLogFields(thrown)));
      return false;
    }
  }

  /** All of them: SQS hands out nothing of a group while one of its messages is hidden. */
  async function hide(records: readonly SQSRecord[], delayMs: number, { queue }: Delivery): Promise<void> {
    const handles = records.map(({ receiptHandle }) => receiptHandle);
    try {
      await queue.hide(handles, delayMs, deadlineIn(sqsMs, { toReason: noAnswer }));
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
