import { forever } from '../../src/deadline.ts';
import { createSend } from '../../src/http/send.ts';
import type { Timing } from '../../src/timing.ts';
import { soon } from '../support/deadline.ts';
import { fakeTiming } from '../support/timing.ts';
import {
  type Answer,
  type Exposition,
  type Received,
  type ReceivedRequest,
  startReceiver,
  type TestReceiver,
} from './receiver.ts';
import { createSender, type Sender, type SenderOptions } from './sender.ts';

/** The first scrape's time in the cases of conformance, and the times of three scrapes. */
export const t0 = 1_700_000_000_000;
export const times = [t0, t0 + 1000, t0 + 2000] as const;

/** A sender from and to a receiver, on a clock of its own. */
export interface TestSender extends Sender {
  timing: Timing & { nowMs: number; delays: number[] };
  log: Record<string, unknown>[];
  /** Scrapes at each of these times and sends the samples. */
  run(...timesMs: number[]): Promise<void>;
  close(): void;
}

/** Opens a sender as the program does, but for the clock. */
export function openSender(
  { origin }: Pick<TestReceiver, 'origin'>,
  version: '1.0' | '2.0',
  more: Partial<SenderOptions> = {},
): TestSender {
  const send = createSend();
  const timing = fakeTiming(t0);
  const log: Record<string, unknown>[] = [];
  const sender = createSender(
    {
      from: new URL('/metrics', origin),
      to: new URL('/push', origin),
      job: 'test',
      instance: new URL(origin).host,
      version,
      ...more,
    },
    { send, timing, log: (line) => log.push(JSON.parse(line)) },
  );
  return {
    ...sender,
    timing,
    log,
    async run(...timesMs) {
      for (const timeMs of timesMs) {
        await sender.scrape(timeMs, soon());
        await sender.send(forever);
      }
    },
    close: send.close,
  };
}

/** The answer to request `number`, from 0. Undefined: a 204. */
export type Answers = (number: number, request: ReceivedRequest) => Answer | undefined;

/** A receiver and a sender to it, opened by each call of `send`. */
export interface Case {
  receiver: TestReceiver;
  sender: TestSender;
  /**
   * Sends an exposition at these times (by default, once) and gives all received samples except
   * `up`.
   */
  send(exposition: string | Exposition, at?: readonly number[], answers?: Answers): Promise<Received[]>;
  /** All received samples. */
  all(): Received[];
  /** A sample of the target, its labels given but for job and instance. */
  sample(
    name: string,
    labels: Record<string, string>,
    value: Received['value'],
    more?: Partial<Received>,
  ): Received;
  close(): Promise<void>;
}

/** What the cases of conformance share, for one version of remote write. */
export function createCase(version: '1.0' | '2.0'): Case {
  const its: Case = {
    receiver: undefined as unknown as TestReceiver,
    sender: undefined as unknown as TestSender,
    async send(exposition, at = [t0], answers) {
      its.receiver = await startReceiver(exposition, answers);
      its.sender = openSender(its.receiver, version);
      await its.sender.run(...at);
      return its.all().filter(({ labels }) => !labels.includes('up'));
    },
    all: () => its.receiver.requests.flatMap(({ samples }) => samples),
    sample(name, labels, value, more) {
      const own = { __name__: name, ...labels, job: 'test', instance: new URL(its.receiver.origin).host };
      const metadata = version === '2.0' ? { type: 'UNSPECIFIED', help: '', unit: '' } : {};
      return { labels: Object.entries(own).sort().flat(), value, timestampMs: t0, ...metadata, ...more };
    },
    async close() {
      its.sender?.close();
      await its.receiver?.close();
    },
  };
  return its;
}

/** An exposition as OpenMetrics. */
export function openMetrics(body: string): Exposition {
  const headers = { 'content-type': 'application/openmetrics-text; version=1.0.0; charset=utf-8' };
  return () => ({ status: 200, headers, body: `${body}# EOF\n` });
}
