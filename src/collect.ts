import { before, cancelledBy, type Deadline, DeadlineError, leftMs } from './deadline.ts';
import { ExporterError } from './errors.ts';
import { HttpStatusError, TooLargeError } from './http/errors.ts';
import { newTraffic, type Traffic, type Trip } from './http/fetch.ts';
import { retryDelayMs } from './http/retry.ts';
import { assemble, type Conflict, type Listing } from './snapshot/assemble.ts';
import type { Item, Page, Snapshot } from './snapshot/page.ts';
import { type Clocks, stopwatch, type Timing } from './timing.ts';
import { ShapeError } from './vcc/errors.ts';
import type { FetchPage } from './vcc/fetch-page.ts';

/** The result of one read of an account. Scrapes that share a read get the same object. */
export interface ReadOutcome {
  result: { snapshot: Snapshot } | { error: unknown };
  /** The requests sent for it, including those of shared reads that failed before it. */
  traffic: Traffic;
  cached: boolean;
}

/** Reads an account before the deadline. Never throws: a failure is an outcome. */
export type Read = (deadline: Deadline) => Promise<ReadOutcome>;

/**
 * Makes overlapping scrapes share one read. A snapshot is used again for `cacheTtlMs` from the
 * start of its read.
 *
 * The read ends at the latest at the deadline of the scrape that started it. A scrape that joins
 * with less time returns at its own deadline. A scrape with more time starts a new read if the
 * shared read timed out or failed with a retryable error. `closing` ends a running read.
 */
export function shareReads(collect: Collect, cacheTtlMs: number, clocks: Clocks, closing: AbortSignal): Read {
  let flight: { outcome: Promise<ReadOutcome>; atMs: number } | undefined;
  let kept: { outcome: ReadOutcome; ageMs(): number } | undefined;

  return async (deadline) => {
    let spent = newTraffic();
    for (;;) {
      if (kept && kept.ageMs() < cacheTtlMs) return kept.outcome;
      const joined = flight;
      const outcome = joined ? await join(joined.outcome, deadline, spent) : await start(deadline, spent);
      const again = joined !== undefined && joined.atMs < deadline.atMs && mayHelpToTryAgain(outcome);
      if (!again || leftMs(deadline) === 0) return outcome;
      spent = outcome.traffic;
    }
  };

  function keep(outcome: ReadOutcome, ageMs: () => number): void {
    if (cacheTtlMs === 0) return;
    const newest = { outcome: { ...outcome, cached: true }, ageMs };
    kept = newest;
    // A large account's snapshot has tens of megabytes.
    const forget = () => {
      if (kept === newest) kept = undefined;
    };
    setTimeout(forget, cacheTtlMs).unref();
  }

  function start(scrape: Deadline, spent: Traffic): Promise<ReadOutcome> {
    const ageMs = stopwatch(clocks);
    const deadline = cancelledBy(scrape, closing);
    const traffic = { ...spent };
    const outcome = before(collect({ deadline, traffic }), deadline)
      .then(
        (snapshot): ReadOutcome => ({ result: { snapshot }, traffic, cached: false }),
        (error): ReadOutcome => ({ result: { error }, traffic, cached: false }),
      )
      .then((done) => {
        deadline.end();
        flight = undefined;
        if ('snapshot' in done.result) keep(done, ageMs);
        return done;
      });
    flight = { outcome, atMs: scrape.atMs };
    return outcome;
  }
}

function join(outcome: Promise<ReadOutcome>, deadline: Deadline, spent: Traffic): Promise<ReadOutcome> {
  return before(outcome, deadline).catch((error) => ({
    result: { error },
    traffic: spent,
    cached: false,
  }));
}

function mayHelpToTryAgain({ result }: ReadOutcome): boolean {
  if (!('error' in result) || !(result.error instanceof ExporterError)) return false;
  if (result.error.code === 'throttled') return false;
  return result.error.retryable || result.error instanceof DeadlineError;
}

/** The pages did not form one snapshot, even after several readings. */
class SnapshotError extends ExporterError {
  constructor(message: string, retryable = false) {
    super('snapshot', message, { retryable });
  }
}

/** Reads all pages of a list of an account. {@link createCollect} lists what it throws. */
export type Collect<S = Snapshot> = (trip: Trip) => Promise<S>;

