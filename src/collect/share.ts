import { ExporterError } from '../errors.ts';
import { DeadlineError } from '../http/errors.ts';
import { beginTrip, newTraffic, outOfTime, type Timing, type Traffic } from '../http/fetch.ts';
import type { Snapshot } from '../snapshot/agent.ts';
import type { Collect } from './collect.ts';

/** How one read of an account ended, and what it took. */
export interface ReadOutcome {
  result: { snapshot: Snapshot } | { error: unknown };
  traffic: Traffic;
  cached: boolean;
}

/** Reads an account, answering before the time is up. Never throws: a failure is an outcome. */
export type Read = (budgetMs: number) => Promise<ReadOutcome>;

interface Flight {
  outcome: Promise<ReadOutcome>;
  deadlineMs: number;
}

/**
 * Makes scrapes that overlap share one read, and serves a snapshot again for `cacheTtlMs` from the begin of its
 * read. The read belongs to the scrape that began it and ends by that one's deadline; a scrape that joins with less
 * time leaves early, and one with more time begins its own read should the shared one have given up for want of it.
 * `closing` ends a read that is under way.
 */
export function shareReads(collect: Collect, cacheTtlMs: number, timing: Timing, closing: AbortSignal): Read {
  let flight: Flight | undefined;
  let kept: { outcome: ReadOutcome; untilMs: number } | undefined;

  return async (budgetMs) => {
    const deadlineMs = timing.now() + budgetMs;
    const spent = newTraffic();
    for (;;) {
      const nowMs = timing.now();
      if (kept && nowMs < kept.untilMs) return { ...kept.outcome, cached: true };
      const leftMs = Math.max(1, deadlineMs - nowMs);
      const joined = flight;
      const outcome = joined ? await orTimeout(joined.outcome, leftMs, budgetMs) : await begin(leftMs);
      const again = joined !== undefined && joined.deadlineMs < deadlineMs && mayHelpToTryAgain(outcome);
      if (!again || timing.now() >= deadlineMs) return { ...outcome, traffic: add(spent, outcome.traffic) };
      Object.assign(spent, add(spent, outcome.traffic));
    }
  };

  function begin(budgetMs: number): Promise<ReadOutcome> {
    const startedMs = timing.now();
    const trip = beginTrip(budgetMs, startedMs);
    const { traffic } = trip;
    const onClosing = () => trip.end(closing.reason);
    closing.addEventListener('abort', onClosing);
    if (closing.aborted) onClosing();
    const outcome = collect(trip)
      .then(
        (snapshot): ReadOutcome => ({ result: { snapshot }, traffic, cached: false }),
        (error): ReadOutcome => ({ result: { error }, traffic, cached: false }),
      )
      .then((done) => {
        trip.end();
        closing.removeEventListener('abort', onClosing);
        flight = undefined;
        if ('snapshot' in done.result) kept = { outcome: done, untilMs: startedMs + cacheTtlMs };
        return done;
      });
    flight = { outcome, deadlineMs: trip.deadlineMs };
    return outcome;
  }
}

function mayHelpToTryAgain({ result }: ReadOutcome): boolean {
  if (!('error' in result) || !(result.error instanceof ExporterError)) return false;
  return result.error.retryable || result.error instanceof DeadlineError;
}

function add(a: Traffic, b: Traffic): Traffic {
  return {
    requests: a.requests + b.requests,
    retries: a.retries + b.retries,
    clockSkewMs: b.clockSkewMs ?? a.clockSkewMs,
    server: b.server ?? a.server,
  };
}

async function orTimeout(
  outcome: Promise<ReadOutcome>,
  leftMs: number,
  budgetMs: number,
): Promise<ReadOutcome> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<ReadOutcome>((resolve) => {
    const late: ReadOutcome = {
      result: { error: outOfTime(budgetMs) },
      traffic: newTraffic(),
      cached: false,
    };
    timer = setTimeout(() => resolve(late), leftMs);
  });
  try {
    return await Promise.race([outcome, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
