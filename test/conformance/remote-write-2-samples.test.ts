import { afterEach, describe, expect, test } from '@jest/globals';
import { createCase, openMetrics, t0, times } from './cases.ts';

/**
 * The sender cases of remote write 2.0 in prometheus/compliance about samples and metadata, each
 * with its name (docs/explain/remote-write-conformance.md).
 */

const its = createCase('2.0');
afterEach(its.close);

const { send, sample } = its;

const counter = { type: 'COUNTER' };
const histogram = { type: 'HISTOGRAM' };
const summary = { type: 'SUMMARY' };
const plain = 'test_metric 42\n';

describe('samples', () => {
  test.each([
    ['float_value_encoding', '123.45', 123.45],
    ['integer_value_encoding', '42', 42],
    ['zero_value_encoding', '0', 0],
    ['negative_value_encoding', '-15.5', -15.5],
    ['positive_infinity_encoding', '+Inf', Number.POSITIVE_INFINITY],
    ['negative_infinity_encoding', '-Inf', Number.NEGATIVE_INFINITY],
    ['nan_encoding', 'NaN', Number.NaN],
    ['large_float_values', '1.7976931348623157e+308', Number.MAX_VALUE],
    ['small_float_values', '2.2250738585072014e-308', 2.2250738585072014e-308],
    ['scientific_notation', '1.23e-4', 0.000123],
    ['precision_preservation', '0.123456789012345', 0.123456789012345],
  ])('%s', async (_, text, value) => {
    expect(await send(`test_metric ${text}\n`)).toEqual([sample('test_metric', {}, value)]);
  });

  test('special_float_combinations', async () => {
    const values = { nan: Number.NaN, inf: Infinity, ninf: -Infinity, zero: 0, negative: -123.45 };
    const text = Object.entries(values).map(([type, value]) => `special_values{type="${type}"} ${value}\n`);
    expect(await send(text.join(''))).toEqual(
      Object.entries(values).map(([type, value]) => sample('special_values', { type }, value)),
    );
  });

  test('timestamp_milliseconds_format, timestamp_int64_milliseconds, timestamp_recent, timestamp_precision, timestamp_future_values; timestamp: the time of the scrape, to the millisecond', async () => {
    expect(await send(plain, [t0 + 123])).toEqual([sample('test_metric', {}, 42, { timestampMs: t0 + 123 })]);
  });

  test('multiple_samples_same_series, timestamp_ordering_within_series, TestSampleOrdering: later samples follow', async () => {
    const samples = await send('metric_a 1\nmetric_b 2\nmetric_c 3\n', times);
    expect(samples).toEqual(
      times.flatMap((timestampMs) => [
        sample('metric_a', {}, 1, { timestampMs }),
        sample('metric_b', {}, 2, { timestampMs }),
        sample('metric_c', {}, 3, { timestampMs }),
      ]),
    );
    for (const { request } of its.receiver.requests) {
      for (const { samples } of request!.timeseries) expect(samples).toHaveLength(1);
    }
  });

  test('sample: value, explicit_timestamp: a time in the exposition is kept', async () => {
    const samples = await send(`# TYPE test_counter_total counter
test_counter_total 101.13 ${t0 - 5000}
# TYPE test_histogram histogram
test_histogram_count 100
test_histogram_sum 250.0 ${t0 - 5000}
test_histogram_bucket{le="+Inf"} 100
`);
    expect(samples).toEqual([
      sample('test_counter_total', {}, 101.13, { timestampMs: t0 - 5000, ...counter }),
      sample('test_histogram_sum', {}, 250, { timestampMs: t0 - 5000, ...histogram }),
      sample('test_histogram_count', {}, 100, histogram),
      sample('test_histogram_bucket', { le: '+Inf' }, 100, histogram),
    ]);
  });

  test('zero_timestamp', async () => {
    expect(await send('test_metric 42 0\n')).toEqual([sample('test_metric', {}, 42, { timestampMs: 0 })]);
  });

  test('future_timestamp: a sample of tomorrow, which would make a receiver reject all later ones, is left out', async () => {
    expect(await send(`test_metric 42 ${t0 + 86_400_000}\n`)).toEqual([]);
    expect(its.all().map(({ value }) => value)).toEqual([1]);
  });

  test('stale_marker: the marker, bit by bit, for a series that vanished', async () => {
    const samples = await send((scrape) => (scrape === 0 ? plain : ''), times);
    const gone = { timestampMs: times[1] };
    expect(samples).toEqual([sample('test_metric', {}, 42), sample('test_metric', {}, 'stale', gone)]);
  });

  test('stale_marker: StaleNaN is no number of an exposition', async () => {
    expect(await send('test_metric StaleNaN\n')).toEqual([]);
    expect(its.all().map(({ value }) => value)).toEqual([0]);
  });

  test('empty_scrape', async () => {
    expect(await send('# No metrics\n')).toEqual([]);
    expect(its.all().map(({ value }) => value)).toEqual([1]);
  });
});

