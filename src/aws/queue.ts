import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { directNetwork, type Network } from '../http/network.ts';
import type { Carry } from '../push/carry.ts';
import { PushError } from '../push/errors.ts';
import { encodeParcel, type Parcel } from '../push/parcel.ts';
import { clientOptions, describeUnreached } from './sdk-client.ts';

type Sdk = typeof import('@aws-sdk/client-sqs');

/** Longest one attempt may take; the SDK makes up to three. */
const requestTimeoutMs = 5000;

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

/** One queue of SQS. Everything may throw PushError, which is retryable, or the signal's reason. */
export interface Queue {
  /** Puts a parcel into a FIFO queue, once, however often this is done. */
  put: Carry;
  /** Puts a message into the queue of the rejected, with the reason. */
  reject(
    message: { body: string; messageId: string; groupId: string },
    reason: string,
    signal: AbortSignal,
  ): Promise<void>;
  /** Puts a message of a rejected parcel back, as one of its own. */
  replay(message: Received, signal: AbortSignal): Promise<void>;
  /** Puts texts into a queue that is not FIFO. */
  putAll(bodies: readonly string[], signal: AbortSignal): Promise<void>;
  /** Some messages that wait, which nobody else gets for so many seconds. */
  receive(hideSeconds: number, signal: AbortSignal): Promise<Received[]>;
  remove(receiptHandle: string, signal: AbortSignal): Promise<void>;
  /** Keeps messages from all readers for a while. */
  hide(receiptHandles: readonly string[], delayMs: number, signal: AbortSignal): Promise<void>;
}

/** Opens a queue by its address; region and credentials come from where the SDK finds them. */
export function openQueue(url: string, network: Network = directNetwork): Queue {
  let open: { sdk: Sdk; client: InstanceType<Sdk['SQSClient']> } | undefined;

  async function call<T>(
    action: string,
    signal: AbortSignal,
    use: (
      sdk: Sdk,
      client: InstanceType<Sdk['SQSClient']>,
      options: { abortSignal: AbortSignal },
    ) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    try {
      open ??= connect(url, network);
      return await use(open.sdk, open.client, { abortSignal: signal });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof PushError) throw error;
      throw toPushError(error as Failure, `queue ${nameOf(url)}, ${action}`);
    }
  }

  const send = (
    body: string,
    groupId: string,
    deduplicationId: string,
    reason: string | undefined,
    signal: AbortSignal,
  ) =>
    call('SendMessage', signal, async (sdk, client, options) => {
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
    put: (parcel, signal) =>
      send(encodeParcel(parcel), groupOf(parcel), identityOf(parcel), undefined, signal),
    reject: ({ body, messageId, groupId }, reason, signal) => send(body, groupId, messageId, reason, signal),
    replay: ({ body, messageId, groupId }, signal) => send(body, groupId, messageId, undefined, signal),
    async putAll(bodies, signal) {
      for (let at = 0; at < bodies.length; at += 10) {
        const Entries = bodies
          .slice(at, at + 10)
          .map((MessageBody, index) => ({ Id: `m${index}`, MessageBody }));
        await call('SendMessageBatch', signal, async (sdk, client, options) => {
          const command = new sdk.SendMessageBatchCommand({ QueueUrl: url, Entries });
          const { Failed = [] } = await client.send(command, options);
          if (Failed.length > 0) {
            throw new PushError(
              `queue ${nameOf(url)}: refused ${Failed.length} messages (${Failed[0]!.Code})`,
              {
                retryable: true,
              },
            );
          }
        });
      }
    },
    receive: (hideSeconds, signal) =>
      call('ReceiveMessage', signal, async (sdk, client, options) => {
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
    remove: (receiptHandle, signal) =>
      call('DeleteMessage', signal, async (sdk, client, options) => {
        await client.send(
          new sdk.DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receiptHandle }),
          options,
        );
      }),
    async hide(receiptHandles, delayMs, signal) {
      const VisibilityTimeout = Math.min(maxDelaySeconds, Math.ceil(delayMs / 1000));
      const Entries = receiptHandles.map((ReceiptHandle, index) => ({
        Id: `m${index}`,
        ReceiptHandle,
        VisibilityTimeout,
      }));
      await call('ChangeMessageVisibilityBatch', signal, async (sdk, client, options) => {
        await client.send(new sdk.ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }), options);
      });
    },
  };
}

function connect(url: string, network: Network) {
  // Only now, and by require: docs/decisions/0005-sdk-of-the-runtime.md.
  const sdk = createRequire(import.meta.url)('@aws-sdk/client-sqs') as Sdk;
  const region = /^https:\/\/sqs\.([a-z0-9-]+)\.amazonaws\.com/.exec(url)?.[1];
  const options = { ...(region && { region }), ...clientOptions(network, requestTimeoutMs) };
  return { sdk, client: new sdk.SQSClient(options) };
}

const nameOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);

/** What must stay in order. SQS takes few characters, an account's name may have others. */
export function groupOf({ account, destination }: Parcel): string {
  return digest([account, destination]);
}

/** The same for what is taken twice for one slot: SQS drops the second for five minutes. */
function identityOf({ account, destination, timestampMs, part }: Parcel): string {
  return digest([account, destination, timestampMs, part]);
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** What the SDK throws, as far as it is of use. */
interface Failure {
  name?: string;
  message?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number };
}

/** What went wrong by the name that AWS gives it. Its messages are not repeated: they hold the caller's ARN. */
function toPushError(failure: Failure, what: string): PushError {
  const { name = 'unknown error', message = '', code, $metadata } = failure;
  const status = $metadata?.httpStatusCode;
  const known =
    code === 'MODULE_NOT_FOUND'
      ? '@aws-sdk/client-sqs was not found; install it, or run on a Lambda runtime that brings it'
      : message === 'Region is missing'
        ? 'no AWS region is set; set AWS_REGION'
        : reasons[name];
  const fallback =
    status === undefined ? describeUnreached('SQS', failure) : `SQS answered ${status} (${name})`;
  // Whatever it is, it may be mended, and a sample is not given up for it.
  return new PushError(`${what}: ${known ?? fallback}`, { retryable: true });
}

const reasons: Partial<Record<string, string>> = {
  QueueDoesNotExist: 'there is no such queue in this account and region',
  'AWS.SimpleQueueService.NonExistentQueue': 'there is no such queue in this account and region',
  AccessDenied: 'no permission',
  AccessDeniedException: 'no permission',
  CredentialsProviderError: 'no AWS credentials were found',
  AbortError: 'SQS did not answer in time',
  TimeoutError: 'SQS did not answer in time',
};
