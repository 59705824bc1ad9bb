import { setMaxListeners } from 'node:events';
import { ExporterError } from './errors.ts';

/** The answer was not complete before the deadline. Not retryable, since no time is left. */
export class DeadlineError extends ExporterError {
  constructor(message: string, cause?: unknown) {
    super('deadline', message, { cause });
  }
}

/**
 * When a piece of work must be done. Each entry point (Lambda event, HTTP request, push slot,
 * command) first creates a deadline and passes it on. A part that needs less time uses {@link
 * within}. Times are on the monotonic clock, which cannot be set.
 */
export interface Deadline {
  /**
   * When the entry point created it. Limits such as VCC_TIMEOUT count from here ({@link
   * sinceStart}).
   */
  readonly startMs: number;
  /** Infinity when only the signal ends the work. */
  readonly atMs: number;
  /** Aborts at `atMs`, or earlier if the work is cancelled. Its reason is an Error. */
  readonly signal: AbortSignal;
  /**
   * Marks the work as done: stops the timer and cancels everything still running for it. Does
   * nothing for a deadline without a timer: that of {@link untilAborted} or {@link
   * startingNow}, and one whose time comes from a sooner deadline.
   */
  end(): void;
}

/** Returns the milliseconds of a clock that never goes back. */
export const monotonicMs = (): number => performance.now();

/** setTimeout treats a longer delay as 1 ms. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * Creates the deadline of new work: `ms` from now, or `until` if that is sooner. At `atMs` the
 * signal aborts with the error that `toReason` returns.
 */
export function deadlineIn(
  ms: number,
  { until = forever, toReason = () => outOfTime(ms) }: { until?: Deadline; toReason?: () => Error } = {},
): Deadline {
  return sooner(startingNow(until), monotonicMs() + ms, toReason);
}

/** Creates a deadline without a time: the work runs until the signal aborts. */
export function untilAborted(signal: AbortSignal): Deadline {
  setMaxListeners(0, signal);
  return { startMs: monotonicMs(), atMs: Number.POSITIVE_INFINITY, signal, end() {} };
}

/** The deadline of work that lives as long as the process. It never ends. */
export const forever: Deadline = untilAborted(new AbortController().signal);

/** Returns the same deadline for new work whose limits count from now. */
export function startingNow(deadline: Deadline): Deadline {
  return { ...deadline, startMs: monotonicMs(), end() {} };
}

/** Returns the whole milliseconds left: at least 0, and Infinity for a deadline without a time. */
export function leftMs({ atMs }: Deadline): number {
  return Math.max(0, Math.floor(atMs - monotonicMs()));
}

/** Whether the work was cancelled before its time was over. */
export function isCancelled(deadline: Deadline): boolean {
  return deadline.signal.aborted && leftMs(deadline) > 0;
}

/**
 * Returns the deadline of a part of the work: `ms` from now, or the given deadline if that is
 * sooner.
 */
export function within(deadline: Deadline, ms: number, toReason = () => outOfTime(ms)): Deadline {
  return sooner(deadline, monotonicMs() + ms, toReason);
}

/**
 * Returns the deadline of a part of the work: `ms` before the given one. At least half of the time
 * left remains.
 */
export function earlier(deadline: Deadline, ms: number): Deadline {
  const marginMs = Math.min(ms, leftMs(deadline) / 2);
  return sooner(deadline, deadline.atMs - marginMs, () =>
    outOfTime(deadline.atMs - marginMs - deadline.startMs),
  );
}

/** Returns the deadline `ms` after the start, or the given deadline if that is sooner. */
export function sinceStart(deadline: Deadline, ms: number): Deadline {
  return sooner(deadline, deadline.startMs + ms, () => outOfTime(ms));
}

/** Returns the same deadline, but `signal` cancels it too. */
export function cancelledBy(deadline: Deadline, signal: AbortSignal): Deadline {
  return start(deadline, deadline.atMs, undefined, [deadline.signal, signal]);
}

/**
 * Settles like the promise if the promise settles before the deadline.
 * @throws the reason of the deadline's signal
 */
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
  // All accounts listen to one signal. Node.js warns when there are more than ten listeners.
  setMaxListeners(0, controller.signal);
  let timer: NodeJS.Timeout | undefined;
  const stop = (reason: unknown) => {
    clearTimeout(timer);
    // Parents may exist as long as the process, so remove the listeners from them.
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
    // The timer must not keep the process alive.
    timer.unref();
  }
  return { startMs, atMs, signal: controller.signal, end: () => stop(done) };
}

const done = new DeadlineError('the work is done');

function outOfTime(ms: number): DeadlineError {
  return new DeadlineError(`no complete answer within ${Math.max(0, Math.round(ms))} ms`);
}
