import { afterEach, describe, expect, test } from '@jest/globals';
import { startServer } from '../support/server.ts';
import { type Answers, createCase, openSender, t0, times } from './cases.ts';
import { type ReceivedRequest, startReceiver } from './receiver.ts';

/**
 * The sender cases of remote write 2.0 in prometheus/compliance about answers, failures and
 * versions, each with its name (docs/explain/remote-write-conformance.md).
 */

const its = createCase('2.0');
afterEach(its.close);

const { send } = its;

const plain = 'test_metric 42\n';
const versions = () =>
  its.receiver.requests.map(({ headers }) => headers['x-prometheus-remote-write-version']);

describe('answers', () => {
  test.each([
    ['no_retry_on_400', 400],
    ['no_retry_on_401', 401],
    ['no_retry_on_404', 404],
    ['no_retry_on_413', 413],
    ['no_retry_on_4xx', 422],
  ])('%s', async (_, status) => {
    const samples = await send(plain, times, (number) => (number === 0 ? { status, body: 'no' } : undefined));
    expect(samples.map(({ timestampMs }) => timestampMs)).toEqual(times);
    expect(its.sender.timing.delays).toEqual([]);
  });

  test.each([
    ['retry_on_500', 500],
    ['retry_on_502', 502],
    ['retry_on_503', 503],
    ['retry_on_504', 504],
  ])('%s: the same bytes', async (_, status) => {
    const samples = await send(plain, times, (number) => (number === 0 ? { status } : undefined));
    expect(samples.map(({ timestampMs }) => timestampMs)).toEqual([t0, ...times]);
    expect(its.receiver.requests[1]!.body).toEqual(its.receiver.requests[0]!.body);
  });

  test.each([
    ['seconds', '7', 7250],
    ['a date', new Date(t0 + 9000).toUTCString(), 9250],
    ['nothing that is known', 'soon', 250],
  ])('may_retry_on_429, retry_on_429: not before Retry-After, %s', async (_, retryAfter, delay) => {
    const headers = { 'retry-after': retryAfter };
    await send(plain, [t0], (number) => (number === 0 ? { status: 429, headers } : undefined));
    expect(its.receiver.requests).toHaveLength(2);
    expect(its.receiver.requests[1]!.body).toEqual(its.receiver.requests[0]!.body);
    expect(its.sender.timing.delays).toEqual([delay]);
  });

  test('exponential_backoff_on_retries, backoff_required, backoff_max_delay, backoff_with_jitter, sender_continues_after_errors', async () => {
    await send(plain, [t0], (number) => (number < 9 ? { status: 503 } : undefined));
    expect(its.receiver.requests).toHaveLength(10);
    // Half of the bound, which doubles and ends at 30 s: the result of a die that always shows the
    // middle.
    expect(its.sender.timing.delays).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  });

  test('retries are bounded: samples older than 15 minutes are dropped', async () => {
    its.receiver = await startReceiver(plain, () => ({ status: 503 }));
    its.sender = openSender(its.receiver, '2.0');
    await its.sender.run(t0);
    expect(its.sender.isWaiting()).toBe(false);
    expect(its.sender.timing.nowMs - t0).toBeGreaterThan(900_000);
    expect(its.sender.timing.nowMs - t0).toBeLessThan(930_000);
    expect(its.sender.log.at(-1)).toEqual({
      level: 'error',
      event: 'samples dropped',
      samples: 2,
      timestampMs: t0,
    });
  });

  test.each([
    ['handle_200_ok', 200, ''],
    ['handle_204_no_content', 204, ''],
    ['ignore_response_body_on_success', 200, 'This body should be ignored'],
    ['handle_partial_write', 200, 'partial'],
  ])('%s', async (_, status, body) => {
    const samples = await send(plain, times, () => ({ status, body }));
    expect(samples.map(({ timestampMs }) => timestampMs)).toEqual(times);
    expect(its.sender.log).toEqual([]);
    expect(versions()).toEqual(['2.0.0', '2.0.0', '2.0.0']);
  });

  test('process_written_count_headers, handle_partial_write_response: fewer written than sent is an error, not sent again', async () => {
    const headers = { 'x-prometheus-remote-write-samples-written': '2' };
    await send('a 1\nb 2\nc 3\n', [t0], () => ({ status: 200, headers }));
    expect(its.receiver.requests).toHaveLength(1);
    expect(its.sender.log.map(({ event, message }) => [event, message])).toEqual([
      [
        'samples rejected',
        `POST ${its.receiver.origin}, destination default: answered 200, but stored 2 of 4 samples`,
      ],
    ]);
  });

  test('handle_missing_written_headers, log_error_messages_verbatim: the first line of an error is in the log', async () => {
    const body = "Error: Invalid label name '__invalid__'\nmore";
    await send(plain, [t0], () => ({ status: 400, body }));
    expect(its.sender.log).toEqual([
      {
        level: 'error',
        event: 'samples rejected',
        code: 'push',
        message: `POST ${its.receiver.origin}, destination default: answered 400: Error: Invalid label name '__invalid__'`,
      },
    ]);
  });

  test('handle_large_error_body, handle_large_error_response', async () => {
    const samples = await send(plain, times, () => ({ status: 400, body: 'x'.repeat(900_000) }));
    expect(samples).toHaveLength(3);
    for (const { message } of its.sender.log) expect(String(message).length).toBeLessThan(400);
  });

  test.each([
    ['handle_empty_response', 500, ''],
    ['handle_invalid_status_code', 999, ''],
  ])('%s', async (_, status, body) => {
    await send(plain, [t0], (number) => (number === 0 ? { status, body } : undefined));
    expect(its.receiver.requests).toHaveLength(2);
  });
});

