import { setTimeout as wait } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import type { DeliverHandler } from '../../../src/lambda/deliver.ts';
import type { Moto } from './moto.ts';

/** moto's SQS, and what Lambda does between a queue and a function. */
export interface Queues {
  create(name: string): Promise<string>;
  /** Messages in a queue, hidden ones too. */
  count(url: string): Promise<number>;
  /**
   * Receives messages as Lambda's poller does and passes them to the function, until the queue is
   * empty or `rounds` are over. Deletes the messages that the function does not report as failed.
   * Returns the number of messages that the function got.
   */
  drain(url: string, deliver: DeliverHandler, rounds: number): Promise<number>;
  /** Removes all messages from a queue, each as the event that Lambda would pass to a function. */
  takeAll(url: string): Promise<SQSEvent[]>;
  close(): void;
}

/** Connects to moto. */
export function openQueues({ endpoint, region, credentials }: Moto): Queues {
  const client = new SQSClient({ endpoint, region, credentials });
  async function count(QueueUrl: string): Promise<number> {
    const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }),
    );
    return AttributeNames.reduce((sum, name) => sum + Number(Attributes[name]), 0);
  }
  return {
    async create(name) {
      const Attributes = name.endsWith('.fifo') ? { FifoQueue: 'true', VisibilityTimeout: '360' } : {};
      const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes }));
      return QueueUrl!;
    },
    count,
    async drain(QueueUrl, deliver, rounds) {
      let given = 0;
      for (let round = 0; round < rounds && (await count(QueueUrl)) > 0; round++) {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({
            QueueUrl,
            MaxNumberOfMessages: 10,
            VisibilityTimeout: 360,
            WaitTimeSeconds: 1,
            MessageSystemAttributeNames: ['All'],
          }),
        );
        if (Messages.length === 0) continue;
        given += Messages.length;
        const event = {
          Records: Messages.map(({ MessageId, ReceiptHandle, Body, Attributes }) => ({
            messageId: MessageId,
            receiptHandle: ReceiptHandle,
            body: Body,
            attributes: Attributes,
            eventSource: 'aws:sqs',
          })),
        } as unknown as SQSEvent;
        const { batchItemFailures } = await deliver(event, { getRemainingTimeInMillis: () => 60_000 });
        const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
        for (const { MessageId, ReceiptHandle } of Messages) {
          if (!failed.has(MessageId!))
            await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
        if (failed.size === 0) continue;
        // The function has hidden them for a second. SQS then continues with the first of them.
        // moto continues with the last, unless their time is ended by hand.
        await wait(1050);
        for (const { ReceiptHandle } of Messages.filter(({ MessageId }) => failed.has(MessageId!))) {
          await client.send(
            new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }),
          );
        }
      }
      return given;
    },
    async takeAll(QueueUrl) {
      const events: SQSEvent[] = [];
      while ((await count(QueueUrl)) > 0) {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
        );
        for (const { MessageId, ReceiptHandle, Body } of Messages) {
          const record = {
            messageId: MessageId,
            receiptHandle: ReceiptHandle,
            body: Body,
            eventSource: 'aws:sqs',
          };
          events.push({ Records: [record] } as unknown as SQSEvent);
          await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
      }
      return events;
    },
    close: () => client.destroy(),
  };
}
