import { createHash } from 'node:crypto';
import type { Deadline } from '../deadline.ts';
import { directNetwork, type Network } from '../http/network.ts';
import { PushError } from '../push/errors.ts';
import { type Batch, type Deliver, encodeBatch } from '../push/queue.ts';
import { openService, type Service } from './sdk.ts';

type Sdk = typeof import('@aws-sdk/client-sqs');

const noQueue = 'there is no such queue in this account and region';

const service = (region: string | undefined): Service<Sdk, InstanceType<Sdk['SQSClient']>> => ({
  name: 'SQS',
  package: '@aws-sdk/client-sqs',
  create: (sdk, options) => new sdk.SQSClient({ ...(region && { region }), ...options }),
  reasons: { QueueDoesNotExist: noQueue, 'AWS.SimpleQueueService.NonExistentQueue': noQueue },
});

/** SQS keeps a message from its readers for at most twelve hours. */
const maxDelaySeconds = 43_200;

/** A message as it was received. */
export interface Received {
  messageId: string;
  receiptHandle: string;
  body: string;
  groupId: string;
  /** Why it was rejected, in the queue for those. */
  reason: string | undefined;
}

/** One queue of SQS. Everything may throw PushError, which is retryable, or the reason of the deadline's signal. */
export interface SqsQueue {
  /** Puts a batch into a FIFO queue, once, however often this is done. */
  put: Deliver;
  /** Puts a message into the queue of the rejected, with the reason. */
  reject(
    message: { body: string; messageId: string; groupId: string },
    reason: string,
    deadline: Deadline,
  ): Promise<void>;
  /** Puts a message of a rejected batch back, as one of its own. */
  replay(message: Received, deadline: Deadline): Promise<void>;
  /** Puts texts into a queue that is not FIFO. */
  putAll(bodies: readonly string[], deadline: Deadline): Promise<void>;
  /** Some messages that wait, which nobody else gets for so many seconds. */
  receive(hideSeconds: number, deadline: Deadline): Promise<Received[]>;
  remove(receiptHandle: string, deadline: Deadline): Promise<void>;
  /** Keeps messages from all readers for a while. */
  hide(receiptHandles: readonly string[], delayMs: number, deadline: Deadline): Promise<void>;
}

/** Opens a queue by its address; region and credentials come from where the SDK finds them. */
export function openSqsQueue(url: string, network: Network = directNetwork): SqsQueue {
  const region = /^https:\/\/sqs\.([a-z0-9-]+)\.amazonaws\.com/.exec(url)?.[1];
  const callService = openService(service(region), network);

  const call = <T>(action: string, deadline: Deadline, use: Parameters<typeof callService<T>>[2]) =>
    callService<T>(
      deadline,
      // Whatever it is, it may pass, and no sample is dropped for it.
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
          MessageAttributes: { Reason: { DataType: 'String', StringValue: reason } },
        }),
      });
      await client.send(command, options);
    });

  return {
    put: (batch, deadline) =>
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
          const { Failed = [] } = await client.send(command, options);
          if (Failed.length === 0) return;
          const what = `refused ${Failed.length} messages (${Failed[0]!.Code})`;
          throw new PushError(`queue ${nameOf(url)}: ${what}`, { retryable: true });
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
        await client.send(new sdk.ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }), options);
      });
    },
  };
}

const nameOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);

/** What must stay in order. SQS takes few characters, an account's name may have others. */
export function groupOf({ account, destination }: Batch): string {
  return digest([account, destination]);
}

/** The same for what is taken twice for one slot: SQS drops the second for five minutes. */
function identityOf({ account, destination, timestampMs, part }: Batch): string {
  return digest([account, destination, timestampMs, part]);
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
