import { compress } from 'snappyjs';
import type { Timing } from '../http/fetch.ts';
import type { RetryPolicy } from '../http/retry.ts';
import type { Send } from '../http/send.ts';
import { logLine, toLogFields } from '../log.ts';
import { type BatchLimits, toBatches } from './batches.ts';
import { createBoundedLine } from './bounded-line.ts';
import { type Carry, emptyLine, type Outcome } from './carry.ts';
import type { Parcel } from './parcel.ts';
import type { Point } from './points.ts';
import { encodeWriteRequest } from './remote-write-1.ts';
import { encodeRequest } from './remote-write-2.ts';
import { type ScrapeOptions, scrapeTarget } from './scrape-target.ts';
import { toScrapedPoints, toUpPoint } from './scraped-points.ts';
import { createLiving } from './stale.ts';

/** What is scraped, and as what it is sent. */
export interface ForwardOptions {
  from: ScrapeOptions;
  job: string;
  instance: string;
  version: '1.0' | '2.0';
  limits: BatchLimits;
  retry: RetryPolicy;
}

/** What a forwarder needs of the world. */
export interface ForwardPorts {
  send: Send;
  /** Brings a parcel to the receiver, in one attempt. */
  deliver: Carry;
  timing: Timing;
  log(line: string): void;
}

/** Brings an exposition to a receiver of remote write, scrape by scrape. */
export interface Forwarder {
  /** Scrapes once, and hands the samples over to {@link send}. Never throws: a scrape that fails is sent as `up 0`. */
  scrape(timestampMs: number, signal: AbortSignal): Promise<void>;
  /** Sends what waits, in its order and after the calls before; up to `deadlineMs`. Never throws. */
  send(signal: AbortSignal, deadlineMs: number): Promise<void>;
  isWaiting(): boolean;
  /** Scrapes that failed, and requests that were rejected or given up. */
  failures(): number;
}

/** What waits is kept in memory: so much, so long. Receivers take no samples that are much older. */
const bounds = { maxBytes: 64 * 1024 * 1024, maxAgeMs: 900_000 };

/** Opens a forwarder; nothing is sent yet. */
export function createForwarder(options: ForwardOptions, ports: ForwardPorts): Forwarder {
  const { from, job, instance, version, limits, retry } = options;
  const { send, deliver, timing, log } = ports;
  const encode = version === '2.0' ? encodeRequest : encodeWriteRequest;
  const living = createLiving();
  let failures = 0;
  let sending = Promise.resolve();

  function fail(event: string, error: unknown): void {
    failures++;
    log(logLine('error', event, toLogFields(error)));
  }

  const line = createBoundedLine({
    ...bounds,
    now: timing.now,
    onGivenUp({ samples, timestampMs }) {
      failures++;
      log(logLine('error', 'samples given up', { samples, timestampMs }));
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

  /** All points of a scrape, and an end for each series that was in the last one and is in this one no more. */
  async function toPoints(timestampMs: number, signal: AbortSignal): Promise<Point[]> {
    const target = { job, instance, timestampMs };
    try {
      const { current, dated } = toScrapedPoints(await scrapeTarget(send, from, signal), target);
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
      const format = version === '2.0' ? 'remote-write-2' : 'remote-write-1';
      await line.add(
        batches.map(
          (batch, part): Parcel => ({
            ...batch,
            account: instance,
            destination: 'forward',
            format,
            timestampMs,
            part,
          }),
        ),
      );
    },
    send(signal, deadlineMs) {
      sending = sending.then(() =>
        emptyLine(line, deliver, { retry, timing, onOutcome }, signal, deadlineMs),
      );
      return sending;
    },
    isWaiting: () => line.oldestMs() !== undefined,
    failures: () => failures,
  };
}