describe('metadata', () => {
  const metadata = `# HELP http_requests_total Total HTTP requests
# TYPE http_requests_total counter
http_requests_total 100
# HELP memory_usage_bytes Current memory usage
# TYPE memory_usage_bytes gauge
# UNIT memory_usage_bytes bytes
memory_usage_bytes 1048576
# TYPE request_duration_seconds histogram
request_duration_seconds_bucket{le="+Inf"} 100
request_duration_seconds_sum 50.0
request_duration_seconds_count 100
# TYPE rpc_duration_seconds summary
rpc_duration_seconds{quantile="0.5"} 0.05
rpc_duration_seconds_sum 100.0
rpc_duration_seconds_count 1000
`;

  test.each([
    ['text', metadata, ''],
    ['OpenMetrics', openMetrics(metadata), 'bytes'],
  ])(
    'metadata_type_counter, metadata_type_gauge, metadata_type_histogram, metadata_type_summary, metadata_help_text, metadata_unit, metadata_empty_help_allowed, metadata_batching; type_counter, type_gauge, type_histogram, type_summary, help, unit: of %s',
    async (_, exposition, unit) => {
      const gauge = { type: 'GAUGE', help: 'Current memory usage', unit };
      expect(await send(exposition)).toEqual([
        sample('http_requests_total', {}, 100, { ...counter, help: 'Total HTTP requests' }),
        sample('memory_usage_bytes', {}, 1_048_576, gauge),
        sample('request_duration_seconds_bucket', { le: '+Inf' }, 100, histogram),
        sample('request_duration_seconds_sum', {}, 50, histogram),
        sample('request_duration_seconds_count', {}, 100, histogram),
        sample('rpc_duration_seconds', { quantile: '0.5' }, 0.05, summary),
        sample('rpc_duration_seconds_sum', {}, 100, summary),
        sample('rpc_duration_seconds_count', {}, 1000, summary),
      ]);
    },
  );

  test('gauge histograms, infos and state sets of OpenMetrics', async () => {
    const samples = await send(
      openMetrics(`# TYPE g gaugehistogram
g_bucket{le="+Inf"} 1
g_gcount 1
g_gsum 5
# TYPE i info
i_info{a="1"} 1
# TYPE s stateset
s{s="on"} 1
`),
    );
    const of = { type: 'GAUGEHISTOGRAM' };
    expect(samples).toEqual([
      sample('g_bucket', { le: '+Inf' }, 1, of),
      sample('g_gcount', {}, 1, of),
      sample('g_gsum', {}, 5, of),
      sample('i_info', { a: '1' }, 1, { type: 'INFO' }),
      sample('s', { s: 'on' }, 1, { type: 'GAUGE' }),
    ]);
  });

  test('metadata_help_with_newlines: of two descriptions the last', async () => {
    const samples = await send(`# HELP m This is a help text\n# HELP m of two\\nlines\nm 42\n`);
    expect(samples).toEqual([sample('m', {}, 42, { help: 'of two\nlines' })]);
  });

  test('metadata_help_with_special_chars, help_with_special_chars', async () => {
    const help = '🚀 测试 yolo/d "quotes" and \\backslashes\\';
    expect(await send(`# HELP m ${help}\nm 42`)).toEqual([sample('m', {}, 42, { help })]);
  });

  test('metadata_help_refs_valid, metadata_consistent_across_series, samples_with_metadata, mixed_labels_and_metadata', async () => {
    const samples = await send(
      '# HELP x_total All x\n# TYPE x_total counter\nx_total{method="GET"} 100\nx_total{method="POST"} 50\n',
    );
    const more = { ...counter, help: 'All x' };
    expect(samples).toEqual([
      sample('x_total', { method: 'GET' }, 100, more),
      sample('x_total', { method: 'POST' }, 50, more),
    ]);
    const [get, post] = its.receiver.requests[0]!.request!.timeseries;
    expect(get!.metadata).toEqual(post!.metadata);
  });
});

