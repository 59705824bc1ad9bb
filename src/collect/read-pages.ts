import { HttpStatusError, TooLargeError } from '../http/errors.ts';
import type { Trip } from '../http/fetch.ts';
import type { Page } from '../snapshot/agent.ts';
import type { FetchPage } from '../vcc/client.ts';

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
