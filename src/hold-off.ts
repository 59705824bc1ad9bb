import type { Collect } from './collect.ts';
import { ExporterError } from './errors.ts';
import { answerBehind } from './http/errors.ts';
import { type Clocks, stopwatch } from './timing.ts';
import { AuthError } from './vcc/errors.ts';

/**
 * Pauses after a rejection, in ms. They double with each further rejection. They stay short, so
 * that new credentials are used soon.
 */
const rejectedPauses = { firstMs: 10_000, longestMs: 60_000 };

/** Whether the host rejected the request, so that it would reject the same request again. */
function isRejection(error: ExporterError): boolean {
  const answer = answerBehind(error);
  if (answer) return answer.status >= 400 && !answer.retryable;
  return error instanceof AuthError;
}

/**
 * Makes reads of an account pause:
 * - after a failed answer with Retry-After, for that time
 * - after rejected credentials and other 4xx, for growing times, since a host may treat repeated
 *   attempts as an attack
 *
 * During a pause, a read sends no request. It throws the same reason immediately, as an
 * ExporterError that is not retryable.
 */
export function holdOff(collect: Collect, clocks: Clocks): Collect {
  let pause: { ms: number; ageMs(): number; reason: ExporterError } | undefined;
  let rejected = 0;

  function pauseAfter(error: ExporterError): number {
    const asked = answerBehind(error)?.retryAfterMs;
    if (asked !== undefined) return asked;
    if (!isRejection(error)) return 0;
    return Math.min(rejectedPauses.firstMs * 2 ** rejected++, rejectedPauses.longestMs);
  }

  return async (trip) => {
    const leftMs = pause ? pause.ms - pause.ageMs() : 0;
    if (pause && leftMs > 0) {
      const { code, message } = pause.reason;
      const seconds = Math.ceil(leftMs / 1000);
      const held = new ExporterError(code, `${message}; the next request is sent in ${seconds} s`, {
        cause: pause.reason,
      });
      // Lambda reports the name as the type of the error.
      held.name = pause.reason.name;
      throw held;
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
