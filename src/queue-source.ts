import { type Cached, createCached } from './cached.ts';
import { before, cancelledBy, type Deadline, DeadlineError } from './deadline.ts';
import { ExporterError } from './errors.ts';
import { answerBehind } from './http/errors.ts';
import { newTraffic, type Trip } from './http/fetch.ts';
import { type Clocks, stopwatch } from './timing.ts';

/** The result of one source. Scrapes that share a read get the same object. */
export interface SourceOutcome<T> {
  /** Undefined when the read failed, unless the source keeps its last value. */
  value: T | undefined;
  /** Undefined when the last read succeeded. */
  error: unknown;
  /** HTTP requests of the last read. */
  requests: number;
}

/** One list that is read beside the agents. */
export interface Source<T> {
  /**
   * Returns the newest value. A fresh one needs no read. Otherwise it waits for a read of this
   * scrape until `agents` settles, and then for at most `waitMs`. While an older read hangs, it
   * does not wait longer than for the agents. A read that takes longer continues, and a later
   * scrape gets its result. Never throws.
   */
  get(agents: Promise<unknown>, deadline: Deadline): Promise<SourceOutcome<T>>;
}

/** Agents that never arrive, so that sources are waited for as long as the deadline allows. */
export const noAgents = new Promise<never>(() => {});

/** How a source is read. */
export interface SourceOptions {
  clocks: Clocks;
  /** The lifetime of the account's scraper. */
  until: Deadline;
  /** Longest time of one read. */
  readMs: number;
  /** How long a scrape waits after its agents were read. */
  waitMs: number;
  /** How long a value is used without a new read. */
  freshMs: number;
  /** How long a value is used while a new read takes too long. */
  usableMs: number;
  /** Whether the last value is used even after a read failed. */
  keeps: boolean;
  /** Shared by the sources of an account. */
  restraint: Restraint;
  /** Called after each failure, with the milliseconds until the next read. */
  onFailure(error: unknown, retryMs: number): void;
}

/** Pauses after failures in a row. The first failure has no pause. */
const pauses = { firstMs: 15_000, longestMs: 300_000 };

/** Creates a source. It reads nothing yet. `read` throws ExporterError. */
export function createSource<T>(read: (trip: Trip) => Promise<T>, options: SourceOptions): Source<T> {
  const { clocks, waitMs, freshMs, usableMs, restraint } = options;
  let running: (() => number) | undefined;
  let last: { outcome: SourceOutcome<T>; ageMs(): number } | undefined;
  let failed: SourceOutcome<T> | undefined;
  let failures = 0;
  const cached: Cached<SourceOutcome<T>> = createCached({
    clocks,
    until: options.until,
    fetchMs: options.readMs,
    refreshMs: 0,
    lifeOf: () => ({ freshMs, usableMs: freshMs }),
    onFailure(error) {
      const asked = answerBehind(error)?.retryAfterMs ?? 0;
      const pauseMs = failures === 0 ? 0 : pauses.firstMs * 2 ** (failures - 1);
      failures++;
      const retryMs = Math.max(asked, Math.min(pauseMs, pauses.longestMs));
      restraint.note(error);
      options.onFailure(error, retryMs);
      return retryMs;
    },
  });

  async function readOnce(deadline: Deadline): Promise<SourceOutcome<T>> {
    const ageMs = stopwatch(clocks);
    const traffic = newTraffic();
    running = ageMs;
    try {
      const value = await before(read({ deadline, traffic }), deadline);
      last = { outcome: { value, error: undefined, requests: traffic.requests }, ageMs };
      failed = undefined;
      failures = 0;
      return last.outcome;
    } catch (error) {
      failed = { value: options.keeps ? last?.outcome.value : undefined, error, requests: traffic.requests };
      throw error;
    } finally {
      running = undefined;
    }
  }

  return {
    async get(agents, deadline) {
      const isFresh = last !== undefined && last.ageMs() < freshMs;
      const held = isFresh ? undefined : restraint.reason();
      if (held) return { value: options.keeps ? last?.outcome.value : undefined, error: held, requests: 0 };
      const runningMs = running?.() ?? 0;
      // A read whose time is over makes way for a new one, even if its timer has not fired yet: the
      // process may have been frozen.
      const hangs = runningMs >= waitMs && runningMs < options.readMs;
      const patience = afterWork(agents, hangs ? 0 : waitMs, deadline);
      try {
        return await before(cached.get(deadline, readOnce), patience);
      } catch (error) {
        // The data from before a failed read must not come back while the next one takes too long.
        if (failed) return failed.error === error ? failed : { ...failed, error, requests: 0 };
        if (last && (options.keeps || last.ageMs() < usableMs)) return last.outcome;
        return { value: undefined, error, requests: 0 };
      } finally {
        patience.end();
      }
    },
  };
}

/** Returns the deadline of work that may take `ms` longer than other work. */
export function afterWork(work: Promise<unknown>, ms: number, deadline: Deadline): Deadline {
  const over = new AbortController();
  const patience = cancelledBy(deadline, over.signal);
  const reason = () => new DeadlineError(`no complete answer within ${ms} ms after the agents`);
  let timer: NodeJS.Timeout | undefined;
  const settled = () => {
    timer = setTimeout(() => over.abort(reason()), ms).unref();
  };
  work.then(settled, settled);
  return {
    ...patience,
    end() {
      clearTimeout(timer);
      patience.end();
    },
  };
}

/**
 * Holds back the sources of an account while its request budget is used up, so that the agents get
 * what is left of it.
 */
export interface Restraint {
  /** Notes a failure of the agents or of a source. Only a 429 matters. */
  note(error: unknown): void;
  /** Returns why no source may be read now. Undefined when they may. */
  reason(): ExporterError | undefined;
}

/**
 * Pauses after a 429. They double with each further 429, until there is none for as long as the
 * last pause. A success of another endpoint does not matter: they share one budget.
 */
const throttledPauses = { firstMs: 60_000, longestMs: 900_000 };

/** Creates the restraint of an account. */
export function createRestraint(clocks: Clocks): Restraint {
  let pause: { ms: number; ageMs(): number; cause: ExporterError } | undefined;
  let throttled = 0;
  const leftMs = () => (pause ? pause.ms - pause.ageMs() : 0);
  return {
    note(error) {
      if (!(error instanceof ExporterError) || error.code !== 'throttled' || leftMs() > 0) return;
      if (pause && pause.ageMs() > 2 * pause.ms) throttled = 0;
      const ownMs = Math.min(throttledPauses.firstMs * 2 ** throttled++, throttledPauses.longestMs);
      const ms = Math.max(ownMs, answerBehind(error)?.retryAfterMs ?? 0);
      pause = { ms, ageMs: stopwatch(clocks), cause: error };
    },
    reason() {
      if (!pause || leftMs() <= 0) return undefined;
      const { code, message } = pause.cause;
      const seconds = Math.ceil(leftMs() / 1000);
      return new ExporterError(code, `${message}; queues are read again in ${seconds} s`, {
        cause: pause.cause,
      });
    },
  };
}
