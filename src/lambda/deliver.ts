import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { type Delivery, openDelivery } from '../app/delivery.ts';
import type { Environment } from '../config/load.ts';
import { type Deadline, deadlineIn, leftMs, within } from '../deadline.ts';
import { longestPauseMs, retryDelayMs } from '../http/retry.ts';
import { logLine, toLogFields } from '../log.ts';
import { PushError } from '../push/errors.ts';
import { holdDelayMs, toPushError } from '../push/outbox/outbox.ts';
import { type Batch, parseBatch } from '../push/queue.ts';
import { openOnce } from './opening.ts';

/** A Lambda handler for the queue of batches. */
export type DeliverHandler = (
  event: SQSEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
) => Promise<SQSBatchResponse>;

/** The waits between attempts after the first, second, … failure. */
const defaultBackoff = { retries: Number.POSITIVE_INFINITY, baseDelayMs: 2000, maxDelayMs: longestPauseMs };

/** Reserved for the calls to SQS after the last attempt. */
const marginMs = 8000;

/** Longest time for one call to SQS. There may be two calls. */
const sqsMs = 3500;

const noAnswer = () => new PushError(`SQS did not answer within ${sqsMs / 1000} s`, { retryable: true });

/**
 * Creates the handler that delivers batches from the queue. It keeps the order within an account
 * and destination, and delivers different ones concurrently. A batch that may succeed later, or
 * with other settings, stays in the queue, and is hidden for longer each time. A rejected batch
 * moves to the queue of rejected batches with its reason.
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
      const groups = toGroups(toRecords(event));
      const opened = await open(deadline);
      const left = await Promise.all(groups.map((records) => deliverInOrder(records, opened, deadline)));
      return { batchItemFailures: left.flat().map(({ messageId }) => ({ itemIdentifier: messageId })) };
    } finally {
      deadline.end();
    }
  };

  /** Returns the records that must stay in the queue: the first failed one and all after it. */
  async function deliverInOrder(
    records: readonly SQSRecord[],
    opened: Delivery,
    deadline: Deadline,
  ): Promise<SQSRecord[]> {
    for (const [index, record] of records.entries()) {
      const left = records.slice(index);
      let batch: Batch | undefined;
      try {
        // Always try the first one. Otherwise, if VCC_PUSH_TIMEOUT is too long, the queue would be
        // blocked.
        if (index > 0 && leftMs(deadline) < opened.timeoutMs) {
          // The destination did not fail, so make the records available immediately.
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
        const { misconfigured } = error;
        if (!error.retryable && !misconfigured && (await reject(record, error, fields, opened))) continue;
        const delayMs = misconfigured
          ? holdDelayMs(attempt - 1)
          : retryDelayMs(backoff, attempt - 1, Math.random(), error.retryAfterMs);
        log(
          logLine('error', misconfigured ? 'push held' : 'push attempt failed', {
            ...fields,
            nextAttemptMs: delayMs,
          }),
        );
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
    if (!destination)
      throw new PushError(
        `no destination has the name ${batch.destination} now; restore the name, then run vcc-exporter replay`,
      );
    await destination.deliver(batch, within(deadline, timeoutMs + 2000));
  }

  /** Returns false when the record could not be moved. It must then stay in the queue. */
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

  /** Hides all of them. SQS delivers no message of a group while one of the group is hidden. */
  async function hide(records: readonly SQSRecord[], delayMs: number, { queue }: Delivery): Promise<void> {
    const handles = records.map(({ receiptHandle }) => receiptHandle);
    try {
      await queue.hide(handles, delayMs, deadlineIn(sqsMs, { toReason: noAnswer }));
    } catch (error) {
      // They become available again after the visibility timeout of the queue.
      log(logLine('error', 'backoff not set', toLogFields(error)));
    }
  }
}

/**
 * Returns the records of an event.
 * @throws TypeError for other events than those of SQS. If the event is from SQS after all, SQS
 * keeps the messages.
 */
function toRecords(event: unknown): readonly SQSRecord[] {
  const records = (event as Partial<SQSEvent> | null)?.Records;
  if (Array.isArray(records) && records.every(isRecord)) return records;
  throw new TypeError('expected an SQS event with messages of the queue of batches');
}

function isRecord(record: Partial<SQSRecord> | null): boolean {
  const { messageId, receiptHandle, body, attributes } = record ?? {};
  const texts = [messageId, receiptHandle, body, attributes?.ApproximateReceiveCount];
  return texts.every((text) => typeof text === 'string');
}

/** Groups the records by account and destination, in the order of their arrival. */
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
