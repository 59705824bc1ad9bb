import { afterEach, describe, expect, test } from '@jest/globals';
import { run } from '../../src/cli/run.ts';
import { startReceiver, type TestReceiver } from '../support/remote-write-receiver.ts';

let receiver: TestReceiver;
afterEach(() => receiver?.close());

/** Runs the command; `stop` is what a signal does. */
function forward(...args: string[]) {
  const notes: string[] = [];
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const note = (line: string) => void notes.push(line);
  const outlastReaders = () => {};
  const terminal = { env: {}, folder: '/', print: note, note, interactive: false, stopped, outlastReaders };
  return { status: run(terminal, ['forward', ...args]), notes, stop };
}

const fromAndTo = () => ['--from', `${receiver.origin}/metrics`, '--to', `${receiver.origin}/push`];

describe('vcc-exporter forward', () => {
  test('scrapes and sends once, at the time of the scrape', async () => {
    receiver = await startReceiver('x{a="1"} 1\n');
    const before = Date.now();
    const { status, notes } = forward(...fromAndTo(), '--once', '--header', 'X-Scope-OrgID: 7');
    expect(await status).toBe(0);
    expect(notes).toEqual([]);
    const [{ samples, headers }] = receiver.requests as [TestReceiver['requests'][0]];
    const timestampMs = samples[0]!.timestampMs;
    expect(timestampMs).toBeGreaterThanOrEqual(before);
    expect(timestampMs).toBeLessThanOrEqual(Date.now());
    const own = ['instance', new URL(receiver.origin).host, 'job', 'forward'];
    expect(samples).toEqual([
      { labels: ['__name__', 'x', 'a', '1', ...own], value: 1, timestampMs },
      { labels: ['__name__', 'up', ...own], value: 1, timestampMs },
    ]);
    expect(headers).toMatchObject({
      'x-prometheus-remote-write-version': '0.1.0',
      'user-agent': 'vcc-exporter/dev',
      'x-scope-orgid': '7',
    });
  });

  test('has a version, a job and an instance', async () => {
    receiver = await startReceiver('x 1\n');
    const options = ['--remote-write-version', '2.0', '--job', 'j', '--instance', 'i'];
    expect(await forward(...fromAndTo(), '--once', ...options).status).toBe(0);
    expect(receiver.requests[0]!.samples[0]!.labels).toEqual(['__name__', 'x', 'instance', 'i', 'job', 'j']);
    expect(receiver.requests[0]!.headers['x-prometheus-remote-write-version']).toBe('2.0.0');
  });

  test.each([
    ['the target cannot be scraped', '}', 204, 'scrape failed'],
    ['the receiver rejects the samples', 'x 1\n', 400, 'samples rejected'],
  ])('fails once where %s', async (_, exposition, status, event) => {
    receiver = await startReceiver(exposition, () => ({ status }));
    const io = forward(...fromAndTo(), '--once');
    expect(await io.status).toBe(1);
    expect(io.notes.map((line) => JSON.parse(line).event)).toEqual([event]);
  });

  test('scrapes on and on, in order, and stops when it is told to', async () => {
    receiver = await startReceiver('x 1\n');
    const { status, stop } = forward(...fromAndTo(), '--interval', '1s');
    while (receiver.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    stop();
    expect(await status).toBe(0);
    const [first, second] = receiver.requests.map(({ samples }) => samples[0]!.timestampMs);
    expect(second! - first!).toBe(1000);
  });

  test('stops at once while a receiver does not answer', async () => {
    receiver = await startReceiver('x 1\n', () => ({ status: 503, headers: { 'retry-after': '600' } }));
    const { status, stop } = forward(...fromAndTo());
    while (receiver.requests.length < 1) await new Promise((resolve) => setTimeout(resolve, 10));
    stop();
    expect(await status).toBe(0);
  });

  test('shows no credentials, not even where the receiver repeats them', async () => {
    receiver = await startReceiver('x 1\n', (_, { headers }) => ({
      status: 401,
      body: `no: ${headers.authorization}`,
    }));
    const io = forward(...fromAndTo(), '--once', '--header', 'Authorization: Bearer very-secret-token');
    expect(await io.status).toBe(1);
    expect(receiver.requests[0]!.headers.authorization).toBe('Bearer very-secret-token');
    expect(JSON.parse(io.notes[0]!).message).toBe(`POST ${receiver.origin}/push: answered 401: no: [secret]`);
  });

  test('invalid_url_scheme: an address that is none is refused at the start', async () => {
    const io = forward('--from', 'http://localhost:1/', '--to', 'invalid://localhost:9999');
    expect(await io.status).toBe(2);
    expect(io.notes).toEqual([
      'vcc-exporter: --to: expected an http or https address without user or fragment; received another one',
    ]);
  });

  test('says which options it does not understand', async () => {
    const io = forward(
      '--from',
      'x?token=1',
      '--interval',
      '1',
      '--remote-write-version',
      '3',
      '--header',
      'Host: secret',
    );
    expect(await io.status).toBe(2);
    const url = 'expected an http or https address without user or fragment';
    expect(io.notes).toEqual([
      `vcc-exporter: --from: ${url}; received another one`,
      `vcc-exporter: --to: ${url}; received nothing`,
      'vcc-exporter: --remote-write-version: expected one of 1.0, 2.0; received "3"',
      'vcc-exporter: --header: expected "Name: value", and not a header that remote write sets itself; received another one',
    ]);
  });
});
