import { afterEach, describe, expect, test } from '@jest/globals';
import { createCase, openSender, t0 } from './cases.ts';
import { type ReceivedRequest, startReceiver } from './receiver.ts';

/**
 * The sender cases of remote write 2.0 in prometheus/compliance about requests, symbols and labels,
 * each with its name (docs/explain/remote-write-conformance.md).
 */

const its = createCase('2.0');
afterEach(its.close);

const { send, sample } = its;

const plain = 'test_metric 42\n';

describe('protocol', () => {
  test('post_method, TestHTTPMethod, content_type_protobuf, content_type_with_proto_param, content_encoding_snappy, version_header_present, version_header_value, user_agent_present; ContentType, VersionHeader, UserAgent, HTTPRequest, ProtobufV2Format', async () => {
    await send(plain);
    const [{ method, headers }] = its.receiver.requests as [ReceivedRequest];
    expect(method).toBe('POST');
    expect(headers).toMatchObject({
      'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '2.0.0',
      'user-agent': 'vcc-exporter/conformance',
    });
  });

  test('custom headers are sent too, and override none of these', async () => {
    its.receiver = await startReceiver(plain);
    const taken = { 'content-type': 'text/plain', 'user-agent': 'x', 'content-encoding': 'gzip' };
    its.sender = openSender(its.receiver, '2.0', { headers: { ...taken, 'x-scope-orgid': '7' } });
    await its.sender.run(t0);
    expect(its.receiver.requests[0]!.headers).toMatchObject({
      'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
      'content-encoding': 'snappy',
      'user-agent': 'vcc-exporter/conformance',
      'x-scope-orgid': '7',
    });
  });

  test('snappy_block_format, protobuf_parseable; Snappy, ProtobufBinaryFormat, ProtobufDeserialization, StrictRW2Receiver: decoded by independent code without unknown fields', async () => {
    expect(await send(plain)).toEqual([sample('test_metric', {}, 42)]);
    const [{ body, message, request }] = its.receiver.requests as [ReceivedRequest];
    // The framed format begins with its name.
    expect(body.subarray(0, 10)).not.toEqual(Buffer.from('ff060000734e61507059', 'hex'));
    expect(message.length).toBeGreaterThan(0);
    expect(
      JSON.stringify(request, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    ).not.toContain('$unknown');
  });
});

describe('symbols', () => {
  const text = `http_requests_total{method="GET",status="200",handler="/api/v1"} 100
http_requests_total{method="POST",status="200",handler="/api/v1"} 50
http_requests_total{method="GET",status="404",handler="/api/v1"} 10
http_requests_total{method="GET",status="200",handler="/api/v2"} 75
`;

  test('empty_string_at_index_zero, symbols_empty_at_index_zero, string_deduplication, symbols_deduplication, labels_refs_valid_indices, labels_refs_even_length, TestSymbolTableEfficiency, efficient_symbol_reuse, handles_varying_cardinality, high_cardinality_labels', async () => {
    const samples = await send(text);
    expect(samples.map(({ value }) => value)).toEqual([100, 50, 10, 75]);
    const { symbols, timeseries } = its.receiver.requests[0]!.request!;
    expect(symbols).toEqual([
      '',
      ...[
        '__name__',
        'http_requests_total',
        'handler',
        '/api/v1',
        'instance',
        new URL(its.receiver.origin).host,
      ],
      ...['job', 'test', 'method', 'GET', 'status', '200', 'POST', '404', '/api/v2'],
      ...['up', 'Whether the target could be scraped.'],
    ]);
    for (const { labelsRefs } of timeseries) {
      expect(labelsRefs.length % 2).toBe(0);
      for (const ref of labelsRefs) expect(ref).toBeLessThan(symbols.length);
    }
  });
});

describe('labels', () => {
  const long = 'very_long_label_name_that_exceeds_normal_length_but_is_still_valid';
  test.each<[string, string, [string, Record<string, string>]]>([
    [
      'label_lexicographic_ordering',
      'test_metric{zzz="3",bbb="2",aaa="1"}',
      ['test_metric', { aaa: '1', bbb: '2', zzz: '3' }],
    ],
    ['metric_name_label_present', 'test_metric', ['test_metric', {}]],
    [
      'metric_name_format_valid',
      'valid_metric_name:subsystem_total',
      ['valid_metric_name:subsystem_total', {}],
    ],
    ['metric_name_with_colons', 'http:request:duration:seconds', ['http:request:duration:seconds', {}]],
    [
      'label_name_format_valid',
      'test_metric{valid_label="value",another_1="val2"}',
      ['test_metric', { another_1: 'val2', valid_label: 'value' }],
    ],
    ['label_names_not_empty', 'test_metric{label="value"}', ['test_metric', { label: 'value' }]],
    [
      'empty_label_value, label_values_may_be_empty',
      'test_metric{foo="",bar="qux"}',
      ['test_metric', { bar: 'qux' }],
    ],
    [
      'unicode_in_label_values',
      'test_metric{emoji="🚀",chinese="测试"}',
      ['test_metric', { chinese: '测试', emoji: '🚀' }],
    ],
    [
      'unicode_in_labels',
      'test_metric{arabic="مرحبا",vietnamese="tôi yêu việt nam"}',
      ['test_metric', { arabic: 'مرحبا', vietnamese: 'tôi yêu việt nam' }],
    ],
    [
      'special_chars_in_label_values',
      'test_metric{path="/api/v1/users",query="foo=bar&baz=qux"}',
      ['test_metric', { path: '/api/v1/users', query: 'foo=bar&baz=qux' }],
    ],
    ['very_long_label_names', `test_metric{${long}="value"}`, ['test_metric', { [long]: 'value' }]],
    [
      'very_long_label_values, huge_label_values',
      `test_metric{large_label="${'x'.repeat(10_000)}"}`,
      ['test_metric', { large_label: 'x'.repeat(10_000) }],
    ],
    [
      'very_long_metric_name',
      `metric_${'very_long_name_'.repeat(50)}`,
      [`metric_${'very_long_name_'.repeat(50)}`, {}],
    ],
    [
      'many_labels_per_series',
      `test_metric{${Array.from({ length: 10 }, (_, at) => `l${at}="v${at}"`)}}`,
      ['test_metric', Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`l${at}`, `v${at}`]))],
    ],
  ])('%s', async (_, series, [name, labels]) => {
    expect(await send(`${series} 42`)).toEqual([sample(name, labels, 42)]);
  });

  test('no_duplicate_label_names: a label twice fails the scrape', async () => {
    expect(await send('test_metric{foo="bar",foo="qux"} 42')).toEqual([]);
    expect(its.all().map(({ value }) => value)).toEqual([0]);
  });

  test('reserved_label_prefix: a second __name__ fails the scrape', async () => {
    expect(await send('test_metric{__name__="other"} 42')).toEqual([]);
    expect(its.all().map(({ value }) => value)).toEqual([0]);
  });

  test('job_instance_labels_present', async () => {
    await send(plain);
    for (const { labels } of its.all()) {
      expect(labels).toEqual(
        expect.arrayContaining(['job', 'test', 'instance', new URL(its.receiver.origin).host]),
      );
    }
  });
});
