import { HttpStatusError } from '../http/errors.ts';
import type { Fetch, Trip } from '../http/fetch.ts';
import type { HttpResponse } from '../http/send.ts';
import { AuthError } from './errors.ts';
import type { Scope, TokenSource } from './token.ts';

/** GET with a token; after a 401 once more with a new one. */
export type AuthorizedGet = (url: URL, trip: Trip) => Promise<HttpResponse>;

/** What every request says. */
export interface RequestOptions {
  accept: string;
  /** The scope of the tokens, for messages. */
  scope: Scope;
  userAgent: string;
}

/** @throws AuthError, HttpStatusError, NetworkError, TooLargeError, or the reason of the deadline's signal */
export function createAuthorizedGet(
  fetch: Fetch,
  tokens: TokenSource,
  options: RequestOptions,
): AuthorizedGet {
  const { accept, scope, userAgent } = options;

  return async (url, trip) => {
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
  };

  function get(url: URL, token: string, trip: Trip): Promise<HttpResponse> {
    const headers = {
      authorization: `bearer ${token}`,
      accept,
      'user-agent': userAgent,
      'x-external-id': 'vcc-exporter',
    };
    return fetch({ method: 'GET', url, headers }, trip);
  }

  function explain(error: unknown): unknown {
    if (!(error instanceof HttpStatusError)) return error;
    if (error.status === 401) {
      return new AuthError('unauthorized', `${error.message} to a token that was just issued`, error);
    }
    if (error.status === 403) {
      return new AuthError('forbidden', `${error.message}: the credentials lack the scope ${scope}`, error);
    }
    return error;
  }
}