describe('networks', () => {
  const refuse = async (to: URL) => {
    its.receiver = await startReceiver(plain);
    its.sender = openSender(its.receiver, '2.0', {
      to,
      sendTimeoutMs: 100,
      retry: { retries: 2, baseDelayMs: 500, maxDelayMs: 500 },
    });
    await its.sender.run(t0);
    return its.sender.log.map(({ event, code }) => `${event}: ${code}`);
  };

  test('handle_connection_refused', async () => {
    const gone = await startServer(() => {});
    await gone.close();
    expect(await refuse(new URL(gone.origin))).toEqual(Array(3).fill('attempt failed: push'));
    expect(its.sender.isWaiting()).toBe(true);
  });

  test('handle_timeout', async () => {
    const silent = await startServer(() => {});
    expect(await refuse(new URL(silent.origin))).toEqual(Array(3).fill('attempt failed: push'));
    await silent.close();
  });

  test('handle_malformed_response', async () => {
    const broken = await startServer((request) => request.socket.end('Not valid response headers\r\n\r\n'));
    expect(await refuse(new URL(broken.origin))).toEqual(Array(3).fill('attempt failed: push'));
    await broken.close();
  });

  test('dns_resolution_failure', async () => {
    expect(await refuse(new URL('http://nonexistent.invalid/'))).toEqual(
      Array(3).fill('attempt failed: push'),
    );
  });
});

describe('versions', () => {
  const old: Answers = (_, { request }) =>
    request ? { status: 415, body: 'RW 2.0 not supported' } : undefined;

  test('fallback_on_415_unsupported_media_type, retry_with_different_version, fallback_header_changes, accept_success_after_fallback, persistent_fallback_choice', async () => {
    const samples = await send(plain, times, old);
    expect(versions()).toEqual(['2.0.0', '0.1.0', '0.1.0', '0.1.0']);
    expect(its.receiver.requests.map(({ headers }) => headers['content-type'])).toEqual([
      'application/x-protobuf;proto=io.prometheus.write.v2.Request',
      ...Array(3).fill('application/x-protobuf'),
    ]);
    const [first, ...rest] = samples;
    const { type: _, help: __, unit: ___, ...plainly } = first!;
    expect(rest).toEqual(times.map((timestampMs) => ({ ...plainly, timestampMs })));
    expect(its.sender.log).toEqual([]);
  });

  test('TestNoFallbackOn2xx, TestContentTypeNegotiation: none where the receiver reports what it has written', async () => {
    await send(plain, times);
    expect(versions()).toEqual(['2.0.0', '2.0.0', '2.0.0']);
  });

  test('a success without a count of written samples is that of a receiver that knows 1.0 only', async () => {
    its.receiver = await startReceiver(plain);
    const silent = await startServer((request, response) => {
      request.resume();
      seen.push(String(request.headers['x-prometheus-remote-write-version']));
      response.writeHead(204).end();
    });
    const seen: string[] = [];
    its.sender = openSender(its.receiver, '2.0', { to: new URL(silent.origin) });
    await its.sender.run(...times);
    await silent.close();
    expect(seen).toEqual(['2.0.0', '0.1.0', '0.1.0', '0.1.0']);
  });

  test('rw1_version_header, rw1_content_type, rw1_samples_encoding, rw1_labels_encoding, rw1_no_native_histograms, rw1_no_start_timestamp, rw1_metadata_handling, rw1_symbol_table_not_used, TestRemoteWrite1Configuration', async () => {
    its.receiver = await startReceiver('# HELP c Help\n# TYPE c counter\nc{label="value"} 100\n');
    its.sender = openSender(its.receiver, '1.0');
    await its.sender.run(t0);
    const [{ headers, samples, request }] = its.receiver.requests as [ReceivedRequest];
    expect(headers['x-prometheus-remote-write-version']).toBe('0.1.0');
    expect(headers['content-type']).toBe('application/x-protobuf');
    expect(request).toBeUndefined();
    const own = ['instance', new URL(its.receiver.origin).host, 'job', 'test'];
    expect(samples).toEqual([
      { labels: ['__name__', 'c', ...own, 'label', 'value'], value: 100, timestampMs: t0 },
      { labels: ['__name__', 'up', ...own], value: 1, timestampMs: t0 },
    ]);
  });
});
