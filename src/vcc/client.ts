import type { Fetch, Trip } from '../http/fetch.ts';
import type { Page } from '../snapshot/agent.ts';
import { parsePage } from './agent-status.ts';
import { createAuthorizedGet } from './authorized.ts';
import type { TokenSource } from './token.ts';

/** Fetches one page of the agents' current status. */
export type FetchPage = (page: number, trip: Trip) => Promise<Page>;

/** Where and how to read an account. */
export interface ClientOptions {
  apiUrl: string;
  /** Items per page asked for; the API may give fewer. */
  pageSize: number;
  userAgent: string;
}

/**
 * A client for GET /stats/agent-status.
 * @throws AuthError, HttpStatusError, NetworkError, ShapeError, TooLargeError, or the reason of the deadline's signal
 */
export function createFetchPage(fetch: Fetch, tokens: TokenSource, options: ClientOptions): FetchPage {
  const base = `${options.apiUrl.replace(/\/+$/, '')}/stats/agent-status`;
  const get = createAuthorizedGet(fetch, tokens, {
    accept: 'application/vnd.newvoicemedia.v3+json',
    scope: 'stats',
    userAgent: options.userAgent,
  });

  return async (page, trip) => {
    const response = await get(new URL(`${base}?page=${page}&limit=${options.pageSize}`), trip);
    return parsePage(response.body.toString(), page);
  };
}
