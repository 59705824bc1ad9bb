import { before, cancelledBy, type Deadline, DeadlineError, leftMs } from './deadline.ts';
import { ExporterError } from './errors.ts';
import { HttpStatusError, TooLargeError } from './http/errors.ts';
import { newTraffic, type Traffic, type Trip } from './http/fetch.ts';
import { retryDelayMs } from './http/retry.ts';
import type { Page, Snapshot } from './snapshot/agent.ts';
import { assemble } from './snapshot/assemble.ts';
import { type Clocks, stopwatch, type Timing } from './timing.ts';
import type { FetchPage } from './vcc/agent-status.ts';

/** How one read of an account ended, and the requests that it sent. */
export interface ReadOutcome {
  result: { snapshot: Snapshot } | { error: unknown };
  traffic: Traffic;
  cached: boolean;
}

/** Reads an account before the deadline. Never throws: a failure is an outcome. */
export type Read = (deadline: Deadline) => Promise<ReadOutcome>;

/**
 * Makes overlapping scrapes share one read. A snapshot is used again for `cacheTtlMs` from the start of its read.
 *
 * The read ends by the deadline of the scrape that started it. A scrape that joins with less time returns at its own
 * deadline. One with more time starts a new read if the shared one failed for lack of time or with a retryable error.
 * `closing` ends a running read.
 */
export function shareReads(collect: Collect, cacheTtlMs: number, clocks: Clocks, closing: AbortSignal): Read {
  let flight: { outcome: Promise<ReadOutcome>; atMs: number } | undefined;
  let kept: { outcome: ReadOutcome; ageMs(): number } | undefined;

  return async (deadline) => {
    const spent = newTraffic();
    for (;;) {
      if (kept && kept.ageMs() < cacheTtlMs) return { ...kept.outcome, cached: true };
      // Free the memory of the old agents for the new ones.
      kept = undefined;
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
        if (cacheTtlMs > 0 && 'snapshot' in done.result) kept = { outcome: done, ageMs };
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

/** The pages still did not form one snapshot after several reads. */
export class SnapshotError extends ExporterError {
  constructor(message: string) {
    super('snapshot', message, { retryable: true });
  }
}

/** Reads all pages of an account. Throws as {@link createCollect} says. */
export type Collect = (trip: Trip) => Promise<Snapshot>;

/** One read of all pages, one of the conflicting pages, then up to three of all pages. */
const maxReadings = 5;
const rereadDelays = { retries: maxReadings, baseDelayMs: 100, maxDelayMs: 1000 };

/**
 * Creates a reader that remembers the page count, and requests that many pages at once the next time. The reader throws
 * SnapshotError when the pages do not add up and TooLargeError beyond `maxPages`. It also throws what `fetchPage`
 * throws, and the reason of the deadline's signal.
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
      // The change affects more than the conflicting pages, so read all pages again.
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

/** How to read the pages of an account. */
export interface PagingOptions {
  /** Concurrent requests. */
  concurrency: number;
  /** More pages than this are an error. */
  maxPages: number;
}

/**
 * Fetches the `wanted` pages at once, and further pages as soon as an answer shows that they exist. Returns the pages
 * by page number. Page 1 is required. Other pages that answer 400 or 404 are left out, since the account may have
 * shrunk. Requests for pages beyond the page count are cancelled, and their errors ignored. `atLeast` is the number of
 * pages known to exist. No request is running when it returns or throws.
 * @throws TooLargeError beyond `maxPages`, what `fetchPage` throws, or the reason of the deadline's signal
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

  /** Stops at the first failure of a page that exists. Cancels requests for pages that do not. */
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
  /** Starts one worker per queued page, up to the concurrency. */
  function hire(): void {
    while (fault === undefined && queue.length > 0 && underWay.size < options.concurrency)
      workers.push(worker());
  }

  const { signal } = trip.deadline;
  signal.throwIfAborted();
  const onAbort = () => stop(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  hire();
  // Workers start other workers, so the list may grow during the loop.
  for (const each of workers) await each;
  signal.removeEventListener('abort', onAbort);
  if (fault) throw fault.error;
  return pages;
}

const surplus = new Error('surplus page');

/** Whether the page may have disappeared between two answers. Page 1 always exists. */
function mayHaveGone(number: number, error: unknown): boolean {
  if (error === surplus) return true;
  return number > 1 && error instanceof HttpStatusError && (error.status === 400 || error.status === 404);
}
