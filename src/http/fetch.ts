import { type Deadline, leftMs } from '../deadline.ts';
import { ExporterError } from '../errors.ts';
import type { Timing } from '../timing.ts';
import { bytesTogether, createBudget } from './budget.ts';
import { parseHttpDate } from './date.ts';
import { HttpStatusError, NetworkError, TooLargeError } from './errors.ts';
import type { Enter } from './gate.ts';
import { parseRetryAfter, type RetryPolicy, retryDelayMs } from './retry.ts';
import { describeRequest, type HttpRequest, type HttpResponse, isSuccess, type Send } from './send.ts';

/** The requests of one scrape so far. {@link createFetch} updates it. */
export interface Traffic {
  /** HTTP requests sent, including retries, redirects that were followed and token requests. */
  requests: number;
  /** The retries among these requests. */
  retries: number;
  /**
   * The host's clock minus the exporter's, from the last Date header, to about half a second.
   * Undefined before the first Date header.
   */
  clockSkewMs: number | undefined;
  /** The last Server header. Undefined before the first Server header. */
  server: string | undefined;
  /** Bytes of all answers, after decompression. */
  bytes: number;
}

/** Returns the traffic at the start of a scrape. */
export function newTraffic(): Traffic {
  return { requests: 0, retries: 0, clockSkewMs: undefined, server: undefined, bytes: 0 };
}

/** The deadline of work that sends requests, and the counter of its requests. */
export interface Trip {
  deadline: Deadline;
  traffic: Traffic;
}

/**
 * Sends a request, with retries where they may help. Returns the answer if its status is a success
 * (2xx). Throws as {@link createFetch} says.
 */
export type Fetch = (request: HttpRequest, trip: Trip) => Promise<HttpResponse>;

/** Limits of every request. */
export interface FetchOptions {
  retry: RetryPolicy;
  /** Longest time for one attempt. */
  requestTimeoutMs: number;
  maxBodyBytes: number;
}

/**
 * Creates a fetch with retries. Before each attempt it waits for `enter`. This wait counts against
 * the trip's deadline, not against the time for an attempt. `budget` limits the answers of all
 * accounts together. The fetch throws HttpStatusError, NetworkError, TooLargeError, or the reason
 * of the deadline's signal.
 */
export function createFetch(
  send: Send,
  options: FetchOptions,
  timing: Timing,
  enter: Enter = async () => () => {},
  budget = createBudget(),
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
        // The host did not fail, so retry without a delay, and do not count it as a retry of the
        // policy.
        repeat--;
        trip.traffic.retries++;
        continue;
      }
      // After a 429, the account has no budget for a retry.
      const mayRepeat = failure.retryable && failure.code !== 'throttled';
      if (!mayRepeat || repeat >= options.retry.retries) throw failure;
      const retryAfterMs = failure instanceof HttpStatusError ? failure.retryAfterMs : undefined;
      const delayMs = retryDelayMs(options.retry, repeat, timing.random(), retryAfterMs);
      // The message of this failure is better than that of a timeout.
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
    const leave = await enter(deadline);
    const hold = budget.hold();
    const sentMs = timing.now();
    const countRequest = () => {
      trip.traffic.requests++;
    };
    countRequest();
    try {
      const { requestTimeoutMs: timeoutMs, maxBodyBytes } = options;
      const limits = {
        deadline,
        timeoutMs,
        maxBodyBytes,
        fresh,
        onRedirect: countRequest,
        onBytes: hold.add,
      };
      const response = await send(request, limits);
      countBytes(request, trip.traffic, response.body.length);
      noteHeaders(trip.traffic, response, sentMs);
      if (isSuccess(response.status)) return response;
      return new HttpStatusError(
        `${describeRequest(request)}: answered ${response.status}`,
        response.status,
        parseRetryAfter(response.headers['retry-after'], timing.now()),
      );
    } catch (error) {
      if (error instanceof ExporterError && !deadline.signal.aborted) return error;
      throw error;
    } finally {
      hold.release();
      leave();
    }
  }

  /** Limits the bytes of one read, since all pages are kept until the last one is there. */
  function countBytes(request: HttpRequest, traffic: Traffic, bytes: number): void {
    traffic.bytes += bytes;
    const most = bytesTogether(options.maxBodyBytes);
    if (traffic.bytes <= most) return;
    throw new TooLargeError(
      `${describeRequest(request)}: all answers of this read are larger than ${most} bytes; raise VCC_MAX_BODY_BYTES above ${most / 8}`,
    );
  }

  function noteHeaders(traffic: Traffic, { headers, headersAtMs }: HttpResponse, sentMs: number): void {
    if (typeof headers.server === 'string') traffic.server = headers.server;
    const dateMs = parseHttpDate(headers.date);
    if (Number.isNaN(dateMs)) return;
    // Date has whole seconds, so add half of one. Assume that the host answered halfway between
    // request and answer.
    traffic.clockSkewMs = dateMs + 500 - (sentMs + headersAtMs) / 2;
  }
}
