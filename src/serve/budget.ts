/** Kept free for encoding the answer and sending it back, at least. */
const leastMarginMs = 500;

/**
 * How long a scrape may take: the least of the account's timeout, the scraper's own timeout (in seconds, from the
 * header X-Prometheus-Scrape-Timeout-Seconds) and the time that the runtime or gateway leaves, the last two less a
 * margin of half a second, or of twice what writing the last answer took (half of the time, where that is less).
 */
export function toBudgetMs(
  timeoutMs: number,
  scrapeTimeoutHeader: string | undefined,
  timeLeftMs: number | undefined,
  lastWriteMs = 0,
): number {
  const headerMs = Number(scrapeTimeoutHeader ?? Number.NaN) * 1000;
  const marginMs = Math.max(leastMarginMs, 2 * lastWriteMs);
  const limits = [headerMs, timeLeftMs ?? Number.NaN]
    .filter((limitMs) => limitMs > 0)
    .map((limitMs) => limitMs - Math.min(marginMs, limitMs / 2));
  return Math.max(1, Math.round(Math.min(timeoutMs, ...limits)));
}
