import { setMaxListeners } from 'node:events';
import { ExporterError } from './errors.ts';

/** There was no complete answer before the deadline. Not retryable: no time is left for it. */
export class DeadlineError extends ExporterError {
  constructor(message: string, cause?: unknown) {
    super('deadline', message, { cause });
  }
}

/**
 * When a piece of work must be done. Each way in (Lambda event, HTTP request, push slot, command) makes one first thing and
 * hands it down; what needs less time takes {@link within} of it. Times are on the monotonic clock, which nobody can set.
 */
export interface Deadline {
  /** When the way in made it. Limits such as VCC_TIMEOUT count from then ({@link sinceStart}). */
  readonly startMs: number;
  /** Infinity: only the signal ends it. */
  readonly atMs: number;
  /** Aborts at that time, or earlier if the work is cancelled. Its reason is an Error. */
  readonly signal: AbortSignal;
  /** Says that the work is done: stops the timer, and cancels whatever is still under way for it. */
  end(): void;
}

/** Milliseconds of a clock that only goes forward. */
export const monotonicMs = (): number => performance.now();

/** setTimeout takes no more, and would take more for 1. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * The deadline of a new piece of work: `ms` from now, or sooner with `until`. `toReason` makes the error that its signal
 * aborts with.
 */
export function deadlineIn(
  ms: number,
  { until = forever, toReason = () => outOfTime(ms) }: { until?: Deadline; toReason?: () => Error } = {},
): Deadline {
  return sooner(startingNow(until), monotonicMs() + ms, toReason);
}

/** A deadline without a time: work that goes on until it is cancelled. */
export function untilAborted(signal: AbortSignal): Deadline {
  setMaxListeners(0, signal);
  return { startMs: monotonicMs(), atMs: Number.POSITIVE_INFINITY, signal, end() {} };
}

/** The deadline of what lives as long as the process. */
export const forever: Deadline = untilAborted(new AbortController().signal);

/** The same deadline for a new piece of work, whose limits count from now. */
export function startingNow(deadline: Deadline): Deadline {
  return { ...deadline, startMs: monotonicMs(), end() {} };
}

/** Whole milliseconds that are left, never negative. */
export function leftMs({ atMs }: Deadline): number {
  return Math.max(0, Math.floor(atMs - monotonicMs()));
}

/** Whether the work was cancelled before its time was over. */
export function isCancelled(deadline: Deadline): boolean {
  return deadline.signal.aborted && leftMs(deadline) > 0;
}

/** For a part of the work: the sooner of its deadline and `ms` from now. */
export function within(deadline: Deadline, ms: number, toReason = () => outOfTime(ms)): Deadline {
  return sooner(deadline, monotonicMs() + ms, toReason);
}

/** For a part of the work: `ms` before its deadline, or after half of the time that is left, if that is later. */
export function earlier(deadline: Deadline, ms: number): Deadline {
  const marginMs = Math.min(ms, leftMs(deadline) / 2);
  return sooner(deadline, deadline.atMs - marginMs, () =>
    outOfTime(deadline.atMs - marginMs - deadline.startMs),
  );
}

/** The sooner of a deadline and `ms` after its start. */
export function sinceStart(deadline: Deadline, ms: number): Deadline {
  return sooner(deadline, deadline.startMs + ms, () => outOfTime(ms));
}

/** The same deadline, which `signal` cancels too. */
export function cancelledBy(deadline: Deadline, signal: AbortSignal): Deadline {
  return start(deadline, deadline.atMs, undefined, [deadline.signal, signal]);
}

/** What a promise becomes if that is before the deadline. @throws the reason of the deadline's signal */
export function before<T>(promise: Promise<T>, { signal }: Deadline): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function sooner(deadline: Deadline, atMs: number, toReason: () => Error): Deadline {
  if (!(atMs < deadline.atMs)) return { ...deadline, end() {} };
  return start(deadline, atMs, toReason, [deadline.signal]);
}

function start(
  { startMs }: Deadline,
  atMs: number,
  toReason: (() => Error) | undefined,
  parents: readonly AbortSignal[],
): Deadline {
  const controller = new AbortController();
  // All accounts listen to it; Node.js would warn of eleven.
  setMaxListeners(0, controller.signal);
  let timer: NodeJS.Timeout | undefined;
  const stop = (reason: unknown) => {
    clearTimeout(timer);
    // Parents may live as long as the process, so that listeners must not stay there.
    for (const parent of parents) parent.removeEventListener('abort', onAbort);
    controller.abort(reason);
  };
  function onAbort(this: AbortSignal): void {
    stop(this.reason);
  }
  for (const parent of parents) parent.addEventListener('abort', onAbort);
  const aborted = parents.find((parent) => parent.aborted);
  if (aborted) stop(aborted.reason);
  else if (toReason) {
    const ms = Math.min(maxTimerMs, Math.max(0, Math.ceil(atMs - monotonicMs())));
    timer = setTimeout(() => stop(toReason()), ms);
    // What is waited for keeps the process alive, and not the time for it.
    timer.unref();
  }
  return { startMs, atMs, signal: controller.signal, end: () => stop(done) };
}

const done = new DeadlineError('the work is done');

function outOfTime(ms: number): DeadlineError {
  return new DeadlineError(`no complete answer within ${Math.max(0, Math.round(ms))} ms`);
}
