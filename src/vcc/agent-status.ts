import { HttpStatusError } from '../http/errors.ts';
import type { Fetch, Trip } from '../http/fetch.ts';
import type { Page } from '../snapshot/agent.ts';
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

/** Smaller sizes, for a server that refuses the requested one. `undefined` leaves the choice to the server. */
const smallerSizes = [1000, undefined];

/**
 * Creates a client for GET /stats/agent-status. If the server refuses the page size for page 1, the client tries smaller
 * ones, and uses the first that it accepts from then on. It throws AuthError, HttpStatusError, NetworkError, ShapeError,
 * TooLargeError, or the reason of the deadline's signal.
 */
export function createFetchPage(fetch: Fetch, tokens: TokenSource, options: ClientOptions): FetchPage {
  const base = `${options.apiUrl.replace(/\/+$/, '')}/stats/agent-status`;
  const get = createAuthorizedGet(fetch, tokens, {
    accept: 'application/vnd.newvoicemedia.v3+json',
    scope: 'stats',
    userAgent: options.userAgent,
  });
  let sizes = [options.pageSize, ...smallerSizes.filter((size) => (size ?? 0) < options.pageSize)];

  async function fetchPage(page: number, size: number | undefined, trip: Trip): Promise<Page> {
    const limit = size === undefined ? '' : `&limit=${size}`;
    const response = await get(new URL(`${base}?page=${page}${limit}`), trip);
    return parsePage(response.body.toString(), page);
  }

  return async (page, trip) => {
    if (page !== 1) return fetchPage(page, sizes[0], trip);
    let refusal: unknown;
    for (const [index, size] of sizes.entries()) {
      try {
        const first = await fetchPage(page, size, trip);
        sizes = sizes.slice(index);
        return first;
      } catch (error) {
        // If all sizes are refused, the size was not the reason, and the first answer says what was.
        refusal ??= error;
        if (!isRefusedSize(error)) throw error;
      }
    }
    throw refusal;
  };
}

/** Whether the size may be the reason. The API answers 400 to a size that is out of range. */
function isRefusedSize(error: unknown): boolean {
  return error instanceof HttpStatusError && [400, 413, 422].includes(error.status);
}
