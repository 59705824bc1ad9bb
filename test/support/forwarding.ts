import {
  type Answer,
  type Exposition,
  openForwarder,
  type Received,
  type ReceivedRequest,
  startReceiver,
  type TestForwarder,
  type TestReceiver,
} from './remote-write-receiver.ts';

/** The first scrape's time in the cases of conformance, and those of three. */
export const t0 = 1_700_000_000_000;
export const times = [t0, t0 + 1000, t0 + 2000] as const;

/** What request `number`, from 0, is answered with; undefined: a 204. */
export type Answers = (number: number, request: ReceivedRequest) => Answer | undefined;

/** A receiver and a forwarder to it, opened by each call of `forward`. */
export interface Forwarding {
  receiver: TestReceiver;
  forwarder: TestForwarder;
  /** Forwards an exposition at these times and gives all samples that came, but `up`. */
  forward(exposition: string | Exposition, at: readonly number[], answers?: Answers): Promise<Received[]>;
  /** All samples that came. */
  all(): Received[];
  /** A sample of the target, its labels given but for job and instance. */
  sample(labels: Record<string, string>, value: Received['value'], more?: Partial<Received>): Received;
  close(): Promise<void>;
}

/** What the cases of conformance share, for one version of remote write. */
export function createForwarding(version: '1.0' | '2.0'): Forwarding {
  const its: Forwarding = {
    receiver: undefined as unknown as TestReceiver,
    forwarder: undefined as unknown as TestForwarder,
    async forward(exposition, at, answers) {
      its.receiver = await startReceiver(exposition, answers);
      its.forwarder = openForwarder(its.receiver, version);
      await its.forwarder.run(...at);
      return its.all().filter(({ labels }) => !labels.includes('up'));
    },
    all: () => its.receiver.requests.flatMap(({ samples }) => samples),
    sample(labels, value, more) {
      const own = { ...labels, job: 'test', instance: new URL(its.receiver.origin).host };
      const metadata = version === '2.0' ? { type: 'UNSPECIFIED', help: '', unit: '' } : {};
      return { labels: Object.entries(own).sort().flat(), value, timestampMs: t0, ...metadata, ...more };
    },
    async close() {
      its.forwarder?.close();
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
