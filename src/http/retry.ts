/** How often and how patiently a failed request is repeated. */
export interface RetryPolicy {
  /** Repeats after the first attempt. */
  retries: number;
  /** Upper end of the first random delay; doubles with each repeat. */
  baseDelayMs: number;
  /** Upper end of any random delay. */
  maxDelayMs: number;
}

/**
 * The wait before repeat number `repeat` (from 0): full jitter, that is anything from nothing to an
 * exponentially growing bound, so that many clients do not come back together. Retry-After is a minimum.
 */
export function retryDelayMs(
  policy: RetryPolicy,
  repeat: number,
  random: number,
  retryAfterMs: number | undefined,
): number {
  const bound = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** repeat);
  return Math.round((retryAfterMs ?? 0) + random * bound);
}

/** Milliseconds to wait as told by a Retry-After header (seconds or HTTP-date), undefined if absent or unreadable. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // Only dates: Date.parse would take a number such as "1.5" or "-3" for a year.
  const at = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
