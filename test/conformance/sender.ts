import { compress } from 'snappyjs';
import type { Deadline } from '../../src/deadline.ts';
import type { RetryPolicy } from '../../src/http/retry.ts';
import type { Send } from '../../src/http/send.ts';
import { logLine, toLogFields } from '../../src/log.ts';
import { createPost, unauthorized } from '../../src/push/destinations/post.ts';
import { remoteWrite } from '../../src/push/destinations/remote-write.ts';
import type { Point } from '../../src/push/encoding/points.ts';
import { type BodyLimits, toBodies } from '../../src/push/encoding/points.ts';
import { encodeWriteRequest } from '../../src/push/encoding/remote-write-1.ts';
import { encodeRequest } from '../../src/push/encoding/remote-write-2.ts';
import { type Outcome, sendAll } from '../../src/push/outbox/outbox.ts';
import { createSeriesTracker } from '../../src/push/outbox/series-tracker.ts';
import type { Batch, Queue } from '../../src/push/queue.ts';
import type { Timing } from '../../src/timing.ts';
import { scrapeTarget, toScrapedPoints, toUpPoint } from './scrape.ts';

/** What is scraped, under which labels and where it is sent. */
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
  limits?: BodyLimits;
  /** By default, attempts end only when the samples are too old. */
  retry?: RetryPolicy;
}

/** What a sender needs of the world. */
export interface SenderPorts {
  send: Send;
  timing: Timing;
  log(line: string): void;
}

/**
 * Scrapes any exposition and sends it with the exporter's remote write, so that a conformance suite
 * can drive it.
 */
export interface Sender {
  /**
   * Scrapes once, and queues the samples for {@link send}. Never throws: a scrape that fails is
   * sent as `up 0`.
   */
  scrape(timestampMs: number, deadline: Deadline): Promise<void>;
  /** Sends the queue in order, after earlier calls, up to the deadline. Never throws. */
  send(deadline: Deadline): Promise<void>;
  isWaiting(): boolean;
  /** Scrapes that failed, and requests that were rejected or dropped. */
  failures(): number;
}

const userAgent = 'vcc-exporter/conformance';

/** Receivers reject samples that are much older, so the queue in memory drops them. */
const bounds = { maxBytes: 64 * 1024 * 1024, maxAgeMs: 900_000 };

/** Opens a sender. It sends nothing yet. */
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
    {
      post: createPost(send, {
        timeoutMs: sendTimeoutMs,
        authorize: unauthorized,
        name: 'default',
        now: timing.now,
      }),
      print: () => {},
    },
  );
  const encode = version === '2.0' ? encodeRequest : encodeWriteRequest;
  const tracker = createSeriesTracker();
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
    tracker.lost(outcome.batch.ended ?? []);
    fail('samples rejected', outcome.error);
  }

  /**
   * All points of a scrape, and an end for each series that was in the last scrape and is missing
   * in this one.
   */
  async function toPoints(timestampMs: number, deadline: Deadline): Promise<Point[]> {
    const target = { job, instance, timestampMs };
    try {
      const scrape = { url: from, timeoutMs: scrapeTimeoutMs, userAgent };
      const { current, dated } = toScrapedPoints(await scrapeTarget(send, scrape, deadline), target);
      return [...dated, ...tracker.track([...current, toUpPoint(true, target)], timestampMs)];
    } catch (error) {
      if (deadline.signal.aborted) return [];
      fail('scrape failed', error);
      return [...tracker.track([toUpPoint(false, target)], timestampMs)];
    }
  }

  return {
    async scrape(timestampMs, deadline) {
      const points = await toPoints(timestampMs, deadline);
      const bodies = toBodies(points, limits, (part) => compress(encode(part)));
      await queue.add(
        bodies.map(
          (body, part): Batch => ({
            ...body,
            account: instance,
            destination: name,
            format,
            timestampMs,
            part,
          }),
        ),
      );
    },
    send(deadline) {
      sending = sending.then(() => sendAll(queue, { deliver, retry, timing, onOutcome }, deadline));
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
  onDropped(batch: Batch): void;
}

/**
 * A queue in memory that drops batches older than the limit and, when it is full, the oldest. It
 * never drops the batch that is being sent.
 */
function createBoundedQueue({ maxBytes, maxAgeMs, now, onDropped }: QueueBounds): Queue {
  let batches: Batch[] = [];
  let bytes = 0;

  function remove(batch: Batch): void {
    if (!batches.includes(batch)) return;
    batches = batches.filter((each) => each !== batch);
    bytes -= batch.body.length;
  }

  function drop(batch: Batch): void {
    remove(batch);
    onDropped(batch);
  }

  return {
    async add(more) {
      batches.push(...more);
      for (const { body } of more) bytes += body.length;
      // The first may be under way.
      while (bytes > maxBytes && batches.length > 1) drop(batches[1]!);
    },
    async first() {
      const oldestMs = now() - maxAgeMs;
      while (batches[0] !== undefined && batches[0].timestampMs < oldestMs) drop(batches[0]);
      const batch = batches[0];
      const done = async () => {
        if (batch) remove(batch);
      };
      return batch && { batch, done, reject: done };
    },
    oldestMs: () => batches[0]?.timestampMs,
  };
}
