import { gunzipSync } from 'node:zlib';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createDestination } from '../../../src/app/destinations.ts';
import { createSend } from '../../../src/http/send.ts';
import type { DestinationOptions, Scraped } from '../../../src/push/destinations/destination.ts';
import { createPost, unauthorized } from '../../../src/push/destinations/post.ts';
import { toBatches, toPushError } from '../../../src/push/outbox/outbox.ts';
import { createSeriesTracker } from '../../../src/push/outbox/series-tracker.ts';
import { soon } from '../../support/deadline.ts';
import {
  ExportMetricsServiceRequestSchema,
  ExportMetricsServiceResponseSchema,
} from '../../support/proto/otlp_pb.ts';
import { familiesOf, readingOf } from '../../support/reading.ts';
import { type ReceiverAnswer, startReceiver } from '../../support/receiver.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
const nowMs = 1_768_471_200_000;

async function setUp(type: DestinationOptions['type'], answer: ReceiverAnswer, path = '/v1/metrics') {
  const receiver = await startReceiver([answer]);
  const send = createSend();
  open.push(receiver, send);
  const printed: string[] = [];
  const destination = createDestination(
    {
      name: 'acme',
      type,
      url: new URL(type === 'otlp' ? path : '/', receiver.origin),
      version: '1.0',
      headers: { 'x-scope-orgid': 'tenant' },
      labels: { env: 'test' },
      job: 'vcc',
      instance: '{account}',
      wants: (metric) => ['vcc_up', 'vcc_agents'].includes(metric),
      limits: { maxSamples: 2000, maxBytes: 180_000 },
      namespace: 'VCC',
      userAgent: 'vcc-exporter/test',
    },
    {
      post: createPost(send, { timeoutMs: 1000, authorize: unauthorized, name: 'default' }),
      print: (line) => printed.push(line),
    },
  );
  const tracker = createSeriesTracker();
  const families = await familiesOf(readingOf([], { account: 'uk' }));
  const batchesOf = (scraped: Partial<Scraped> = {}) =>
    toBatches(destination, { account: 'uk', families, timestampMs: nowMs, ...scraped }, tracker);
  const batches = batchesOf();
  const deliver = () =>
    destination.deliver(batches[0]!, soon()).then(
      () => 'delivered',
      (error: unknown) => error,
    );
  return { received: receiver.received, deliver, batches, batchesOf, printed, destination };
}

describe('OTLP', () => {
  test.each([
    ['/v1/metrics', []],
    ['/api/v1/otlp/v1/metrics', []],
    ['/opentelemetry/v1/metrics', ['job', 'instance']],
    ['/insert/0/opentelemetry/v1/metrics', ['job', 'instance']],
  ])(
    'at %s repeats as attributes %p, which VictoriaMetrics does not make of the resource',
    async (path, names) => {
      const { batches } = await setUp('otlp', {}, path);
      const { resourceMetrics } = fromBinary(ExportMetricsServiceRequestSchema, gunzipSync(batches[0]!.body));
      const { data } = resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!;
      const { attributes } = (data.value as { dataPoints: { attributes: { key: string }[] }[] })
        .dataPoints[0]!;
      const keys = attributes.map(({ key }) => key);
      expect(['job', 'instance'].filter((name) => keys.includes(name))).toEqual(names);
    },
  );

  const otlpAnswer = (message: Parameters<typeof create<typeof ExportMetricsServiceResponseSchema>>[1]) => ({
    status: 200,
    headers: { 'content-type': 'application/x-protobuf' },
    body: toBinary(ExportMetricsServiceResponseSchema, create(ExportMetricsServiceResponseSchema, message)),
  });

  test('is a POST of gzipped protobuf, and a series that vanished has no recorded value', async () => {
    const { received, deliver, batchesOf, destination } = await setUp('otlp', otlpAnswer({}));
    expect(await deliver()).toBe('delivered');
    const [{ method, url, headers, body }] = received as [(typeof received)[0]];
    expect([
      method,
      url,
      headers['content-type'],
      headers['content-encoding'],
      headers['x-scope-orgid'],
    ]).toEqual(['POST', '/v1/metrics', 'application/x-protobuf', 'gzip', 'tenant']);
    const { resourceMetrics } = fromBinary(ExportMetricsServiceRequestSchema, gunzipSync(body));
    const names = resourceMetrics[0]!.scopeMetrics[0]!.metrics.map(({ name }) => name);
    expect(names).toEqual(['vcc_up', 'vcc_agents']);
    const [ended] = batchesOf({ families: [], timestampMs: nowMs + 1 });
    expect(ended!.samples).toBeGreaterThan(4);
    expect(destination.lasting).toBe(true);
  });

  test.each([
    [400, false],
    [429, true],
    [500, false],
    [502, true],
    [503, true],
    [504, true],
  ])('of %s may be sent again: %s', async (status, retryable) => {
    const { deliver } = await setUp('otlp', { status });
    expect(await deliver()).toMatchObject({ status, retryable });
  });

  test('reports how many samples a partial success rejected, and is not sent again', async () => {
    const { deliver, batches } = await setUp(
      'otlp',
      otlpAnswer({ partialSuccess: { rejectedDataPoints: 3n, errorMessage: 'agent_id="A-7" is late' } }),
    );
    expect(await deliver()).toMatchObject({
      status: 200,
      retryable: false,
      message: expect.stringContaining(`rejected 3 of ${batches[0]!.samples} samples: agent_id="…" is late`),
    });
  });

  test('treats a warning without rejected samples as a success', async () => {
    const { deliver } = await setUp('otlp', otlpAnswer({ partialSuccess: { errorMessage: 'deprecated' } }));
    expect(await deliver()).toBe('delivered');
  });
});

