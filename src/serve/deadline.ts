import { type Deadline, deadlineIn, earlier } from '../deadline.ts';
import type { IncomingRequest } from './message.ts';

/**
 * Returns the deadline of an answer, the earlier of:
 * - the timeout of Prometheus, in the header X-Prometheus-Scrape-Timeout-Seconds
 * - `leftMs` from now, when the runtime or gateway times out
 */
export function toDeadline(request: IncomingRequest, leftMs = Number.POSITIVE_INFINITY): Deadline {
  const headerMs = Number(request.headers.get('x-prometheus-scrape-timeout-seconds') ?? Number.NaN) * 1000;
  return deadlineIn(Math.min(leftMs, headerMs > 0 ? headerMs : Number.POSITIVE_INFINITY));
}

/** Shortest time reserved for encoding and sending the answer. */
const leastMarginMs = 500;

/**
 * Returns the deadline of a scrape, so that the answer arrives in time. It reserves half a second,
 * or twice the time of the last encoding if that is longer, but at most half of the time left.
 */
export function toScrapeDeadline(deadline: Deadline, lastWriteMs: number): Deadline {
  return earlier(deadline, Math.max(leastMarginMs, 2 * lastWriteMs));
}
