import { type Deadline, deadlineIn, earlier } from '../deadline.ts';
import type { IncomingRequest } from './message.ts';

/**
 * When the answer to a request must have arrived: after the scraper's own timeout (seconds, from the header
 * X-Prometheus-Scrape-Timeout-Seconds), or when the runtime or gateway gives up, `leftMs` from now.
 */
export function toDeadline(request: IncomingRequest, leftMs = Number.POSITIVE_INFINITY): Deadline {
  const headerMs = Number(request.headers.get('x-prometheus-scrape-timeout-seconds') ?? Number.NaN) * 1000;
  return deadlineIn(Math.min(leftMs, headerMs > 0 ? headerMs : Number.POSITIVE_INFINITY));
}

/** Kept free for encoding the answer and sending it back, at least. */
const leastMarginMs = 500;

/**
 * When a scrape must be done for the answer to arrive before the deadline: half a second earlier, or twice what writing the
 * last answer took (but at most half of the time that is left).
 */
export function toScrapeDeadline(deadline: Deadline, lastWriteMs: number): Deadline {
  return earlier(deadline, Math.max(leastMarginMs, 2 * lastWriteMs));
}