describe.each(['remote-write', 'otlp', 'pushgateway'] as const)('%s', (type) => {
  test.each([
    [401, 'VCC_PUSH_AUTH'],
    [403, 'VCC_PUSH_AUTH'],
    [404, 'VCC_PUSH_URL'],
    [405, 'VCC_PUSH_URL'],
    [407, 'HTTPS_PROXY'],
    [304, 'VCC_PUSH_URL'],
  ])('takes %i for wrong settings, and says which to check', async (status, setting) => {
    const { deliver } = await setUp(type, { status, body: 'no' });
    expect(await deliver()).toMatchObject({
      status,
      misconfigured: true,
      message: expect.stringContaining(`; check ${setting}`),
    });
  });

  test.each([400, 402, 408, 409, 410, 413, 415, 422, 429, 500, 503])(
    'does not treat %i as wrong settings',
    async (status) => {
      const { deliver } = await setUp(type, { status });
      expect(await deliver()).toMatchObject({ status, misconfigured: false });
    },
  );

  test('treats a redirect to another host as wrong settings', async () => {
    const { deliver } = await setUp(type, { status: 302, headers: { location: 'http://login.example/' } });
    expect(toPushError(await deliver())).toMatchObject({
      retryable: true,
      misconfigured: true,
      message: expect.stringContaining(
        'redirected (302) to another host; only redirects to the same host are followed; check VCC_PUSH_URL',
      ),
    });
  });
});

describe('a Pushgateway', () => {
  test("is sent a PUT of the group's metrics, which are useless late", async () => {
    const { received, deliver, destination } = await setUp('pushgateway', { status: 202 });
    expect(await deliver()).toBe('delivered');
    expect(received[0]).toMatchObject({ method: 'PUT', url: '/metrics/job/vcc/instance/uk' });
    expect(received[0]!.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(received[0]!.body.toString()).toContain(
      'vcc_up{env="test",job="vcc",instance="uk",account="uk"} 1\n',
    );
    expect(destination.lasting).toBe(false);
  });

  test.each([
    [400, false],
    [429, true],
    [500, true],
  ])('of %s may be sent again: %s', async (status, retryable) => {
    const { deliver } = await setUp('pushgateway', { status, body: 'pushed metrics are invalid' });
    expect(await deliver()).toMatchObject({ status, retryable });
  });
});

test("CloudWatch's documents are printed, a line each, and counted", async () => {
  const { deliver, printed, batches } = await setUp('emf', {});
  expect(await deliver()).toBe('delivered');
  const documents = printed.map((line) => JSON.parse(line));
  const metrics = documents.flatMap(({ _aws }) => _aws.CloudWatchMetrics[0].Metrics);
  expect(metrics).toHaveLength(batches[0]!.samples);
  expect(documents.find(({ vcc_up: up }) => up !== undefined)).toMatchObject({
    account: 'uk',
    env: 'test',
    vcc_up: 1,
  });
});

test.each([
  ['otlp', 'remote-write-1'],
  ['remote-write', 'otlp'],
  ['pushgateway', 'emf'],
] as const)('%s refuses a batch that waited while the type was changed (%s)', async (type, format) => {
  const { destination, batches, received } = await setUp(type, { status: 200 });
  await expect(destination.deliver({ ...batches[0]!, format }, soon())).rejects.toMatchObject({
    message: `the batch has the format ${format}; destination acme is now ${type}`,
    retryable: false,
  });
  expect(received).toEqual([]);
});
