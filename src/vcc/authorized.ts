import { HttpStatusError } from '../http/errors.ts';
import type { Fetch, Trip } from '../http/fetch.ts';
import type { HttpResponse } from '../http/send.ts';
import { AuthError } from './errors.ts';
import type { Scope, TokenSource } from './token.ts';

/** Sends a GET request with a token. After a 401 it tries once more with a new token. */
export type AuthorizedGet = (url: URL, trip: Trip) => Promise<HttpResponse>;

/** What all requests have in common. */
export interface RequestOptions {
  accept: string;
  /** The scope of the tokens, for messages. */
  scope: Scope;
  userAgent: string;
  /**
   * Whether a refusal may drop the token: true by default. False for requests that share a token
   * with others, which then keep it: a 400 or 431 changes nothing, and a 401 only fetches a newer
   * token.
   */
  doubtsToken?: boolean | undefined;
}

/** Statuses that the token may have caused: a header that is too large or cannot be parsed. */
const maybeTheToken = [400, 431];

/**
 * Creates a client that sends GET requests with tokens. After a 400 or 431 it drops a token that
 * has never been accepted, so that the next request has another token. It throws AuthError,
 * HttpStatusError, NetworkError, ShapeError, TooLargeError, or the reason of the deadline's signal.
 */
export function createAuthorizedGet(
  fetch: Fetch,
  tokens: TokenSource,
  options: RequestOptions,
): AuthorizedGet {
  const { accept, scope, userAgent, doubtsToken = true } = options;
  let accepted: string | undefined;

  return async (url, trip) => {
    const token = await tokens.get(trip);
    try {
      return await get(url, token, trip);
    } catch (error) {
      const status = error instanceof HttpStatusError ? error.status : undefined;
      if (status !== 401) {
        const maybe = doubtsToken && maybeTheToken.some((each) => each === status);
        if (maybe && token !== accepted) tokens.drop(token);
        throw explain(error);
      }
      if (doubtsToken) tokens.drop(token);
    }
    const fresh = doubtsToken ? await tokens.get(trip) : await tokens.renew(token, trip);
    return get(url, fresh, trip).catch((error) => {
      throw explain(error);
    });
  };

  async function get(url: URL, token: string, trip: Trip): Promise<HttpResponse> {
    const headers = {
      authorization: `bearer ${token}`,
      accept,
      'user-agent': userAgent,
      'x-external-id': 'vcc-exporter',
    };
    const response = await fetch({ method: 'GET', url, headers }, trip);
    accepted = token;
    return response;
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
