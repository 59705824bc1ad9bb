import { HttpStatusError } from '../http/errors.ts';
import type { Fetch, Trip } from '../http/fetch.ts';
import type { HttpResponse } from '../http/send.ts';
import type { Page } from '../snapshot/agent.ts';
import { parsePage } from './agent-status.ts';
import { AuthError } from './errors.ts';
import type { TokenSource } from './token.ts';

/** Fetches one page of the agents' current status. */
export type FetchPage = (page: number, trip: Trip) => Promise<Page>;

/** Where and how to read agent-status. */
export interface ClientOptions {
  apiUrl: string;
  /** Agents per page asked for; the API may give fewer. */
  pageSize: number;
  userAgent: string;
}

/**
 * A client for GET /stats/agent-status.
 * @throws AuthError, HttpStatusError, NetworkError, ShapeError, TooLargeError, or the reason of the trip's signal
 */
export function createFetchPage(fetch: Fetch, tokens: TokenSource, options: ClientOptions): FetchPage {
  const base = `${options.apiUrl.replace(/\/+$/, '')}/stats/agent-status`;

  return async (page, trip) => {
    const response = await fetchAuthorized(new URL(`${base}?page=${page}&limit=${options.pageSize}`), trip);
    return parsePage(response.body, page);
  };

  async function fetchAuthorized(url: URL, trip: Trip): Promise<HttpResponse> {
    const token = await tokens.get(trip);
    try {
      return await get(url, token, trip);
    } catch (error) {
      if (!(error instanceof HttpStatusError) || error.status !== 401) throw explain(error);
      tokens.drop(token);
    }
    const fresh = await tokens.get(trip);
    return get(url, fresh, trip).catch((error) => {
      throw explain(error);
    });
  }

  function get(url: URL, token: string, trip: Trip): Promise<HttpResponse> {
    const headers = {
      authorization: `bearer ${token}`,
      accept: 'application/vnd.newvoicemedia.v3+json',
      'user-agent': options.userAgent,
      'x-external-id': 'vcc-exporter',
    };
    return fetch({ method: 'GET', url, headers }, trip);
  }
}

function explain(error: unknown): unknown {
  if (!(error instanceof HttpStatusError)) return error;
  if (error.status === 401) {
    return new AuthError('unauthorized', `${error.message} to a token that was just issued`, error);
  }
  if (error.status === 403) {
    return new AuthError('forbidden', `${error.message}: the credentials lack the scope stats`, error);
  }
  return error;
}
