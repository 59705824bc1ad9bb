import { afterEach, describe, expect, test } from '@jest/globals';
import { soon } from '../support/deadline.ts';
import { type Answers, createCase, openSender, t0, times } from './cases.ts';
import { type Answer, type Exposition, type Received, startReceiver } from './receiver.ts';

/**
 * The sender cases of remote write 1.0 in prometheus/compliance, each with its name
 * (docs/explain/remote-write-conformance.md). The suite requires at least one matching sample. Here
 * all received samples are compared.
 */

const its = createCase('1.0');
afterEach(its.close);

const send = (exposition: string | Exposition, at: readonly number[] = times, answers?: Answers) =>
  its.send(exposition, at, answers);
const ups = () => its.all().filter(({ labels }) => labels.includes('up'));
const sample = (
  name: string,
  labels: Record<string, string>,
  value: Received['value'],
  timestampMs: number,
) => its.sample(name, labels, value, { timestampMs });

const gauge = '# HELP gauge \n# TYPE gauge gauge\ngauge 42\n';

describe('types', () => {
  test('Counter: every value of a counter, in its order', async () => {
    const samples = await send((scrape) => `# HELP counter \n# TYPE counter counter\ncounter ${scrape}\n`);
    expect(samples).toEqual(times.map((at, scrape) => sample('counter', {}, scrape, at)));
  });

  test('Gauge: the value of each scrape with its time', async () => {
    const samples = await send((scrape) => `# TYPE now gauge\nnow ${times[scrape]! / 1000}e+03\n`);
    expect(samples).toEqual(times.map((at) => sample('now', {}, at, at)));
  });

  test('Histogram: buckets, sum and count as series of their own', async () => {
    const samples = await send(
      `# HELP histogram \n# TYPE histogram histogram
histogram_bucket{le="1"} 1
histogram_bucket{le="2"} 2
histogram_bucket{le="+Inf"} 2
histogram_sum 3
histogram_count 2
`,
      [t0],
    );
    expect(samples).toEqual([
      sample('histogram_bucket', { le: '1' }, 1, t0),
      sample('histogram_bucket', { le: '2' }, 2, t0),
      sample('histogram_bucket', { le: '+Inf' }, 2, t0),
      sample('histogram_sum', {}, 3, t0),
      sample('histogram_count', {}, 2, t0),
    ]);
  });

  test('Summary: quantiles, sum and count as series of their own', async () => {
    const samples = await send(
      `# HELP summary \n# TYPE summary summary
summary{quantile="0.5"} 2
summary{quantile="0.9"} 3
summary{quantile="0.99"} 3
summary_sum 6
summary_count 3
`,
      [t0],
    );
    expect(samples).toEqual([
      sample('summary', { quantile: '0.5' }, 2, t0),
      sample('summary', { quantile: '0.9' }, 3, t0),
      sample('summary', { quantile: '0.99' }, 3, t0),
      sample('summary_sum', {}, 6, t0),
      sample('summary_count', {}, 3, t0),
    ]);
  });
});

describe('up', () => {
  test('Up: up is 1 for each scrape', async () => {
    await send(gauge);
    expect(ups()).toEqual(times.map((at) => sample('up', {}, 1, at)));
  });

  test('Invalid: up is 0 for an invalid exposition', async () => {
    const samples = await send('\n# this is not valid prometheus\n1234notvali}{ 444\n');
    expect(samples).toEqual([]);
    expect(ups()).toEqual(times.map((at) => sample('up', {}, 0, at)));
    expect(its.sender.log).toEqual(
      times.map(() => ({
        level: 'error',
        event: 'scrape failed',
        code: 'shape',
        message: 'exposition, line 3: expected a metric name of letters, digits, _ and :',
      })),
    );
  });

  test.each<[string, Answer]>([
    ['an error', { status: 503, body: gauge }],
    ['nothing that is known', { status: 200, headers: { 'content-type': 'text/html' }, body: gauge }],
  ])('up is 0 where the target answers with %s', async (_, answer) => {
    expect(await send(() => answer, [t0])).toEqual([]);
    expect(ups()).toEqual([sample('up', {}, 0, t0)]);
  });
});

describe('labels', () => {
  test('JobLabel: every sample has the label job', async () => {
    const samples = await send(gauge);
    expect(samples).toEqual(times.map((at) => sample('gauge', {}, 42, at)));
    for (const { labels } of its.all()) expect(labels[labels.indexOf('job') + 1]).toBe('test');
  });

  test('InstanceLabel: every sample has the address of the target as instance', async () => {
    const samples = await send(gauge);
    expect(samples).toHaveLength(3);
    for (const { labels } of its.all()) {
      expect(labels[labels.indexOf('instance') + 1]).toMatch(/^127\.0\.0\.1:\d+$/);
    }
  });

  test('SortedLabels: labels are sorted', async () => {
    const samples = await send('\n# HELP test A gauge\n# TYPE test gauge\ntest{b="2",a="1"} 1.0\n', [t0]);
    expect(samples).toEqual([sample('test', { a: '1', b: '2' }, 1, t0)]);
    expect(samples[0]!.labels.filter((_, at) => at % 2 === 0)).toEqual([
      '__name__',
      'a',
      'b',
      'instance',
      'job',
    ]);
  });

  test('RepeatedLabels: a label twice fails the scrape', async () => {
    expect(await send('# HELP test A gauge\n# TYPE test gauge\ntest{a="1",a="1"} 1.0\n')).toEqual([]);
    expect(ups()).toEqual(times.map((at) => sample('up', {}, 0, at)));
  });

  test('EmptyLabels: an empty label is left out', async () => {
    const samples = await send('# HELP test A gauge\n# TYPE test gauge\ntest{a=""} 1.0\n', [t0]);
    expect(samples).toEqual([sample('test', {}, 1, t0)]);
  });

  test('NameLabel: a sample without a name fails the scrape', async () => {
    expect(await send('# HELP test A gauge\n# TYPE test gauge\n{label="value"} 1.0\n')).toEqual([]);
    expect(ups()).toEqual(times.map((at) => sample('up', {}, 0, at)));
  });

  test('HonorLabels: job and instance of the exposition become exported_job and exported_instance', async () => {
    const samples = await send('# TYPE test gauge\ntest{job="original", instance="foo"} 1.0\n', [t0]);
    expect(samples).toEqual([sample('test', { exported_job: 'original', exported_instance: 'foo' }, 1, t0)]);
  });
});