const maxReadings = 5;
const rereadDelays = { retries: maxReadings, baseDelayMs: 100, maxDelayMs: 1000 };

/**
 * Creates a reader that remembers the page count, and requests all these pages at the same time in
 * the next read. While the pages contradict each other, it reads all of them again. It gives up
 * when two readings have the same conflict. After a failure, the next call reads page 1 first, and
 * all pages only once.
 *
 * The reader throws:
 * - SnapshotError when the pages contradict each other
 * - TooLargeError beyond `maxPages`
 * - ShapeError beyond `maxFlawedPercent`
 * - the errors of `fetchPage`
 * - the reason of the deadline's signal
 */
export function createCollect<I extends Item, Field extends string>(
  fetchPage: FetchPage<I, Field>,
  listing: Listing<I>,
  options: PagingOptions,
  timing: Timing,
): Collect<Snapshot<I, Field>> {
  let rememberedPages = 1;
  let failed = false;
  const pace = createPace(options);
  /** The conflict of the last reading, which may have been in an earlier call. */
  let last: Conflict | undefined;

  async function readUntilConsistent(trip: Trip): Promise<Snapshot<I, Field>> {
    const most = failed ? 1 : maxReadings;
    for (let reading = 1; ; reading++) {
      const outcome = assemble(
        await readPages(fetchPage, range(rememberedPages), { ...options, concurrency: pace.atOnce() }, trip),
        listing,
      );
      if (!('reason' in outcome)) {
        refuseFlaws(outcome, listing.plural, options.maxFlawedPercent);
        rememberedPages = outcome.pages;
        last = undefined;
        return outcome;
      }
      rememberedPages = 1;
      const unchanged = outcome.reason === last?.reason && outcome.id === last?.id;
      last = outcome;
      const times = unchanged ? 'in the same way as before' : `after ${reading} of ${most} readings`;
      const message = `the pages do not add up, ${times}: ${outcome.reason}`;
      const error = new SnapshotError(message, !unchanged);
      if (unchanged || reading >= most) throw error;
      const delayMs = retryDelayMs(rereadDelays, reading - 1, timing.random(), undefined);
      if (delayMs >= leftMs(trip.deadline)) throw error;
      await timing.sleep(delayMs, trip.deadline.signal);
    }
  }

  return async (trip) => {
    try {
      const snapshot = await readUntilConsistent(trip);
      failed = false;
      pace.succeeded(snapshot.pages);
      return snapshot;
    } catch (error) {
      rememberedPages = 1;
      failed = true;
      pace.failed(isThrottled(error));
      throw error;
    }
  };
}

/**
 * @throws ShapeError when more items than `maxPercent` have a flaw, since the API then differs from
 * its reference
 */
function refuseFlaws<I extends Item, Field extends string>(
  { items, duplicates, gaps }: Snapshot<I, Field>,
  plural: string,
  maxPercent: number,
): void {
  // The gaps include those of records that were left out.
  const records = items.length + duplicates;
  const most = maxPercent === 0 ? 0 : Math.max(1, Math.floor((records * maxPercent) / 100));
  if (gaps.first === undefined || gaps.flawed <= most) return;
  const { path, expected, received } = gaps.first;
  const share = `${gaps.flawed} of ${records} ${plural} (VCC_MAX_FLAWED_AGENTS is ${maxPercent} %)`;
  throw new ShapeError(`${share}, the first on ${path}`, expected, received);
}

/** How many pages to request at the same time. */
interface Pace {
  atOnce(): number;
  succeeded(pages: number): void;
  failed(throttled: boolean): void;
}

/** After a 429, the pace rises by one request only after this number of reads. */
const readsPerStep = 20;

/**
 * Creates the pace of an account: its number of concurrent requests. It starts low, and doubles
 * with each read that needs more, up to the limit. A 429 halves it; from then on it rises slowly,
 * since the host has some limit. After other failures it starts again.
 */
