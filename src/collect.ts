import { before, cancelledBy, type Deadline, DeadlineError, leftMs } from './deadline.ts';
import { ExporterError } from './errors.ts';
import { HttpStatusError, TooLargeError } from './http/errors.ts';
import { newTraffic, type Traffic, type Trip } from './http/fetch.ts';
import { retryDelayMs } from './http/retry.ts';
import type { Page, Snapshot } from './snapshot/agent.ts';
import { assemble } from './snapshot/assemble.ts';
import { type Clocks, stopwatch, type Timing } from './timing.ts';
import type { FetchPage } from './vcc/agent-status.ts';

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

/** The pages did not become one snapshot, however often they were read. */
export class SnapshotError extends ExporterError {
  constructor(message: string) {
    super('snapshot', message, { retryable: true });
  }
}

/** Reads every page of an account. */
export type Collect = (trip: Trip) => Promise<Snapshot>;

/** The first reading, one of the pages concerned, then whole ones. */
const maxReadings = 5;
const rereadDelays = { retries: maxReadings, baseDelayMs: 100, maxDelayMs: 1000 };

/**
 * A reader that remembers how many pages there were, and asks for that many at once the next time.
 * @throws SnapshotError when the pages do not add up, TooLargeError past `maxPages`, or what `fetchPage` throws
 */
export function createCollect(fetchPage: FetchPage, options: PagingOptions, timing: Timing): Collect {
  let rememberedPages = 1;

  return async (trip) => {
    let pages = await readPages(fetchPage, range(rememberedPages), options, trip);
    for (let reading = 1; ; reading++) {
      const outcome = assemble(pages);
      if (!('reason' in outcome)) {
        rememberedPages = outcome.pages;
        return outcome;
      }
      const message = `the pages do not add up after ${reading} of ${maxReadings} readings: ${outcome.reason}`;
      rememberedPages = 1;
      if (reading === maxReadings) throw new SnapshotError(message);
      if (reading === 1) {
        const known = Math.max(...outcome.pages);
        const again = await readPages(fetchPage, outcome.pages, options, trip, known);
        pages = new Map([...pages, ...again]);
        continue;
      }
      // What changed reaches further than the pages where it shows: start over.
      const delayMs = retryDelayMs(rereadDelays, reading, timing.random(), undefined);
      if (delayMs >= leftMs(trip.deadline)) throw new SnapshotError(message);
      await timing.sleep(delayMs, trip.deadline.signal);
      pages = await readPages(fetchPage, range(rememberedPages), options, trip);
    }
  };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** How an account is read. */
export interface PagingOptions {
  /** Requests under way at once. */
  concurrency: number;
  /** More pages than this are a fault, not an account. */
  maxPages: number;
}

/**
 * Fetches these pages at once, and those beyond them as soon as an answer says that they exist. Which of the wanted
 * ones are surplus is known only then too: surplus requests are given up and never an error. Gives what there is,
 * by page number: a page that answers 400 or 404 is left out, since it may have been there a moment ago.
 * Nothing is under way any more when it throws. `atLeast` is how many pages are known to exist beforehand.
 */
export async function readPages(
  fetchPage: FetchPage,
  wanted: readonly number[],
  options: PagingOptions,
  trip: Trip,
  atLeast = 1,
): Promise<Map<number, Page>> {
  const pages = new Map<number, Page>();
  const failures = new Map<number, unknown>();
  const underWay = new Map<number, AbortController>();
  let queue = [...wanted];
  let highestWanted = Math.max(...wanted);
  let pageCount: number | undefined;
  let fault: { error: unknown } | undefined;

  async function worker(): Promise<void> {
    for (let number = queue.shift(); number !== undefined; number = queue.shift()) {
      const controller = new AbortController();
      underWay.set(number, controller);
      try {
        const deadline = { ...trip.deadline, signal: controller.signal };
        const page = await fetchPage(number, { ...trip, deadline });
        pages.set(number, page);
        noteCount(page.pageCount);
      } catch (error) {
        failures.set(number, error);
      }
      underWay.delete(number);
      judge();
    }
  }

  function noteCount(count: number): void {
    if (count > options.maxPages) {
      stop(new TooLargeError(`the API says there are ${count} pages; VCC_MAX_PAGES is ${options.maxPages}`));
      return;
    }
    pageCount = Math.max(pageCount ?? 1, count);
    const missing = pageCount - highestWanted;
    for (let more = 1; more <= missing; more++) queue.push(highestWanted + more);
    highestWanted = Math.max(highestWanted, pageCount);
    hire();
  }

  /** Ends the reading at the first failure of a page that exists; gives up what turns out not to. */
  function judge(): void {
    const known = Math.max(pageCount ?? 1, atLeast);
    for (const [number, error] of failures) {
      if (number <= known && !mayHaveGone(number, error)) stop(error);
    }
    if (pageCount === undefined) return;
    queue = queue.filter((number) => number <= known);
    for (const [number, controller] of underWay) if (number > known) controller.abort(surplus);
  }

  function stop(error: unknown): void {
    fault ??= { error };
    queue = [];
    for (const controller of underWay.values()) controller.abort(fault.error);
  }

  const workers: Promise<void>[] = [];
  /** One worker per page waiting, up to the bound. */
  function hire(): void {
    while (fault === undefined && queue.length > 0 && underWay.size < options.concurrency)
      workers.push(worker());
  }

  const { signal } = trip.deadline;
  signal.throwIfAborted();
  const onAbort = () => stop(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  hire();
  // Workers hire workers, so the list may grow while it is walked.
  for (const each of workers) await each;
  signal.removeEventListener('abort', onAbort);
  if (fault) throw fault.error;
  return pages;
}

const surplus = new Error('surplus page');

/** A page that was there by one count and not by another; page 1 always is. */
function mayHaveGone(number: number, error: unknown): boolean {
  if (error === surplus) return true;
  return number > 1 && error instanceof HttpStatusError && (error.status === 400 || error.status === 404);
}
