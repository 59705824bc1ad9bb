import { createHash } from 'node:crypto';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openSqsQueue } from '../../src/aws/sqs.ts';
import { parseBatch } from '../../src/push/queue.ts';
import { soon } from '../support/deadline.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let answer: object;
let calls: { action: string; input: Record<string, unknown> }[];
const saved = { ...process.env };
beforeEach(async () => {
  calls = [];
  answer = {};
  server = await startServer(async (request, response) => {
    const input = (await json(request)) as Record<string, unknown>;
    const action = String(request.headers['x-amz-target']).replace('AmazonSQS.', '');
    calls.push({ action, input });
    // The SDK compares it with the message that it sent.
    const MD5OfMessageBody = createHash('md5').update(String(input.MessageBody)).digest('hex');
    const text = JSON.stringify({ MessageId: '1', MD5OfMessageBody, ...answer });
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(text);
  });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SQS: server.origin,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'nobody',
    AWS_SECRET_ACCESS_KEY: 'of-nobody',
  });
});
afterEach(async () => {
  process.env = { ...saved };
  await server.close();
});

const open = () => openSqsQueue(`${server.origin}/123456789012/batches.fifo`);

test('hide fails when SQS refuses one of the messages, though the call succeeds', async () => {
  answer = {
    Successful: [{ Id: 'm0' }],
    Failed: [{ Id: 'm1', SenderFault: true, Code: 'MessageNotInflight', Message: 'arn:of-somebody' }],
  };
  await expect(open().hide(['a', 'b'], 2500, soon())).rejects.toMatchObject({
    message: 'queue batches.fifo: SQS rejected 1 messages (MessageNotInflight)',
    retryable: true,
  });
  expect(calls).toMatchObject([
    { action: 'ChangeMessageVisibilityBatch', input: { Entries: [{ VisibilityTimeout: 3 }, {}] } },
  ]);
  answer = { Successful: [{ Id: 'm0' }], Failed: [] };
  await open().hide(['a'], 0, soon());
});

test('the reason of a rejection has no character that SQS refuses', async () => {
  const cut = `too late \u{1f600}\u0007\uffff${'\u{1f600}'.slice(0, 1)}`;
  await open().reject({ body: 'x', messageId: 'm', groupId: 'g' }, cut, soon());
  const { MessageAttributes } = calls[0]!.input as { MessageAttributes: { Reason: { StringValue: string } } };
  expect(MessageAttributes.Reason.StringValue).toBe('too late \u{1f600}\ufffd\ufffd\ufffd');
});

test('a message has no list of the series that end, since the list may exceed a message', async () => {
  const batch = {
    account: 'uk',
    destination: 'acme',
    format: 'remote-write-1' as const,
    timestampMs: 1,
    part: 0,
    samples: 1,
    ended: [['__name__', 'x']],
    body: Buffer.from([1]),
  };
  await open().put(batch, soon());
  const { MessageBody } = calls[0]!.input;
  expect(parseBatch(MessageBody as string)).toEqual({ ...batch, ended: undefined });
  expect(MessageBody).not.toContain('ended');
});