function createPace({ concurrency: most, startConcurrency: start }: PagingOptions): Pace {
  let pace = start;
  let throttledBefore = false;
  return {
    atOnce: () => Math.floor(pace),
    succeeded(pages) {
      if (pages > pace) pace = Math.min(most, throttledBefore ? pace + 1 / readsPerStep : pace * 2);
    },
    failed(throttled) {
      throttledBefore ||= throttled;
      pace = throttled ? Math.max(1, pace / 2) : Math.min(pace, start);
    },
  };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** How to read the pages of an account. */
export interface PagingOptions {
  /** Most concurrent requests. */
  concurrency: number;
  /** Concurrent requests of the first read. At most `concurrency`. */
  startConcurrency: number;
  /** More pages than this are an error. */
  maxPages: number;
  /**
   * With more flawed agents than this, in per cent of all, the read fails. One agent is always
   * allowed, unless this is 0.
   */
  maxFlawedPercent: number;
}

/**
 * Fetches the `wanted` pages concurrently, and further pages as soon as an answer shows that they
 * exist. Returns the pages by page number. Page 1 is required. Other pages with status 400 or 404
 * are left out, since the account may have shrunk. Requests beyond the page count are cancelled,
 * and their errors are ignored, except for a 429. When this returns or throws, no request is
 * running.
 * @throws TooLargeError beyond `maxPages`, SnapshotError for a page count far beyond the total, the
 * errors of `fetchPage`, or the reason of the deadline's signal
 */
export async function readPages<I extends Item, Field extends string>(
  fetchPage: FetchPage<I, Field>,
  wanted: readonly number[],
  options: Pick<PagingOptions, 'concurrency' | 'maxPages'>,
  trip: Trip,
): Promise<Map<number, Page<I, Field>>> {
  const pages = new Map<number, Page<I, Field>>();
  const failures = new Map<number, unknown>();
  const underWay = new Map<number, AbortController>();
  let queue = [...wanted];
  let highestWanted = Math.max(...wanted);
  let pageCount: number | undefined;
  let received = 0;
  let largestPage = 1;
  let fault: { error: unknown } | undefined;

  async function worker(): Promise<void> {
    for (let number = queue.shift(); number !== undefined; number = queue.shift()) {
      const controller = new AbortController();
      underWay.set(number, controller);
      try {
        const deadline = { ...trip.deadline, signal: controller.signal };
        const page = await fetchPage(number, { ...trip, deadline });
        pages.set(number, page);
        noteCounts(page);
      } catch (error) {
        failures.set(number, error);
      }
      underWay.delete(number);
      judge();
    }
  }

  function noteCounts(page: Page<I, Field>): void {
    const { pageCount: count, totalCount } = page;
    if (count > options.maxPages) {
      stop(new TooLargeError(`the API says there are ${count} pages; VCC_MAX_PAGES is ${options.maxPages}`));
      return;
    }
    received += page.items.length;
    largestPage = Math.max(largestPage, page.items.length);
    // Twice as many as needed, since pages may differ in size.
    if (count > 1 + 2 * Math.ceil(totalCount / largestPage)) {
      const sizes = `${totalCount} items on pages of ${largestPage}`;
      stop(
        new SnapshotError(
          `the pages do not add up: page ${page.number} says pageCount ${count} for ${sizes}`,
        ),
      );
      return;
    }
    pageCount = Math.max(pageCount ?? 1, count);
    // On each page, a server may announce one more page, without end.
    if (received >= totalCount) return;
    const missing = pageCount - highestWanted;
    for (let more = 1; more <= missing; more++) queue.push(highestWanted + more);
    highestWanted = Math.max(highestWanted, pageCount);
    hire();
  }

  /**
   * Stops at the first failure of a page that exists, or the first 429. Cancels requests for pages
   * that do not exist.
   */
  function judge(): void {
    const known = pageCount ?? 1;
    for (const [number, error] of failures) {
      if (isThrottled(error) || (number <= known && !mayHaveGone(number, error))) stop(error);
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

/** Whether the account's request budget is used up. Every further request makes this worse. */
function isThrottled(error: unknown): boolean {
  return error instanceof HttpStatusError && error.status === 429;
}

/** Whether the page may have disappeared between two answers. Page 1 always exists. */
function mayHaveGone(number: number, error: unknown): boolean {
  if (error === surplus) return true;
  return number > 1 && error instanceof HttpStatusError && (error.status === 400 || error.status === 404);
}
