import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createDestination } from '../../../src/app/destinations.ts';
import { Secret } from '../../../src/credentials.ts';
import { longestPauseMs } from '../../../src/http/retry.ts';
import type { DestinationOptions } from '../../../src/push/destinations/destination.ts';
import { createPost, withCredentials } from '../../../src/push/destinations/post.ts';
import { PushError } from '../../../src/push/errors.ts';
import type { Batch } from '../../../src/push/queue.ts';
import { soon } from '../../support/deadline.ts';
import { damagedText, piece } from '../damage.ts';
import { parsedLater, target } from '../target.ts';

const types = ['remote-write', 'otlp', 'pushgateway'] as const;
const formats = { 'remote-write': 'remote-write-1', otlp: 'otlp', pushgateway: 'pushgateway' } as const;

const password = 'a-password-0123456789';
const basic = Buffer.from(`user:${password}`).toString('base64');
/** Answers of receivers. Some repeat the request. */
const bodies = damagedText(
  fc.constantFrom(
    ...[
      '',
      'out of order sample',
      `authorization: Basic ${basic}`,
      `wrong password ${password}`,
      '{"error":"x"}',
    ],
    ...['series {agent_id="4711", account="uk"} rejected', 'a="'.repeat(1400), '<html>\n<h1>502</h1>'],
  ),
);
const header = fc.oneof(
  fc.constantFrom('7', 'Thu, 15 Jan 2026 10:00:00 GMT', '0', 'application/x-protobuf'),
  piece,
);

/** Answers of a destination: delivered, or a short error that quotes no credential. */
export const receiverAnswer = target(
  'receiver-answer',
  fc.record({
    type: fc.constantFrom(...types),
    status: fc.oneof(
      fc.constantFrom(200, 204, 400, 401, 415, 429, 500, 503),
      fc.integer({ min: 200, max: 999 }),
    ),
    headers: fc.dictionary(
      fc.constantFrom('retry-after', 'content-type', 'x-prometheus-remote-write-samples-written', 'date'),
      header,
    ),
    body: bodies,
  }),
  async ({ type, status, headers, body }) => {
    const options: DestinationOptions = {
      name: 'a',
      type,
      url: new URL('https://receiver.example/write'),
      version: '1.0',
      headers: {},
      labels: {},
      job: 'vcc',
      instance: 'i',
      wants: undefined,
      limits: { maxSamples: 10, maxBytes: 1000 },
      namespace: 'VCC',
      userAgent: 'test',
    };
    const batch: Batch = {
      account: 'uk',
      destination: 'a',
      format: formats[type],
      timestampMs: 1,
      part: 0,
      samples: 1,
      body: Buffer.from('x'),
    };
    const credentials = { user: 'user', password: new Secret(password), token: undefined };
    const result = await parsedLater(
      async () => {
        const authorize = withCredentials('basic', 'a', async () => credentials);
        const send = async () => ({ status, headers, body: Buffer.from(body), headersAtMs: 0 });
        const post = createPost(send, {
          timeoutMs: 1000,
          authorize,
          name: 'a',
          now: () => 1_768_471_200_000,
        });
        const deadline = soon();
        try {
          await createDestination(options, { post, print: () => {} }).deliver(batch, deadline);
        } finally {
          deadline.end();
        }
      },
      [PushError],
      { marked: false },
    );
    if (!('refusal' in result)) {
      assert(status < 300, `took ${status} for a success`);
      return;
    }
    const { message, retryAfterMs = 0 } = result.refusal as PushError;
    assert(!message.includes(basic) && !message.includes(password), message);
    assert(message.length < 700, `${message.length} characters`);
    assert.match(message, /^(POST|PUT) https:\/\/receiver\.example, destination a: answered \d+/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they would reach a terminal
    assert.doesNotMatch(message, /[\u0000-\u001f\u007f]/);
    assert(retryAfterMs >= 0 && retryAfterMs <= longestPauseMs);
  },
  { share: 0.05 },
);
