import { type Deadline, leftMs } from '../deadline.ts';
import { ExporterError } from '../errors.ts';
import type { Timing } from '../timing.ts';
import { HttpStatusError, NetworkError } from './errors.ts';
import type { Enter } from './gate.ts';
import { parseRetryAfter, type RetryPolicy, retryDelayMs } from './retry.ts';
import { describeRequest, type HttpRequest, type HttpResponse, type Send } from './send.ts';

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

/** A piece of work that sends requests: when it must be done, and where its requests are counted. */
export interface Trip {
  deadline: Deadline;
  traffic: Traffic;
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
 * @throws HttpStatusError, NetworkError, TooLargeError, or the reason of the deadline's signal.
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
      // Other pooled connections may be dead too, so retry on a fresh one.
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
      if (delayMs >= leftMs(trip.deadline)) throw failure;
      await timing.sleep(delayMs, trip.deadline.signal);
      trip.traffic.retries++;
    }
  };

  async function attempt(
    request: HttpRequest,
    trip: Trip,
    fresh: boolean,
  ): Promise<HttpResponse | ExporterError> {
    const { deadline } = trip;
    const leave = await enter(deadline.signal);
    const sentMs = timing.now();
    trip.traffic.requests++;
    try {
      const { requestTimeoutMs: timeoutMs, maxBodyBytes } = options;
      const response = await send(request, { deadline, timeoutMs, maxBodyBytes, fresh });
      noteHeaders(trip.traffic, response, sentMs);
      if (response.status >= 200 && response.status < 300) return response;
      return new HttpStatusError(
        `${describeRequest(request)}: answered ${response.status}`,
        response.status,
        parseRetryAfter(response.headers['retry-after'], timing.now()),
      );
    } catch (error) {
      if (error instanceof ExporterError && !deadline.signal.aborted) return error;
      throw error;
    } finally {
      leave();
    }
  }

  function noteHeaders(traffic: Traffic, { headers, headersAtMs }: HttpResponse, sentMs: number): void {
    if (typeof headers.server === 'string') traffic.server = headers.server;
    const dateMs = Date.parse(headers.date ?? '');
    if (Number.isNaN(dateMs)) return;
    // Date has whole seconds, so that the middle of its second is the best guess, as is the middle of the way of the request.
    traffic.clockSkewMs = dateMs + 500 - (sentMs + headersAtMs) / 2;
  }
}
