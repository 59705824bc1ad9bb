import { afterEach, describe, expect, test } from '@jest/globals';
import { uncompressSync } from 'snappy';
import { createDestination } from '../../../src/app/destinations.ts';
import { createSend } from '../../../src/http/send.ts';
import type { DestinationOptions } from '../../../src/push/destinations/destination.ts';
import { createPost, unauthorized } from '../../../src/push/destinations/post.ts';
import { toBatches } from '../../../src/push/outbox/outbox.ts';
import { createSeriesTracker } from '../../../src/push/outbox/series-tracker.ts';
import type { Batch } from '../../../src/push/queue.ts';
import { soon } from '../../support/deadline.ts';
import { familiesOf, readingOf } from '../../support/reading.ts';
import { type Received, startReceiver } from '../../support/receiver.ts';
import { plain, read1, read2 } from '../../support/remote-write.ts';

describe('delivering', () => {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });

  async function setUp(version: '1.0' | '2.0', answers: Parameters<typeof startReceiver>[0]) {
    const receiver = await startReceiver(answers);
    const send = createSend();
    open.push(receiver, send);
    const options: DestinationOptions = {
      name: 'acme',
      type: 'remote-write',
      url: new URL(`${receiver.origin}/api/v1/write?x=1`),
      version,
      headers: { 'X-Scope-OrgID': 'tenant' },
      labels: { env: 'test', account: 'not this' },
      job: 'vcc',
      instance: 'i-{account}',
      wants: undefined,
      limits: { maxSamples: 2000, maxBytes: 180_000 },
      namespace: 'VCC',
      userAgent: 'vcc-exporter/test',
    };
    const post = createPost(send, { timeoutMs: 500, authorize: unauthorized, name: 'default' });
    const destination = createDestination(options, { post, print: () => {} });
    const scraped = {
      account: 'uk',
      families: await familiesOf(readingOf([])),
      timestampMs: 1_768_471_200_000,
    };
    const [batch] = toBatches(destination, scraped, createSeriesTracker());
    const deliver = async (each: Batch = batch!) => {
      try {
        await destination.deliver(each, soon());
        return 'delivered';
      } catch (error) {
        return error as { retryable: boolean; status?: number; retryAfterMs?: number; message: string };
      }
    };
    return { received: receiver.received as Received[], deliver, batch: batch!, destination };
  }

  test('is a POST with the headers of 1.0, and the labels of the destination', async () => {
    const { received, deliver, batch } = await setUp('1.0', [{ status: 204 }]);
    expect(await deliver()).toBe('delivered');
    const [{ method, url, headers, body }] = received as [Received];
    expect([method, url]).toEqual(['POST', '/api/v1/write?x=1']);
    expect(headers).toMatchObject({
      'content-encoding': 'snappy',
      'content-type': 'application/x-protobuf',
      'x-prometheus-remote-write-version': '0.1.0',
      'user-agent': 'vcc-exporter/test',
      'x-scope-orgid': 'tenant',
      'content-length': String(batch.body.length),
    });
    expect(body.equals(batch.body)).toBe(true);
    const series = read1(uncompressSync(body) as Buffer);
    expect(series).toHaveLength(batch.samples);
    for (const { labels, timestampMs } of series) {
      expect(timestampMs).toBe(1_768_471_200_000);
      expect(labels).toEqual(labels.toSorted(([a], [b]) => (a! < b! ? -1 : 1)));
      expect(Object.fromEntries(labels)).toMatchObject({ job: 'vcc', instance: 'i-uk', env: 'test' });
    }
  });

  test('is a POST with the headers of 2.0', async () => {
    const written = { 'x-prometheus-remote-write-samples-written': '9999' };
    const { received, deliver } = await setUp('2.0', [{ status: 204, headers: written }]);
    expect(await deliver()).toBe('delivered');
    expect(received[0]!.headers).toMatchObject({
      'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
      'x-prometheus-remote-write-version': '2.0.0',
    });
  });

  test.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [400, { retryable: false, status: 400 }],
    [401, { retryable: false, status: 401 }],
    [404, { retryable: false, status: 404 }],
    [408, { retryable: false, status: 408 }],
    [413, { retryable: false, status: 413 }],
    [415, { retryable: false, status: 415 }],
    [429, { retryable: true, status: 429 }],
    [500, { retryable: true, status: 500 }],
    [503, { retryable: true, status: 503 }],
  ])('of %s is judged by the rules of 1.0', async (status, outcome) => {
    const { deliver, received } = await setUp('1.0', [{ status, body: 'because' }]);
    const found = await deliver();
    if (typeof outcome === 'string') expect(found).toBe(outcome);
    else {
      expect(found).toMatchObject(outcome);
      expect(String(found)).toMatch(
        /^PushError: POST http:\/\/[\d.:]+, destination default: answered \d+: because(; check .+)?$/,
      );
    }
    expect(received).toHaveLength(1);
  });

  test('obeys Retry-After in seconds and as a date', async () => {
    const soon = new Date(Date.now() + 90_000).toUTCString();
    const { deliver } = await setUp('1.0', [
      { status: 429, headers: { 'retry-after': '7' } },
      { status: 503, headers: { 'retry-after': soon } },
    ]);
    expect(await deliver()).toMatchObject({ retryAfterMs: 7000 });
    const { retryAfterMs } = (await deliver()) as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThan(80_000);
    expect(retryAfterMs).toBeLessThanOrEqual(90_000);
  });

  test('waits at most five minutes, whatever Retry-After says', async () => {
    const { deliver } = await setUp('1.0', [{ status: 503, headers: { 'retry-after': '99999999' } }]);
    expect(await deliver()).toMatchObject({ retryAfterMs: 300_000 });
  });

  test.each([
    ['415', { status: 415 }],
    ['a 2xx that does not say what it wrote', { status: 204 }],
  ])('of 2.0 falls back to 1.0 after %s, and stays there', async (_, older) => {
    const { received, deliver, batch } = await setUp('2.0', [older, { status: 204 }, { status: 204 }]);
    expect(await deliver()).toBe('delivered');
    expect(await deliver()).toBe('delivered');
    const versions = received.map(({ headers }) => headers['x-prometheus-remote-write-version']);
    expect(versions).toEqual(['2.0.0', '0.1.0', '0.1.0']);
    const [first, second] = received as [Received, Received];
    expect(plain(read1(uncompressSync(second.body) as Buffer))).toEqual(
      plain(read2(uncompressSync(first.body) as Buffer)),
    );
    expect(second.body.equals(received[2]!.body)).toBe(true);
    expect(batch.format).toBe('remote-write-2');
  });

  test('of 2.0 reports when fewer samples were written than sent', async () => {
    const written = { 'x-prometheus-remote-write-samples-written': '3' };
    const { deliver, batch } = await setUp('2.0', [{ status: 200, headers: written }]);
    expect(await deliver()).toMatchObject({
      retryable: false,
      message: expect.stringContaining(`answered 200, but stored 3 of ${batch.samples} samples`),
    });
  });

  test('is tried again after no answer, a cut one, and no connection', async () => {
    const { deliver } = await setUp('1.0', [{ how: 'hang' }, { how: 'cut' }, { status: 204 }]);
    for (const reason of [/no answer within 500 ms/, /the connection was cut/]) {
      await expect(deliver()).resolves.toMatchObject({
        message: expect.stringMatching(reason),
        retryable: true,
      });
    }
    expect(await deliver()).toBe('delivered');
  });
});
