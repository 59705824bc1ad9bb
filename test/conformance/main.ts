import { parseArgs } from 'node:util';
import { duration, labelValue, oneOf, type Parse } from '../../src/config/parse.ts';
import { pushUrl } from '../../src/config/parse-address.ts';
import { untilAborted } from '../../src/deadline.ts';
import { createSend } from '../../src/http/send.ts';
import { systemTiming } from '../../src/timing.ts';
import { createSender, type Sender } from './sender.ts';

/**
 * How the program was started. `environ` is its environment from the system, terminated by zeros.
 */
export interface Start {
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  environ: string;
  /** Resolves when the program is to end. */
  stopped: Promise<void>;
  log(line: string): void;
}

const usage =
  'sender.mjs --from URL --to URL [--interval 15s] [--job NAME] [--instance NAME] [--version 1.0|2.0]; without --from and --to started by a suite (docs/explain/remote-write-conformance.md)';

/** Scrapes and sends on a clock until it is stopped. Exit status: 0 stopped, 2 invalid options. */
export async function run({ args, env, environ, stopped, log }: Start): Promise<number> {
  const options = readOptions(args.length > 0 ? args : toArgs(environ, env.SENDER_INTERVAL));
  if (typeof options === 'string') {
    log(`${options}\n${usage}`);
    return 2;
  }
  const { interval, ...rest } = options;
  const send = createSend();
  const scrapeTimeoutMs = Math.min(interval, 10_000);
  const sender = createSender({ ...rest, scrapeTimeoutMs }, { send, timing: systemTiming, log });
  try {
    await sendOn(sender, interval, stopped);
  } finally {
    send.close();
  }
  return 0;
}

/**
 * Scrapes at once and then on the clock. A scrape neither waits for a receiver nor overlaps the
 * next one.
 */
async function sendOn(sender: Sender, intervalMs: number, stopped: Promise<void>): Promise<void> {
  const stopping = new AbortController();
  void stopped.then(() => stopping.abort());
  const { signal } = stopping;
  const deadline = untilAborted(signal);
  let sending = Promise.resolve();
  for (let nextMs = Date.now(); !signal.aborted; ) {
    await sender.scrape(nextMs, deadline);
    sending = sender.send(deadline);
    const nowMs = Date.now();
    nextMs += intervalMs * Math.max(1, Math.ceil((nowMs - nextMs) / intervalMs));
    await systemTiming.sleep(nextMs - nowMs, signal).catch(() => {});
  }
  await sending;
}

/** The options, or what is wrong with them. */
function readOptions(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { from: text, to: text, interval: text, job: text, instance: text, version: text };
  try {
    const { values } = parseArgs({ args: [...args], options });
    const read = <T>(option: keyof typeof options, parse: Parse<T>, given = values[option] ?? ''): T => {
      try {
        return parse(given);
      } catch (error) {
        throw new Error(`--${option}: ${(error as Error).message}; received "${given}"`);
      }
    };
    const from = read('from', pushUrl);
    return {
      from,
      to: read('to', pushUrl),
      interval: read('interval', duration(1000, 900_000), values.interval ?? '15s'),
      job: read('job', labelValue, values.job ?? 'conformance'),
      instance: read('instance', labelValue, values.instance ?? hostAndPort(from)),
      version: read('version', oneOf(['1.0', '2.0']), values.version ?? '1.0'),
    };
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * The options that a suite passes in the environment. The `process` target of prometheus/compliance
 * appends name and value as two entries without `=` between them. No shell and no `process.env`
 * sees these. Entries with `=` are read too.
 */
export function toArgs(environ: string, interval = '1s'): string[] {
  const entries = environ.split('\0');
  const read = (suffix: string): string => {
    const name = `PROMETHEUS_COMPLIANCE_RW_TARGET_${suffix}`;
    const at = entries.indexOf(name);
    if (at >= 0) return entries[at + 1] ?? '';
    return entries.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  };
  const target = read('SCRAPE_HOST_PORT');
  return [
    ...['--from', target && `http://${target}/metrics`],
    ...['--to', read('REMOTE_WRITE_ENDPOINT')],
    ...['--job', read('SCRAPE_JOB_NAME')],
    ...['--version', read('REMOTE_WRITE_MESSAGE').includes('.v2.') ? '2.0' : '1.0'],
    ...['--interval', interval],
  ];
}

/** As Prometheus writes it in `instance`. */
function hostAndPort({ protocol, hostname, port }: URL): string {
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}