describe('the rest', () => {
  test('Staleness: a series that vanishes is ended by one stale marker', async () => {
    const samples = await send((scrape) => (scrape === 0 ? '# TYPE stale gauge\nstale 0\n' : ''));
    expect(samples).toEqual([sample('stale', {}, 0, t0), sample('stale', {}, 'stale', times[1])]);
    expect(ups().map(({ value }) => value)).toEqual([1, 1, 1]);
  });

  test('Staleness: all series end with a failed scrape, and continue with the next one', async () => {
    const samples = await send((scrape) => (scrape === 1 ? '}' : `a 1\nb 2 ${t0}\nc{a="1"} 3\n`));
    expect(samples).toEqual([
      sample('b', {}, 2, t0),
      sample('a', {}, 1, t0),
      sample('c', { a: '1' }, 3, t0),
      sample('a', {}, 'stale', times[1]),
      sample('c', { a: '1' }, 'stale', times[1]),
      sample('b', {}, 2, t0),
      sample('a', {}, 1, times[2]),
      sample('c', { a: '1' }, 3, times[2]),
    ]);
    expect(ups().map(({ value }) => value)).toEqual([1, 0, 1]);
  });

  test('Staleness: a NaN of the exposition is no stale marker', async () => {
    expect(await send('x NaN\n', [t0])).toEqual([sample('x', {}, Number.NaN, t0)]);
  });

  test('Staleness: a rejected end is sent again', async () => {
    const answers = (number: number) => (number === 1 ? { status: 400 } : undefined);
    const samples = await send((scrape) => (scrape === 0 ? 'x 1\n' : ''), times, answers);
    expect(samples).toEqual([
      sample('x', {}, 1, t0),
      sample('x', {}, 'stale', times[1]),
      sample('x', {}, 'stale', times[2]),
    ]);
  });

  test('Timestamp: times are those of the scrapes and grow', async () => {
    await send(gauge);
    expect(its.all().map(({ timestampMs }) => timestampMs)).toEqual(times.flatMap((at) => [at, at]));
  });

  test('Headers: those of remote write 1.0, over POST', async () => {
    await send(gauge);
    expect(its.receiver.requests).toHaveLength(3);
    for (const { method, headers } of its.receiver.requests) {
      expect(method).toBe('POST');
      expect(headers).toMatchObject({
        'content-encoding': 'snappy',
        'content-type': 'application/x-protobuf',
        'user-agent': 'vcc-exporter/conformance',
        'x-prometheus-remote-write-version': '0.1.0',
      });
    }
    for (const headers of its.receiver.scrapes) {
      expect(headers).toMatchObject({
        accept: 'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
        'x-prometheus-scrape-timeout-seconds': '10',
      });
    }
    expect(its.receiver.scrapes).toHaveLength(3);
  });

  test('Ordering: a thousand series stay in order at a slow receiver', async () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `test{i="${index}"} 1\n`).join('');
    its.receiver = await startReceiver(`# TYPE test gauge\n${lines}`, (number) =>
      number % 2 === 0 ? { status: 503 } : undefined,
    );
    its.sender = openSender(its.receiver, '1.0', { limits: { maxSamples: 300, maxBytes: 1_000_000 } });
    // Scrapes do not wait for the receiver.
    for (const at of times) await its.sender.scrape(at, soon());
    await its.sender.send(soon());
    const arrived = its.receiver.requests
      .filter((_, number) => number % 2 === 1)
      .flatMap(({ samples }) => samples);
    expect(arrived).toHaveLength(3 * 1001);
    const expected = times.flatMap((at) => [
      ...Array.from({ length: 1000 }, (_, i) => sample('test', { i: String(i) }, 1, at)),
      sample('up', {}, 1, at),
    ]);
    expect(arrived).toEqual(expected);
  });

  test('Retries500: a rejected request is sent again, the same bytes, before the next one', async () => {
    const samples = await send('now 1\n', times, (number) =>
      number < 2 ? { status: 500, body: 'internal server error' } : undefined,
    );
    expect(samples.map(({ timestampMs }) => timestampMs)).toEqual([t0, t0, ...times]);
    const [first, second, third] = its.receiver.requests.map(({ body }) => body);
    expect(second).toEqual(first);
    expect(third).toEqual(first);
    // Full jitter, at half of the bound.
    expect(its.sender.timing.delays).toEqual([250, 500]);
  });

  test.each([400, 401, 403, 404, 408, 409, 413, 415, 422])(
    'Retries400: a request that is answered %i is never sent again',
    async (status) => {
      const samples = await send('now 1\n', times, (number) => (number === 0 ? { status } : undefined));
      expect(samples.map(({ timestampMs }) => timestampMs)).toEqual(times);
      expect(its.sender.timing.delays).toEqual([]);
      expect(its.sender.failures()).toBe(1);
    },
  );
});
