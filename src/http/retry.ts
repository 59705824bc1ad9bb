import { parseHttpDate } from './date.ts';

/** How often to retry a failed request, and how long to wait. */
export interface RetryPolicy {
  /** Retries after the first attempt. */
  retries: number;
  /** Upper bound of the first random delay. It doubles with each retry. */
  baseDelayMs: number;
  /** Upper bound of all random delays. */
  maxDelayMs: number;
}

/**
 * Returns the milliseconds to wait before retry `repeat` (from 0): Retry-After, plus a random part
 * of a bound that grows exponentially ("full jitter"). The jitter keeps clients from retrying at
 * the same time. `random` is at least 0 and less than 1.
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

/**
 * Longest pause between two requests, even if Retry-After is longer: the host may recover early.
 */
export const longestPauseMs = 300_000;

/**
 * Parses a Retry-After header: seconds or an HTTP date. Returns the milliseconds to wait from
 * `nowMs`, at least 0 and at most {@link longestPauseMs}. Undefined if the header is absent or
 * invalid.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Math.min(longestPauseMs, Number(text) * 1000);
  const at = parseHttpDate(text);
  return Number.isNaN(at) ? undefined : Math.min(longestPauseMs, Math.max(0, at - nowMs));
}
