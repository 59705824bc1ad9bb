import { compress } from 'snappyjs';
import type { Timing } from '../../src/http/fetch.ts';
import type { RetryPolicy } from '../../src/http/retry.ts';
import type { Send } from '../../src/http/send.ts';
import { logLine, toLogFields } from '../../src/log.ts';
import { type BatchLimits, toBatches } from '../../src/push/batches.ts';
import { emptyLine, type Outcome } from '../../src/push/carry.ts';
import type { Line } from '../../src/push/line.ts';
import type { Parcel } from '../../src/push/parcel.ts';
import type { Point } from '../../src/push/points.ts';
import { createPost, unauthorized } from '../../src/push/post.ts';
import { remoteWrite } from '../../src/push/remote-write.ts';
import { encodeWriteRequest } from '../../src/push/remote-write-1.ts';
import { encodeRequest } from '../../src/push/remote-write-2.ts';
import { createLiving } from '../../src/push/stale.ts';
import { scrapeTarget, toScrapedPoints, toUpPoint } from './scrape.ts';

/** What is scraped, and as what and where it is sent. */
export interface SenderOptions {
  from: URL;
  to: URL;
  job: string;
  instance: string;
  version: '1.0' | '2.0';
  /** Longest that a scrape may take; 10 s by default. */
  scrapeTimeoutMs?: number;
  /** Longest that one attempt to send may take; 10 s by default. */
  sendTimeoutMs?: number;
  headers?: Readonly<Record<string, string>>;
  limits?: BatchLimits;
  /** By default, attempts end only when the samples are too old. */
  retry?: RetryPolicy;
}

/** What a sender needs of the world. */
export interface SenderPorts {
  send: Send;
  timing: Timing;
  log(line: string): void;
}

/** Scrapes any exposition and sends it by the exporter's own remote write: what a conformance suite can drive. */
export interface Sender {
  /** Scrapes once, and queues the samples for {@link send}. Never throws: a scrape that fails is sent as `up 0`. */
  scrape(timestampMs: number, signal: AbortSignal): Promise<void>;
  /** Sends the queue in order, after the calls before, up to `deadlineMs`. Never throws. */
  send(signal: AbortSignal, deadlineMs: number): Promise<void>;
  isWaiting(): boolean;
  /** Scrapes that failed, and requests that were rejected or dropped. */
  failures(): number;
}

const userAgent = 'vcc-exporter/conformance';

/** Receivers reject samples that are much older, so the queue in memory drops them. */
const bounds = { maxBytes: 64 * 1024 * 1024, maxAgeMs: 900_000 };

/** Opens a sender; nothing is sent yet. */
export function createSender(options: SenderOptions, { send, timing, log }: SenderPorts): Sender {
  const {
    from,
    to,
    job,
    instance,
    version,
    scrapeTimeoutMs = 10_000,
    sendTimeoutMs = 10_000,
    headers = {},
    limits = { maxSamples: 5000, maxBytes: 1_000_000 },
    retry = { retries: Number.POSITIVE_INFINITY, baseDelayMs: 500, maxDelayMs: 30_000 },
  } = options;
  const name = 'conformance';
  const { deliver, format } = remoteWrite(
    {
      name,
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
    { post: createPost(send, sendTimeoutMs, unauthorized), print: () => {}, now: timing.now },
  );
  const encode = version === '2.0' ? encodeRequest : encodeWriteRequest;
  const living = createLiving();
  let failures = 0;
  let sending = Promise.resolve();

  function fail(event: string, error: unknown): void {
    failures++;
    log(logLine('error', event, toLogFields(error)));
  }

  const queue = createBoundedQueue({
    ...bounds,
    now: timing.now,
    onDropped({ samples, timestampMs }) {
      failures++;
      log(logLine('error', 'samples dropped', { samples, timestampMs }));
    },
  });

  function onOutcome(outcome: Outcome): void {
    if (outcome.kind === 'delivered') return;
    if (outcome.kind === 'failed') {
      log(logLine('error', 'attempt failed', toLogFields(outcome.error)));
      return;
    }
    living.lost();
    fail('samples rejected', outcome.error);
  }

  /** All points of a scrape, and an end for each series that was in the last scrape and is not in this one. */
  async function toPoints(timestampMs: number, signal: AbortSignal): Promise<Point[]> {
    const target = { job, instance, timestampMs };
    try {
      const scrape = { url: from, timeoutMs: scrapeTimeoutMs, userAgent };
      const { current, dated } = toScrapedPoints(await scrapeTarget(send, scrape, signal), target);
      return [...dated, ...living.follow([...current, toUpPoint(true, target)], timestampMs)];
    } catch (error) {
      if (signal.aborted) return [];
      fail('scrape failed', error);
      return [...living.follow([toUpPoint(false, target)], timestampMs)];
    }
  }

  return {
    async scrape(timestampMs, signal) {
      const points = await toPoints(timestampMs, signal);
      const batches = toBatches(points, limits, (part) => compress(encode(part)));
      await queue.add(
        batches.map(
          (batch, part): Parcel => ({
            ...batch,
            account: instance,
            destination: name,
            format,
            timestampMs,
            part,
          }),
        ),
      );
    },
    send(signal, deadlineMs) {
      sending = sending.then(() =>
        emptyLine(queue, deliver, { retry, timing, onOutcome }, signal, deadlineMs),
      );
      return sending;
    },
    isWaiting: () => queue.oldestMs() !== undefined,
    failures: () => failures,
  };
}

interface QueueBounds {
  maxBytes: number;
  maxAgeMs: number;
  now(): number;
  onDropped(parcel: Parcel): void;
}

/** A queue in memory that drops what has waited too long and, when it is full, the oldest; never the one being sent. */
function createBoundedQueue({ maxBytes, maxAgeMs, now, onDropped }: QueueBounds): Line {
  let parcels: Parcel[] = [];
  let bytes = 0;

  function remove(parcel: Parcel): void {
    if (!parcels.includes(parcel)) return;
    parcels = parcels.filter((each) => each !== parcel);
    bytes -= parcel.body.length;
  }

  function drop(parcel: Parcel): void {
    remove(parcel);
    onDropped(parcel);
  }

  return {
    async add(more) {
      parcels.push(...more);
      for (const { body } of more) bytes += body.length;
      // The first may be on its way.
      while (bytes > maxBytes && parcels.length > 1) drop(parcels[1]!);
    },
    async first() {
      const oldestMs = now() - maxAgeMs;
      while (parcels[0] !== undefined && parcels[0].timestampMs < oldestMs) drop(parcels[0]);
      const parcel = parcels[0];
      const done = async () => {
        if (parcel) remove(parcel);
      };
      return parcel && { parcel, done, reject: done };
    },
    oldestMs: () => parcels[0]?.timestampMs,
  };
}
