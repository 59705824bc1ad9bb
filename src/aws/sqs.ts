import { createHash } from 'node:crypto';
import type { Deadline } from '../deadline.ts';
import { directNetwork, type Network } from '../http/network.ts';
import { PushError } from '../push/errors.ts';
import { type Batch, type Deliver, encodeBatch } from '../push/queue.ts';
import { openService, type Service } from './sdk.ts';

type Sdk = typeof import('@aws-sdk/client-sqs');

const noQueue = 'the queue does not exist in this AWS account and region';

const service = (region: string | undefined): Service<Sdk, InstanceType<Sdk['SQSClient']>> => ({
  name: 'SQS',
  package: '@aws-sdk/client-sqs',
  create: (sdk, options) => new sdk.SQSClient({ ...(region && { region }), ...options }),
  reasons: { QueueDoesNotExist: noQueue, 'AWS.SimpleQueueService.NonExistentQueue': noQueue },
});

/** SQS hides a message for at most twelve hours. */
const maxDelaySeconds = 43_200;

/** A received message. */
export interface Received {
  messageId: string;
  receiptHandle: string;
  body: string;
  groupId: string;
  /** In the queue of rejected batches: why the batch was rejected. */
  reason: string | undefined;
}

/**
 * One SQS queue. All methods may throw a retryable PushError, or the reason of the deadline's
 * signal.
 */
export interface SqsQueue {
  /**
   * Sends a batch to this FIFO queue, without the list of series that it ends. The list serves no
   * purpose here, since the sender does not learn of a rejection, and it may be larger than a
   * message. SQS drops duplicates of the same batch for five minutes.
   */
  put: Deliver;
  /**
   * Sends a rejected message with the reason to this queue, which must be the FIFO queue of
   * rejected batches.
   */
  reject(
    message: { body: string; messageId: string; groupId: string },
    reason: string,
    deadline: Deadline,
  ): Promise<void>;
  /** Sends a received message to this FIFO queue as a new message. */
  replay(message: Received, deadline: Deadline): Promise<void>;
  /** Sends texts to this queue, which must not be FIFO. */
  putAll(bodies: readonly string[], deadline: Deadline): Promise<void>;
  /** Returns up to ten messages, or none. Hides them from other consumers for `hideSeconds`. */
  receive(hideSeconds: number, deadline: Deadline): Promise<Received[]>;
  /** Returns the approximate number of messages, including hidden ones. It may be a minute old. */
  count(deadline: Deadline): Promise<number>;
  remove(receiptHandle: string, deadline: Deadline): Promise<void>;
  /**
   * Hides up to ten messages from all consumers for `delayMs`, at most twelve hours. Fails if SQS
   * rejects one of them, which happens when the message is visible again.
   */
  hide(receiptHandles: readonly string[], delayMs: number, deadline: Deadline): Promise<void>;
}

/**
 * Creates the client of a queue. The region comes from the address if it contains one. The SDK
 * finds the credentials.
 */
