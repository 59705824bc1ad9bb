import { expect, test } from '@jest/globals';
import type { SQSEvent } from 'aws-lambda';
import fc from 'fast-check';
import { createDeliverHandler } from '../../src/lambda/deliver.ts';

const context = { getRemainingTimeInMillis: () => 57_000 };
const record = {
  messageId: 'a',
  receiptHandle: 'b',
  body: '{}',
  attributes: { ApproximateReceiveCount: '1' },
};

/** It has no settings: an event that is not from SQS is refused before they are read. */
const deliver = (event: unknown) => createDeliverHandler({}, () => {})(event as SQSEvent, context);

test('an event that is not from SQS fails, so that SQS deletes nothing', async () => {
  const refused = 'expected an SQS event with messages of the queue of batches';
  const { messageId: _, ...unnamed } = record;
  for (const records of [
    undefined,
    null,
    {},
    'x',
    [null],
    [7],
    [unnamed],
    [record, { ...record, body: null }],
  ])
    await expect(deliver({ Records: records })).rejects.toThrow(refused);
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), (event) => expect(deliver(event)).rejects.toThrow(refused)),
  );
});
