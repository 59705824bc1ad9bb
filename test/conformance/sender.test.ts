import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { run, toArgs } from './main.ts';
import { type ReceivedRequest, startReceiver, type TestReceiver } from './receiver.ts';

let receiver: TestReceiver | undefined;
afterEach(() => receiver?.close());

const program = fileURLToPath(new URL('sender.mjs', import.meta.url));
const prefix = 'PROMETHEUS_COMPLIANCE_RW_TARGET_';
const v2 = 'io.prometheus.write.v2.Request';

/** Waits for a number of requests to arrive. */
async function arrived(count: number): Promise<ReceivedRequest[]> {
  while (receiver!.requests.length < count) await new Promise((resolve) => setTimeout(resolve, 10));
  return receiver!.requests;
}

/** Starts the program in another folder, as a suite does. */
function start(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(program, args, { cwd: tmpdir(), env: { ...process.env, ...env } });
  const [stderr, ended] = [text(child.stderr), once(child, 'exit')];
  return { child, ended: async () => ({ status: (await ended)[0] as number, stderr: await stderr }) };
}

describe('sender.mjs', () => {
  test('scrapes and sends on the clock, until it is interrupted', async () => {
    receiver = await startReceiver('x{a="1"} 1\n');
    const { origin } = receiver;
    const io = start(['--from', `${origin}/metrics`, '--to', `${origin}/push`, '--interval', '1s']);
    const [first, second] = await arrived(2);
    io.child.kill('SIGINT');
    expect(await io.ended()).toEqual({ status: 0, stderr: '' });
    const own = ['instance', new URL(origin).host, 'job', 'conformance'];
    const { timestampMs } = first!.samples[0]!;
    expect(first!.samples).toEqual([
      { labels: ['__name__', 'x', 'a', '1', ...own], value: 1, timestampMs },
      { labels: ['__name__', 'up', ...own], value: 1, timestampMs },
    ]);
    // A busy machine may skip one.
    expect((second!.samples[0]!.timestampMs - timestampMs) % 1000).toBe(0);
    expect(second!.samples[0]!.timestampMs).toBeGreaterThan(timestampMs);
  });

  test('takes its options from the environment of a suite', async () => {
    receiver = await startReceiver('x 1\n');
    const io = start([], {
      [`${prefix}SCRAPE_JOB_NAME`]: 'test',
      [`${prefix}SCRAPE_HOST_PORT`]: new URL(receiver.origin).host,
      [`${prefix}REMOTE_WRITE_ENDPOINT`]: `${receiver.origin}/push`,
      [`${prefix}REMOTE_WRITE_MESSAGE`]: v2,
    });
    const [{ headers, samples }] = (await arrived(1)) as [ReceivedRequest];
    io.child.kill('SIGINT');
    expect(await io.ended()).toEqual({ status: 0, stderr: '' });
    expect(headers['x-prometheus-remote-write-version']).toBe('2.0.0');
    expect(samples[0]!.labels).toEqual([
      '__name__',
      'x',
      'instance',
      new URL(receiver.origin).host,
      'job',
      'test',
    ]);
  });
});

describe('the environment of a suite', () => {
  const told = [
    [`${prefix}SCRAPE_JOB_NAME`, 'test'],
    [`${prefix}SCRAPE_HOST_PORT`, '127.0.0.1:9'],
    [`${prefix}REMOTE_WRITE_ENDPOINT`, 'http://127.0.0.1:8/a=b'],
    [`${prefix}REMOTE_WRITE_MESSAGE`, v2],
  ];
  const args = ['--from', 'http://127.0.0.1:9/metrics', '--to', 'http://127.0.0.1:8/a=b', '--job', 'test'];

  test.each([
    ['names and values as entries of their own', told.flat()],
    ['names and values with = between them', told.map((pair) => pair.join('='))],
  ])('is read: %s', (_, entries) => {
    const environ = ['PATH=/bin', ...entries, ''].join('\0');
    expect(toArgs(environ)).toEqual([...args, '--version', '2.0', '--interval', '1s']);
    expect(toArgs(environ.replace(v2, 'prometheus.WriteRequest'), '8s')).toEqual([
      ...args,
      '--version',
      '1.0',
      '--interval',
      '8s',
    ]);
  });
});

describe('the program', () => {
  test('stops at once while a receiver does not answer', async () => {
    receiver = await startReceiver('x 1\n', () => ({ status: 503, headers: { 'retry-after': '600' } }));
    let stop = () => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const args = ['--from', `${receiver.origin}/metrics`, '--to', `${receiver.origin}/push`];
    const status = run({ args, env: {}, environ: '', stopped, log: () => {} });
    await arrived(1);
    stop();
    expect(await status).toBe(0);
  });

  test.each([
    [
      'invalid_url_scheme',
      ['--from', 'http://a.test/', '--to', 'invalid://localhost:9999'],
      '--to: expected an http or https address',
    ],
    ['no target', [], '--from: expected an http or https address'],
    ['an unknown option', ['--header', 'x'], "Unknown option '--header'"],
  ])('refuses to start: %s', async (_, args, problem) => {
    const lines: string[] = [];
    const log = (line: string) => void lines.push(line);
    expect(await run({ args, env: {}, environ: '', stopped: Promise.resolve(), log })).toBe(2);
    expect(lines.join('\n')).toContain(problem);
  });
});
