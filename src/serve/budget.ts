/** Kept free for encoding the answer and sending it back. */
const marginMs = 500;

/**
 * How long a scrape may take: the least of the account's timeout, the scraper's own timeout (in seconds, from the
 * header X-Prometheus-Scrape-Timeout-Seconds) and the time that the runtime or gateway leaves, the last two less a
 * margin of half a second (half of the time, where that is less).
 */
export function toBudgetMs(
  timeoutMs: number,
  scrapeTimeoutHeader: string | undefined,
  timeLeftMs: number | undefined,
): number {
  const headerMs = Number(scrapeTimeoutHeader ?? Number.NaN) * 1000;
  const limits = [headerMs, timeLeftMs ?? Number.NaN]
    .filter((limitMs) => limitMs > 0)
    .map((limitMs) => limitMs - Math.min(marginMs, limitMs / 2));
  return Math.max(1, Math.round(Math.min(timeoutMs, ...limits)));
}
