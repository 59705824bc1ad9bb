import { Option } from 'commander';
import { build } from '../build.ts';
import { duration, labelValue, oneOf, pushUrl, Unfit } from '../config/parse.ts';
import { systemTiming } from '../http/fetch.ts';
import { createSend } from '../http/send.ts';
import { createForwarder, type Forwarder } from '../push/forward.ts';
import { createPost } from '../push/post.ts';
import { remoteWrite } from '../push/remote-write.ts';
import { readLocalEnvironment } from './accounts.ts';
import type { Command } from './command.ts';
import { collect, createOptionReader } from './options.ts';
import type { Terminal } from './terminal.ts';

/** As many as the receivers that were tried take at once. */
const limits = { maxSamples: 5000, maxBytes: 1_000_000 };

/** Longest a scrape or an attempt to send may take; a scrape not longer than the interval. */
const timeoutMs = 10_000;

/** Tried again and again, until it is too old: docs/remote-write-conformance.md. */
const retry = { retries: Number.POSITIVE_INFINITY, baseDelayMs: 500, maxDelayMs: 30_000 };

/** Longest that `--once` goes on trying, after the scrape. */
const onceMs = 30_000;

interface ForwardOptions {
  from: string;
  to: string;
  interval: string;
  once?: true;
  job: string;
  instance?: string;
  remoteWriteVersion: string;
  header: readonly string[];
}

/** Scrapes an exposition on a clock, or once, and sends it by remote write. */
export const forward: Command<ForwardOptions> = {
  name: 'forward',
  summary: 'send any exposition by remote write',
  about:
    'Scrapes an exposition, Prometheus text or OpenMetrics, every --interval and sends its samples by Prometheus remote write (docs/remote-write-conformance.md).',
  options: [
    new Option('--from <url>', 'an exposition').default('', 'none; it must be given'),
    new Option('--to <url>', 'a receiver of remote write').default('', 'none; it must be given'),
    new Option('--interval <time>', 'from one scrape to the next').default('15s'),
    new Option('--once', 'scrape and send once'),
    new Option('--job <name>', 'label job').default('forward'),
    new Option('--instance <name>', 'label instance (default: host and port of --from)'),
    new Option('--remote-write-version <version>', 'of remote write, 1.0 or 2.0').default('1.0'),
    new Option('--header <header>', "'Name: value' in the requests to --to; may be given several times")
      .default([], 'none')
      .argParser(collect),
  ],
  sections: [],
  statuses: ['it was stopped; with --once: all was sent', 'it failed; with --once: not all was sent'],
  notes: 'HTTPS_PROXY, HTTP_PROXY and NO_PROXY are read from the environment and from .env.',
  examples: ['forward --from http://localhost:9754/metrics --to http://localhost:9090/api/v1/write --once'],
  async run(terminal, given) {
    if (!given.once) terminal.outlastReaders();
    const { from, to, interval, once, job, instance, version, headers } = readOptions(given);
    const userAgent = `vcc-exporter/${build.version}`;
    const { network } = await readLocalEnvironment(terminal);
    const send = createSend(network);
    const secrets = Object.entries(headers)
      .filter(([name]) => name.toLowerCase() === 'authorization')
      .flatMap(([, value]) => [value, value.replace(/^\S+ +/, '')]);
    const post = createPost(
      send,
      timeoutMs,
      Object.assign(async <T>(request: T) => request, { secrets }),
    );
    const { deliver } = remoteWrite(
      {
        name: 'forward',
        type: 'remote-write',
        url: to,
        version,
        headers,
        labels: {},
        job,
        instance,
        wants: undefined,
        limits,
        namespace: '',
        userAgent,
      },
      { post, print: terminal.print, now: Date.now },
    );
    const forwarder = createForwarder(
      {
        from: { url: from, timeoutMs: Math.min(interval, timeoutMs), userAgent },
        job,
        instance,
        version,
        limits,
        retry,
      },
      { send, deliver, timing: systemTiming, log: terminal.note },
    );
    try {
      if (once) return await forwardOnce(forwarder);
      await forwardOn(forwarder, interval, terminal);
      return 0;
    } finally {
      send.close();
    }
  },
};

async function forwardOnce(forwarder: Forwarder): Promise<number> {
  await forwarder.scrape(Date.now(), new AbortController().signal);
  await forwarder.send(AbortSignal.timeout(onceMs), Date.now() + onceMs);
  return forwarder.failures() > 0 || forwarder.isWaiting() ? 1 : 0;
}

/** Scrapes at once and then on the clock; a scrape neither waits for a receiver nor overlaps the next one. */
async function forwardOn(forwarder: Forwarder, intervalMs: number, terminal: Terminal): Promise<void> {
  const stopping = new AbortController();
  void terminal.stopped.then(() => stopping.abort());
  const { signal } = stopping;
  let sending = Promise.resolve();
  for (let nextMs = Date.now(); !signal.aborted; ) {
    await forwarder.scrape(nextMs, signal);
    sending = forwarder.send(signal, Number.POSITIVE_INFINITY);
    const nowMs = Date.now();
    nextMs += intervalMs * Math.max(1, Math.ceil((nowMs - nextMs) / intervalMs));
    await systemTiming.sleep(nextMs - nowMs, signal).catch(() => {});
  }
  await sending;
}

function readOptions(given: ForwardOptions) {
  const { read, done } = createOptionReader();
  // Both may hold a token in their query.
  const from = read('from', given.from, pushUrl, 'another one');
  const to = read('to', given.to, pushUrl, 'another one');
  const options = {
    from,
    to,
    interval: read('interval', given.interval, duration(1000, 900_000)),
    once: given.once,
    job: read('job', given.job, labelValue),
    instance: read('instance', given.instance ?? (from ? hostAndPort(from) : 'none'), labelValue),
    version: read('remote-write-version', given.remoteWriteVersion, oneOf(['1.0', '2.0'])),
    headers: Object.fromEntries(
      given.header.map((each) => read('header', each, header, 'another one') ?? []),
    ),
  };
  done();
  return options;
}

/** Those that remote write or HTTP itself sets. */
const takenHeaders =
  /^(content-.*|host|connection|transfer-encoding|user-agent|accept-encoding|x-prometheus-remote-write-version)$/i;

function header(text: string): [name: string, value: string] {
  const [, name = '', value = ''] = /^([!#$%&'*+\-.^_`|~\w]+): *([!-~](?:[ -~]*[!-~])?)$/.exec(text) ?? [];
  if (name === '' || takenHeaders.test(name)) {
    throw new Unfit('"Name: value", and not a header that remote write sets itself');
  }
  return [name, value];
}

/** As Prometheus has it in `instance`. */
function hostAndPort({ protocol, hostname, port }: URL): string {
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}