describe('histograms and combinations', () => {
  test('native_histogram_structure, histogram_count_present, histogram_sum_present, histogram_buckets_ordered, histogram_timestamp, histogram_no_mixed_with_samples, complete_metric_family: classic parts, in their order', async () => {
    const samples = await send(`# HELP d Duration\n# TYPE d histogram
d_bucket{le="0.1"} 50
d_bucket{le="0.5"} 150
d_bucket{le="1.0"} 250
d_bucket{le="+Inf"} 300
d_sum 200.5
d_count 300
`);
    const more = { ...histogram, help: 'Duration' };
    expect(samples).toEqual([
      sample('d_bucket', { le: '0.1' }, 50, more),
      sample('d_bucket', { le: '0.5' }, 150, more),
      sample('d_bucket', { le: '1.0' }, 250, more),
      sample('d_bucket', { le: '+Inf' }, 300, more),
      sample('d_sum', {}, 200.5, more),
      sample('d_count', {}, 300, more),
    ]);
  });

  test.each([
    ['histogram_empty_buckets', 0, 0],
    ['histogram_large_counts', 1e9, 5e9],
  ])('%s', async (_, count, sum) => {
    const text = `# TYPE h histogram\nh_count ${count}\nh_sum ${sum}\nh_bucket{le="+Inf"} ${count}\n`;
    expect(await send(text)).toEqual([
      sample('h_count', {}, count, histogram),
      sample('h_sum', {}, sum, histogram),
      sample('h_bucket', { le: '+Inf' }, count, histogram),
    ]);
  });

  test('samples_with_exemplars, histogram_with_metadata_and_exemplars: samples are sent, exemplars are left out', async () => {
    const samples = await send(
      openMetrics(`# TYPE d histogram
d_bucket{le="0.1"} 50 # {trace_id="abc123xyz"} 0.05 1234567890.123
d_bucket{le="+Inf"} 100
# TYPE r counter
r_total 1000 # {trace_id="abc123",span_id="def456"} 999
`),
    );
    expect(samples).toEqual([
      sample('d_bucket', { le: '0.1' }, 50, histogram),
      sample('d_bucket', { le: '+Inf' }, 100, histogram),
      sample('r_total', {}, 1000, counter),
    ]);
  });

  test('multiple_metric_types, mixed_sample_and_histogram_families, real_world_scenario: `up` of the target does not count', async () => {
    const samples = await send(`# TYPE up gauge
up 7

# TYPE cpu_seconds_total counter
cpu_seconds_total 45.67

# TYPE alloc_bytes gauge
alloc_bytes 2097152

# TYPE d histogram
d_bucket{le="+Inf"} 500
d_sum 125.5
d_count 500
untyped_sum 50.0
`);
    expect(samples).toEqual([
      sample('cpu_seconds_total', {}, 45.67, counter),
      sample('alloc_bytes', {}, 2_097_152, { type: 'GAUGE' }),
      sample('d_bucket', { le: '+Inf' }, 500, histogram),
      sample('d_sum', {}, 125.5, histogram),
      sample('d_count', {}, 500, histogram),
      sample('untyped_sum', {}, 50),
    ]);
    expect(its.all().at(-1)).toMatchObject({ value: 1, type: 'GAUGE' });
  });

  test('multiple_series_per_request, many_timeseries, high_cardinality, TestRobustnessUnderLoad: one request for all', async () => {
    const names = Array.from({ length: 200 }, (_, at) => String(at));
    const samples = await send(names.map((at) => `load{path="/${at}"} ${at}\n`).join(''));
    expect(samples).toEqual(names.map((at) => sample('load', { path: `/${at}` }, Number(at))));
    expect(its.receiver.requests).toHaveLength(1);
  });

  test('batch_size_reasonable, TestConcurrentRequests: at most 5000 series, one request after the other', async () => {
    const samples = await send(
      Array.from({ length: 12_000 }, (_, at) => `metric{label="${at}"} 1\n`).join(''),
    );
    expect(samples).toHaveLength(12_000);
    expect(its.receiver.requests.map(({ samples }) => samples.length)).toEqual([5000, 5000, 2001]);
    expect(new Set(samples.map(({ labels }) => labels.join())).size).toBe(12_000);
  });
});
