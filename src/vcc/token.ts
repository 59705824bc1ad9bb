import type { ApiCredentials } from '../config/credentials.ts';
import { ExporterError } from '../errors.ts';
import { HttpStatusError } from '../http/errors.ts';
import type { Fetch, Trip } from '../http/fetch.ts';
import type { CredentialSource } from './credentials.ts';
import { AuthError, ShapeError } from './errors.ts';
import { kindOf, parseJson } from './json.ts';

/** How to ask for tokens. */
export interface TokenOptions {
  tokenUrl: string;
  credentials: CredentialSource;
  /** Client credentials in the form body, or as HTTP Basic (RFC 6749, 2.3.1 knows both). */
  tokenAuth: 'body' | 'basic';
  /** What the token is for; one scope per token. */
  scope?: Scope;
  userAgent: string;
}

/** A scope of VCC's APIs: `stats` for agent-status, `users:read` for the User Admin API. */
export type Scope = 'stats' | 'users:read';

/** Gives the current access token, fetching one when there is none or it is about to expire. */
export interface TokenSource {
  get(trip: Trip): Promise<string>;
  /** Forgets this token (the API rejected it), unless a newer one has replaced it already. */
  drop(token: string): void;
}

/** Renewed after nine tenths of its life, as Vonage's own sample does. */
const usableShare = 0.9;
/** For an answer without expires_in (RFC 6749 only recommends it); Vonage documents 7200 always. */
const defaultLifeSeconds = 300;

/** A token cache for one account; concurrent callers share one request. */
export function createTokenSource(fetch: Fetch, options: TokenOptions, now: () => number): TokenSource {
  const { scope = 'stats' } = options;
  let current: { token: string; renewAtMs: number; endsAtMs: number } | undefined;
  let pending: { token: Promise<string>; owner: AbortSignal } | undefined;

  async function get(trip: Trip): Promise<string> {
    trip.signal.throwIfAborted();
    if (current && now() < current.renewAtMs) return current.token;
    if (!pending) {
      const token = request(trip).finally(() => {
        pending = undefined;
      });
      pending = { token, owner: trip.signal };
      return token;
    }
    const { token, owner } = pending;
    try {
      return await token;
    } catch (error) {
      // Whoever asked for it gave up; we have not.
      if (owner.aborted && !trip.signal.aborted) return get(trip);
      throw error;
    }
  }

  async function request(trip: Trip): Promise<string> {
    const askedMs = now();
    try {
      const { access_token, expires_in = defaultLifeSeconds } = parseToken(await postUntilAccepted(trip));
      const lifeMs = expires_in * 1000;
      current = {
        token: access_token,
        renewAtMs: askedMs + lifeMs * usableShare,
        endsAtMs: askedMs + lifeMs,
      };
      return access_token;
    } catch (error) {
      // An outage of the token endpoint is no reason to fail while the old token lasts.
      const lasts = current !== undefined && now() < current.endsAtMs;
      if (lasts && error instanceof ExporterError && error.retryable) return current!.token;
      throw error;
    }
  }

  async function postUntilAccepted(trip: Trip): Promise<string> {
    let rejected: AuthError | undefined;
    try {
      for await (const credentials of options.credentials(trip)) {
        try {
          return await post(credentials, trip);
        } catch (error) {
          if (!(error instanceof AuthError)) throw error;
          rejected = error;
        }
      }
    } catch (error) {
      // Others could not be had: both failures belong to the story.
      if (!rejected || !(error instanceof ExporterError) || error.code !== 'secret') throw error;
      throw new AuthError('credentials_rejected', `${rejected.message}; ${error.message}`, error);
    }
    throw rejected;
  }

  async function post({ clientId, clientSecret }: ApiCredentials, trip: Trip): Promise<string> {
    const basic = options.tokenAuth === 'basic';
    const form = new URLSearchParams({ grant_type: 'client_credentials', scope });
    if (!basic) {
      form.set('client_id', clientId);
      form.set('client_secret', clientSecret.reveal());
    }
    const headers: Record<string, string> = {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      'user-agent': options.userAgent,
    };
    if (basic) headers.authorization = basicCredentials(clientId, clientSecret.reveal());
    try {
      const url = new URL(options.tokenUrl);
      const { body } = await fetch({ method: 'POST', url, headers, body: form.toString() }, trip);
      return body.toString();
    } catch (error) {
      if (!(error instanceof HttpStatusError) || error.retryable) throw error;
      if ([400, 401, 403].includes(error.status)) {
        const message = `${error.message}: the client id and secret were not accepted for scope ${scope}`;
        throw new AuthError('credentials_rejected', message, error);
      }
      // Not an HttpStatusError: a 404 here says nothing of the page that the token was for.
      throw new ExporterError('http_status', `${error.message}: is this a token endpoint?`, { cause: error });
    }
  }

  return {
    get,
    drop(token) {
      if (current?.token === token) current = undefined;
    },
  };
}

/** RFC 6749, 2.3.1: both parts are form-encoded before they are joined. */
function basicCredentials(id: string, secret: string): string {
  const encode = (text: string) => encodeURIComponent(text).replaceAll('%20', '+');
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`;
}

function parseToken(body: string): { access_token: string; expires_in?: number } {
  const answer = parseJson(body, 'token answer');
  const fail = (field: string, expected: string, value: unknown) => {
    throw new ShapeError(`token answer: ${field}`, expected, kindOf(value));
  };
  const { access_token, expires_in, token_type } = answer as Record<string, unknown>;
  if (typeof access_token !== 'string' || !/^[\x21-\x7e]+$/.test(access_token)) {
    fail('access_token', 'a string of visible ASCII characters', access_token);
  }
  if (expires_in !== undefined && !(typeof expires_in === 'number' && expires_in > 0)) {
    fail('expires_in', 'a positive number of seconds', expires_in);
  }
  if (token_type !== undefined && !(typeof token_type === 'string' && /^bearer$/i.test(token_type))) {
    fail('token_type', 'bearer', token_type);
  }
  return answer as { access_token: string; expires_in?: number };
}
