import { parseArgs } from 'node:util';
import { openNetwork } from '../aws/open-network.ts';
import { build } from '../build.ts';
import { ConfigError } from '../config/load.ts';
import { duration, labelValue, oneOf, pushUrl, Unfit } from '../config/parse.ts';
import { systemTiming } from '../http/fetch.ts';
import { createSend } from '../http/send.ts';
import { createForwarder, type Forwarder } from '../push/forward.ts';
import { createPost } from '../push/post.ts';
import { remoteWrite } from '../push/remote-write.ts';
import { readLocalEnvironment } from './accounts.ts';
import type { Command, Terminal } from './terminal.ts';

/** What `forward` understands, for its --help. */
export const forwardHelp = `Options of forward:
  --from URL          an exposition, Prometheus text or OpenMetrics
  --to URL            a receiver of Prometheus remote write
  --interval TIME     from one scrape to the next (15s)
  --once              scrape and send once
  --job NAME          label job (forward)
  --instance NAME     label instance (host and port of --from)
  --version V         of remote write, 1.0 or 2.0 (1.0)
  --header 'N: V'     header of the requests to --to; may be given several times`;

/** As many as the receivers that were tried take at once. */
const limits = { maxSamples: 5000, maxBytes: 1_000_000 };

/** Longest a scrape or an attempt to send may take; a scrape not longer than the interval. */
const timeoutMs = 10_000;

/** Tried again and again, until it is too old: docs/remote-write-conformance.md. */
const retry = { retries: Number.POSITIVE_INFINITY, baseDelayMs: 500, maxDelayMs: 30_000 };

/** Longest that `--once` goes on trying, after the scrape. */
const onceMs = 30_000;

/** Scrapes an exposition on a clock, or once, and sends it by remote write. */
export const forward: Command = async (terminal, args) => {
  const { from, to, interval, once, job, instance, version, headers } = readOptions(args);
  const userAgent = `vcc-exporter/${build.version}`;
  const send = createSend(await openNetwork(await readLocalEnvironment(terminal)));
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

function readOptions(args: string[]) {
  const string = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      from: { ...string, default: '' },
      to: { ...string, default: '' },
      interval: { ...string, default: '15s' },
      once: { type: 'boolean', default: false },
      job: { ...string, default: 'forward' },
      instance: string,
      version: { ...string, default: '1.0' },
      header: { ...string, multiple: true, default: [] },
    },
  });
  const problems: string[] = [];
  const read = <T>(option: string, given: string, parse: (text: string) => T, shown = `"${given}"`): T => {
    try {
      return parse(given);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      problems.push(`--${option}: expected ${error.expected}; received ${given === '' ? 'nothing' : shown}`);
      return undefined as T;
    }
  };
  // Both may hold a token in their query.
  const from = read('from', values.from, pushUrl, 'another one');
  const to = read('to', values.to, pushUrl, 'another one');
  const options = {
    from,
    to,
    interval: read('interval', values.interval, duration(1000, 900_000)),
    once: values.once,
    job: read('job', values.job, labelValue),
    instance: read('instance', values.instance ?? (from ? hostAndPort(from) : 'none'), labelValue),
    version: read('version', values.version, oneOf(['1.0', '2.0'])),
    headers: Object.fromEntries(
      values.header.map((each) => read('header', each, header, 'another one') ?? []),
    ),
  };
  if (problems.length > 0) throw new ConfigError(problems);
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
