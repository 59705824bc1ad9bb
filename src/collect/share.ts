import { DeadlineError } from '../http/errors.ts';
import { newTraffic, type Timing, type Traffic } from '../http/fetch.ts';
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
 * Makes scrapes that overlap share one read, and serves a snapshot again for `cacheTtlMs`. The read belongs to the
 * scrape that began it and ends by that one's deadline; a scrape that joins with less time leaves early, and one
 * with more time begins its own read should the shared one have run out of time.
 */
export function shareReads(collect: Collect, cacheTtlMs: number, timing: Timing): Read {
  let flight: Flight | undefined;
  let kept: { outcome: ReadOutcome; untilMs: number } | undefined;

  return read;

  async function read(budgetMs: number): Promise<ReadOutcome> {
    const nowMs = timing.now();
    if (kept && nowMs < kept.untilMs) return { ...kept.outcome, cached: true };
    const deadlineMs = nowMs + budgetMs;
    if (!flight) return begin(deadlineMs, budgetMs);

    const shared = flight;
    const outcome = await orTimeout(shared.outcome, budgetMs);
    const leftMs = deadlineMs - timing.now();
    const ranOut = 'error' in outcome.result && outcome.result.error instanceof DeadlineError;
    return ranOut && shared.deadlineMs < deadlineMs && leftMs > 0 ? read(leftMs) : outcome;
  }

  function begin(deadlineMs: number, budgetMs: number): Promise<ReadOutcome> {
    const traffic = newTraffic();
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(outOfTime(budgetMs)), budgetMs);
    const outcome = collect({ signal: controller.signal, deadlineMs, traffic })
      .then(
        (snapshot): ReadOutcome => ({ result: { snapshot }, traffic, cached: false }),
        (error): ReadOutcome => ({ result: { error }, traffic, cached: false }),
      )
      .finally(() => {
        clearTimeout(timer);
        flight = undefined;
      });
    flight = { outcome, deadlineMs };
    return outcome.then((done) => {
      if (cacheTtlMs > 0 && 'snapshot' in done.result) {
        kept = { outcome: done, untilMs: timing.now() + cacheTtlMs };
      }
      return done;
    });
  }
}

function outOfTime(budgetMs: number): DeadlineError {
  return new DeadlineError(`no complete snapshot within the ${budgetMs} ms that this scrape had`);
}

async function orTimeout(outcome: Promise<ReadOutcome>, budgetMs: number): Promise<ReadOutcome> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<ReadOutcome>((resolve) => {
    const late: ReadOutcome = {
      result: { error: outOfTime(budgetMs) },
      traffic: newTraffic(),
      cached: false,
    };
    timer = setTimeout(() => resolve(late), budgetMs);
  });
  try {
    return await Promise.race([outcome, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
