import { DeadlineError } from '../deadline.ts';
import { HttpStatusError, NetworkError } from '../http/errors.ts';
import type { Fetch, Trip } from '../http/fetch.ts';
import type { Page } from '../snapshot/agent.ts';
import { type Clocks, stopwatch } from '../timing.ts';
import { createAuthorizedGet } from './authorized.ts';
import { parsePage } from './page.ts';
import type { TokenSource } from './token.ts';

/** Fetches one page of the agents' current status. Throws as {@link createFetchPage} says. */
export type FetchPage = (page: number, trip: Trip) => Promise<Page>;

/** How to request the pages of an account. */
export interface ClientOptions {
  apiUrl: string;
  /** Requested items per page. The API may return fewer, or refuse it. */
  pageSize: number;
  userAgent: string;
}

/**
 * Smaller sizes, for a server that refuses the requested one. `undefined` leaves the choice to the
 * server.
 */
const smallerSizes = [1000, undefined];

/** How long a smaller size is used before the requested one is tried again. */
const smallerForMs = 3_600_000;

/**
 * Creates a client for GET /stats/agent-status. If the server refuses the page size for page 1
 * twice, the client tries smaller ones. If page 1 takes too long, the next call for it tries a
 * smaller one. A smaller size that works is used for an hour, and `onPageSize` is told. The client
 * throws AuthError, HttpStatusError, NetworkError, ShapeError, TooLargeError, or the reason of the
 * deadline's signal.
 */
export function createFetchPage(
  fetch: Fetch,
  tokens: TokenSource,
  options: ClientOptions,
  clocks: Clocks,
  onPageSize: (size: number | undefined) => void = () => {},
): FetchPage {
  const base = `${options.apiUrl.replace(/\/+$/, '')}/stats/agent-status`;
  const get = createAuthorizedGet(fetch, tokens, {
    accept: 'application/vnd.newvoicemedia.v3+json',
    scope: 'stats',
    userAgent: options.userAgent,
  });
  const sizes = [options.pageSize, ...smallerSizes.filter((size) => (size ?? 0) < options.pageSize)];
  let chosen = 0;
  let proven = 0;
  let chosenAgoMs = stopwatch(clocks);

  function choose(index: number): void {
    if (index === chosen) return;
    chosen = index;
    chosenAgoMs = stopwatch(clocks);
  }

  async function fetchPage(page: number, size: number | undefined, trip: Trip): Promise<Page> {
    const limit = size === undefined ? '' : `&limit=${size}`;
    const response = await get(new URL(`${base}?page=${page}${limit}`), trip);
    return parsePage(response.body.toString(), page);
  }

  async function fetchFirst(trip: Trip): Promise<Page> {
    let refusal: unknown;
    const { requests } = trip.traffic;
    // The first size twice: the refusal may pass, or may have been about a token that is new by
    // then.
    for (const index of [chosen, ...[...sizes.keys()].slice(chosen)]) {
      try {
        const first = await fetchPage(1, sizes[index], trip);
        choose(index);
        if (index !== proven) onPageSize(sizes[index]);
        proven = index;
        return first;
      } catch (error) {
        // If all sizes are refused, the size was not the reason, and the first answer says what
        // was.
        refusal ??= error;
        // Not if it only waited for other requests.
        if (isTooSlow(error) && trip.traffic.requests > requests) choose((chosen + 1) % sizes.length);
        if (!isRefusedSize(error)) throw error;
      }
    }
    throw refusal;
  }

  return (page, trip) => {
    if (page !== 1) return fetchPage(page, sizes[chosen], trip);
    if (chosenAgoMs() >= smallerForMs) choose(0);
    return fetchFirst(trip);
  };
}

/** Whether the size may be the reason. The API answers 400 to a size that is out of range. */
function isRefusedSize(error: unknown): boolean {
  return error instanceof HttpStatusError && [400, 413, 422].includes(error.status);
}

function isTooSlow(error: unknown): boolean {
  return error instanceof DeadlineError || (error instanceof NetworkError && error.timedOut);
}