export function openSqsQueue(url: string, network: Network = directNetwork): SqsQueue {
  const region = /^https:\/\/sqs\.([a-z0-9-]+)\.amazonaws\.com/.exec(url)?.[1];
  const callService = openService(service(region), network);

  const call = <T>(action: string, deadline: Deadline, use: Parameters<typeof callService<T>>[2]) =>
    callService<T>(
      deadline,
      // Any failure may be temporary, and must not drop samples.
      ({ reason }) => new PushError(`queue ${nameOf(url)}, ${action}: ${reason}`, { retryable: true }),
      use,
    );

  const send = (
    body: string,
    groupId: string,
    deduplicationId: string,
    reason: string | undefined,
    deadline: Deadline,
  ) =>
    call('SendMessage', deadline, async (sdk, client, options) => {
      const command = new sdk.SendMessageCommand({
        QueueUrl: url,
        MessageBody: body,
        MessageGroupId: groupId,
        MessageDeduplicationId: deduplicationId,
        ...(reason !== undefined && {
          MessageAttributes: { Reason: { DataType: 'String', StringValue: toAttribute(reason) } },
        }),
      });
      await client.send(command, options);
    });

  /** A call for several messages succeeds even if SQS rejects some of them. */
  function throwRefused({ Failed = [] }: { Failed?: { Code?: string | undefined }[] | undefined }): void {
    if (Failed.length === 0) return;
    const { Code: code = '' } = Failed[0]!;
    const why = /^[\w.]{1,80}$/.test(code) ? ` (${code})` : '';
    const what = `SQS rejected ${Failed.length} messages${why}`;
    throw new PushError(`queue ${nameOf(url)}: ${what}`, { retryable: true });
  }

  return {
    put: ({ ended: _, ...batch }, deadline) =>
      send(encodeBatch(batch), groupOf(batch), identityOf(batch), undefined, deadline),
    reject: ({ body, messageId, groupId }, reason, deadline) =>
      send(body, groupId, messageId, reason, deadline),
    replay: ({ body, messageId, groupId }, deadline) => send(body, groupId, messageId, undefined, deadline),
    async putAll(bodies, deadline) {
      for (let at = 0; at < bodies.length; at += 10) {
        const Entries = bodies
          .slice(at, at + 10)
          .map((MessageBody, index) => ({ Id: `m${index}`, MessageBody }));
        await call('SendMessageBatch', deadline, async (sdk, client, options) => {
          const command = new sdk.SendMessageBatchCommand({ QueueUrl: url, Entries });
          throwRefused(await client.send(command, options));
        });
      }
    },
    receive: (hideSeconds, deadline) =>
      call('ReceiveMessage', deadline, async (sdk, client, options) => {
        const command = new sdk.ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: hideSeconds,
          WaitTimeSeconds: 1,
          MessageSystemAttributeNames: ['MessageGroupId'],
          MessageAttributeNames: ['Reason'],
        });
        const { Messages = [] } = await client.send(command, options);
        return Messages.map(({ MessageId, ReceiptHandle, Body, Attributes, MessageAttributes }) => ({
          messageId: MessageId!,
          receiptHandle: ReceiptHandle!,
          body: Body ?? '',
          groupId: Attributes?.MessageGroupId ?? '',
          reason: MessageAttributes?.Reason?.StringValue,
        }));
      }),
    count: (deadline) =>
      call('GetQueueAttributes', deadline, async (sdk, client, options) => {
        const command = new sdk.GetQueueAttributesCommand({
          QueueUrl: url,
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        });
        const { Attributes = {} } = await client.send(command, options);
        return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
      }),
    remove: (receiptHandle, deadline) =>
      call('DeleteMessage', deadline, async (sdk, client, options) => {
        const command = new sdk.DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receiptHandle });
        await client.send(command, options);
      }),
    async hide(receiptHandles, delayMs, deadline) {
      const VisibilityTimeout = Math.min(maxDelaySeconds, Math.ceil(delayMs / 1000));
      const Entries = receiptHandles.map((ReceiptHandle, index) => ({
        Id: `m${index}`,
        ReceiptHandle,
        VisibilityTimeout,
      }));
      await call('ChangeMessageVisibilityBatch', deadline, async (sdk, client, options) => {
        const command = new sdk.ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries });
        throwRefused(await client.send(command, options));
      });
    },
  };
}

/**
 * Replaces characters that SQS rejects, such as half of a surrogate pair. The reason may be cut
 * within a pair.
 */
const toAttribute = (text: string) =>
  text.replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd');

const nameOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);

/**
 * Returns the message group of an account and destination. SQS keeps the order within a group. It
 * is a hash, since SQS allows fewer characters than account names may have.
 */
function groupOf({ account, destination }: Batch): string {
  return digest([account, destination]);
}

/** Returns the deduplication id. Two batches for the same slot have the same id. */
export function identityOf({ account, destination, timestampMs, part }: Batch): string {
  return digest([account, destination, timestampMs, part]);
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
