import type { Collect } from './collect.ts';
import { ExporterError } from './errors.ts';
import { answerBehind } from './http/errors.ts';
import { type Clocks, stopwatch } from './timing.ts';
import { AuthError } from './vcc/errors.ts';

/**
 * Pauses after a rejection, in ms: they double with each further one. New credentials should not
 * wait for long.
 */
const rejectedPauses = { firstMs: 10_000, longestMs: 60_000 };

/** Whether the host refused what was sent, so that it would refuse the same again. */
function isRejection(error: ExporterError): boolean {
  const answer = answerBehind(error);
  if (answer) return answer.status >= 400 && !answer.retryable;
  return error instanceof AuthError;
}

/**
 * Makes reads of an account pause: as long as the Retry-After of a failed answer says, and for
 * growing times after rejected credentials and other 4xx, since a host may take repeated attempts
 * for an attack. During a pause, a read sends no request and throws the same reason at once, as an
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
