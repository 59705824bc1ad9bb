import { before, cancelledBy, type Deadline, DeadlineError, leftMs } from '../deadline.ts';
import { ExporterError } from '../errors.ts';
import { newTraffic, type Traffic } from '../http/fetch.ts';
import type { Snapshot } from '../snapshot/agent.ts';
import { type Clocks, stopwatch } from '../timing.ts';
import type { Collect } from './collect.ts';

/** How one read of an account ended, and what it took. */
export interface ReadOutcome {
  result: { snapshot: Snapshot } | { error: unknown };
  traffic: Traffic;
  cached: boolean;
}

/** Reads an account before the deadline. Never throws: a failure is an outcome. */
export type Read = (deadline: Deadline) => Promise<ReadOutcome>;

/**
 * Makes scrapes that overlap share one read, and returns a snapshot again for `cacheTtlMs` from the start of its read. The
 * read belongs to the scrape that started it and ends by its deadline; a scrape that joins with less time leaves early, and
 * one with more time starts its own read if the shared one had too little. `closing` ends a read that is under way.
 */
export function shareReads(collect: Collect, cacheTtlMs: number, clocks: Clocks, closing: AbortSignal): Read {
  let flight: { outcome: Promise<ReadOutcome>; atMs: number } | undefined;
  let kept: { outcome: ReadOutcome; ageMs(): number } | undefined;

  return async (deadline) => {
    const spent = newTraffic();
    for (;;) {
      if (kept && kept.ageMs() < cacheTtlMs) return { ...kept.outcome, cached: true };
      const joined = flight;
      const outcome = joined ? await join(joined.outcome, deadline) : await start(deadline);
      const again = joined !== undefined && joined.atMs < deadline.atMs && mayHelpToTryAgain(outcome);
      if (!again || leftMs(deadline) === 0) return { ...outcome, traffic: add(spent, outcome.traffic) };
      Object.assign(spent, add(spent, outcome.traffic));
    }
  };

  function start(scrape: Deadline): Promise<ReadOutcome> {
    const ageMs = stopwatch(clocks);
    const deadline = cancelledBy(scrape, closing);
    const traffic = newTraffic();
    const outcome = before(collect({ deadline, traffic }), deadline)
      .then(
        (snapshot): ReadOutcome => ({ result: { snapshot }, traffic, cached: false }),
        (error): ReadOutcome => ({ result: { error }, traffic, cached: false }),
      )
      .then((done) => {
        deadline.end();
        flight = undefined;
        if ('snapshot' in done.result) kept = { outcome: done, ageMs };
        return done;
      });
    flight = { outcome, atMs: scrape.atMs };
    return outcome;
  }
}

function join(outcome: Promise<ReadOutcome>, deadline: Deadline): Promise<ReadOutcome> {
  return before(outcome, deadline).catch((error) => ({
    result: { error },
    traffic: newTraffic(),
    cached: false,
  }));
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
