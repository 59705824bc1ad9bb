import type { Collect } from './collect.ts';
import { ExporterError, type ScrapeErrorCode } from './errors.ts';
import { HttpStatusError } from './http/errors.ts';
import { longestPauseMs } from './http/retry.ts';
import { type Clocks, stopwatch } from './timing.ts';

/** First pause after rejected credentials, in ms. It doubles with each rejection. */
const firstPauseMs = 10_000;

const rejections: readonly ScrapeErrorCode[] = ['credentials_rejected', 'unauthorized', 'forbidden'];

/**
 * Makes reads of an account respect the pauses that its host asks for: Retry-After of a 429 or 503, and growing pauses
 * after rejected credentials, which a host may take for an attack. During a pause, a read sends no request and throws
 * the same reason at once, as an ExporterError that is not retryable.
 */
export function holdOff(collect: Collect, clocks: Clocks): Collect {
  let pause: { ms: number; ageMs(): number; reason: ExporterError } | undefined;
  let rejected = 0;

  function pauseAfter(error: ExporterError): number {
    if (error instanceof HttpStatusError) return error.retryAfterMs ?? 0;
    if (!rejections.some((code) => code === error.code)) return 0;
    return Math.min(firstPauseMs * 2 ** rejected++, longestPauseMs);
  }

  return async (trip) => {
    const leftMs = pause ? pause.ms - pause.ageMs() : 0;
    if (pause && leftMs > 0) {
      const { code, message } = pause.reason;
      const seconds = Math.ceil(leftMs / 1000);
      throw new ExporterError(code, `${message}; the next request is sent in ${seconds} s`, {
        cause: pause.reason,
      });
    }
    try {
      const snapshot = await collect(trip);
      rejected = 0;
      return snapshot;
    } catch (error) {
      if (error instanceof ExporterError)
        pause = { ms: pauseAfter(error), ageMs: stopwatch(clocks), reason: error };
      throw error;
    }
  };
}
