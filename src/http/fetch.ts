import { setTimeout as wait } from 'node:timers/promises';
import { ExporterError } from '../errors.ts';
import { DeadlineError, HttpStatusError, NetworkError } from './errors.ts';
import type { Enter } from './gate.ts';
import { parseRetryAfter, type RetryPolicy, retryDelayMs } from './retry.ts';
import { describeRequest, type HttpRequest, type HttpResponse, type Send } from './send.ts';

/** The clock, the dice and the pause; injected, so that tests need neither wait nor luck. */
export interface Timing {
  /** Milliseconds since 1970. */
  now(): number;
  /** At least 0, less than 1. */
  random(): number;
  /** Resolves after the delay, rejects with the signal's reason when it aborts. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void>;
}

/** The real clock, dice and pause. */
export const systemTiming: Timing = {
  now: Date.now,
  random: Math.random,
  sleep: (delayMs, signal) =>
    wait(delayMs, undefined, { signal }).catch(() => {
      throw signal.reason;
    }),
};

/** What one scrape has sent so far; filled in by {@link createFetch}. */
export interface Traffic {
  /** HTTP requests sent, repeats and token requests included. */
  requests: number;
  /** Those of them that repeated a failed one. */
  retries: number;
  /** The other side's clock minus ours, from the last Date header (which has whole seconds); undefined before. */
  clockSkewMs: number | undefined;
  /** The last Server header; undefined before. */
  server: string | undefined;
}

/** Traffic at the start of a scrape. */
export function newTraffic(): Traffic {
  return { requests: 0, retries: 0, clockSkewMs: undefined, server: undefined };
}

/** What every request of one scrape shares: when to stop, and where it is counted. */
export interface Trip {
  signal: AbortSignal;
  /** When `signal` will abort, in milliseconds since 1970: no wait is begun that would not end before. */
  deadlineMs: number;
  traffic: Traffic;
}

/** A trip that is over after `budgetMs`, or when it is ended. */
export function beginTrip(budgetMs: number, nowMs: number): Trip & { end(reason?: Error): void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(outOfTime(budgetMs)), budgetMs);
  return {
    signal: controller.signal,
    deadlineMs: nowMs + budgetMs,
    traffic: newTraffic(),
    end(reason) {
      clearTimeout(timer);
      if (reason) controller.abort(reason);
    },
  };
}

/** What a scrape fails with when its time is up. */
export function outOfTime(budgetMs: number): DeadlineError {
  return new DeadlineError(`no complete answer within the ${budgetMs} ms that there were`);
}

/** Sends a request, repeats it where that may help, and gives the answer if it is a success (2xx). */
export type Fetch = (request: HttpRequest, trip: Trip) => Promise<HttpResponse>;

/** Limits that hold for every request. */
export interface FetchOptions {
  retry: RetryPolicy;
  /** Longest one attempt may take. */
  requestTimeoutMs: number;
  maxBodyBytes: number;
}

/**
 * `enter` is waited for before each attempt; that counts against the trip, not against the attempt's time.
 * @throws HttpStatusError, NetworkError, TooLargeError, or the reason of the trip's signal.
 */
export function createFetch(
  send: Send,
  options: FetchOptions,
  timing: Timing,
  enter: Enter = async () => () => {},
): Fetch {
  return async (request, trip) => {
    let fresh = false;
    for (let repeat = 0; ; repeat++) {
      const failure = await attempt(request, trip, fresh);
      if (!(failure instanceof ExporterError)) return failure;
      const stale = failure instanceof NetworkError && failure.staleConnection && !fresh;
      // What befell one kept connection may have befallen all of them.
      fresh ||= failure instanceof NetworkError;
      if (stale) {
        // Not a failure of the other side, so neither a wait nor one of the repeats.
        repeat--;
        trip.traffic.retries++;
        continue;
      }
      if (!failure.retryable || repeat >= options.retry.retries) throw failure;
      const retryAfterMs = failure instanceof HttpStatusError ? failure.retryAfterMs : undefined;
      const delayMs = retryDelayMs(options.retry, repeat, timing.random(), retryAfterMs);
      // The failure says more than "out of time" would.
      if (timing.now() + delayMs >= trip.deadlineMs) throw failure;
      await timing.sleep(delayMs, trip.signal);
      trip.traffic.retries++;
    }
  };

  async function attempt(
    request: HttpRequest,
    trip: Trip,
    fresh: boolean,
  ): Promise<HttpResponse | ExporterError> {
    const leave = await enter(trip.signal);
    const sentMs = timing.now();
    trip.traffic.requests++;
    try {
      const { signal } = trip;
      const { requestTimeoutMs: timeoutMs, maxBodyBytes } = options;
      const response = await send(request, { signal, timeoutMs, maxBodyBytes, fresh });
      noteHeaders(trip.traffic, response, sentMs);
      if (response.status >= 200 && response.status < 300) return response;
      return new HttpStatusError(
        `${describeRequest(request)}: answered ${response.status}`,
        response.status,
        parseRetryAfter(response.headers['retry-after'], timing.now()),
      );
    } catch (error) {
      if (error instanceof ExporterError && !trip.signal.aborted) return error;
      throw error;
    } finally {
      leave();
    }
  }

  function noteHeaders(traffic: Traffic, { headers }: HttpResponse, sentMs: number): void {
    if (typeof headers.server === 'string') traffic.server = headers.server;
    const dateMs = Date.parse(headers.date ?? '');
    if (Number.isNaN(dateMs)) return;
    // Date is cut to whole seconds, so the middle of that second is the best guess; likewise the trip's middle.
    traffic.clockSkewMs = dateMs + 500 - (sentMs + timing.now()) / 2;
  }
}
