import { createCached } from '../cached.ts';
import { type ApiCredentials, Secret } from '../credentials.ts';
import { type Deadline, DeadlineError } from '../deadline.ts';
import { ExporterError } from '../errors.ts';
import { HttpStatusError } from '../http/errors.ts';
import type { Fetch, Trip } from '../http/fetch.ts';
import type { Clocks } from '../timing.ts';
import type { CredentialSource } from './credentials.ts';
import { AuthError, ShapeError } from './errors.ts';
import { kindOf, parseJson } from './json.ts';

/** How to request tokens. */
export interface TokenOptions {
  tokenUrl: string;
  credentials: CredentialSource;
  /** How to send the credentials: in the form body or as HTTP Basic (RFC 6749, 2.3.1). */
  tokenAuth: 'body' | 'basic';
  /** The scope of the tokens: `stats` by default. */
  scope?: Scope;
  /** Longest time to fetch a token, including retries and reading the secret. */
  timeoutMs: number;
  userAgent: string;
}

/** A scope of VCC's APIs: `stats` for agent-status, `users:read` for the User Admin API. */
export type Scope = 'stats' | 'users:read';

/** Returns access tokens. */
export interface TokenSource {
  /**
   * Returns the current token. Fetches the first one. Later ones are fetched in the background
   * while the old one is valid.
   * @throws AuthError, ShapeError, what the fetch or the credentials throw, or the reason of the
   * deadline's signal
   */
  get(trip: Trip): Promise<string>;
  /**
   * Returns another token than this one. Other callers keep it until there is a newer one, and also
   * after a temporary failure.
   * @throws as {@link get}
   */
  renew(token: string, trip: Trip): Promise<string>;
  /** Discards a token that the API rejected, unless a newer one has replaced it. */
  drop(token: string): void;
}

/** Renew after nine tenths of the lifetime, as Vonage's own sample does. */
const usableShare = 0.9;
/**
 * The lifetime for an answer without a valid expires_in. RFC 6749 only recommends this field.
 * Vonage documents 7200.
 */
const defaultLifeSeconds = 300;

/**
 * Creates the token source of one account. Concurrent callers share one request. Fetches end at
 * `until`.
 */
export function createTokenSource(
  fetch: Fetch,
  options: TokenOptions,
  clocks: Clocks,
  until: Deadline,
): TokenSource {
  const { scope = 'stats' } = options;
  const tokens = createCached<Token>({
    clocks,
    until,
    fetchMs: options.timeoutMs,
    refreshMs: 0,
    lifeOf: ({ lifeMs }) => ({ freshMs: lifeMs * usableShare, usableMs: lifeMs }),
    onFailure(error) {
      // After a temporary failure, keep using the old token while it is valid. After any other
      // failure, discard it.
      const mayPass = error instanceof DeadlineError || (error instanceof ExporterError && error.retryable);
      if (!mayPass) tokens.drop(() => true);
      return 0;
    },
  });

  async function request(trip: Trip): Promise<Token> {
    return parseToken(await postUntilAccepted(trip));
  }

  async function postUntilAccepted(trip: Trip): Promise<string> {
    let rejected: AuthError | undefined;
    try {
      for await (const credentials of options.credentials(trip.deadline)) {
        try {
          return await post(credentials, trip);
        } catch (error) {
          if (!(error instanceof AuthError)) throw error;
          rejected = error;
        }
      }
    } catch (error) {
      // No further credentials could be read. The message needs both failures.
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
      // Not an HttpStatusError, since callers would treat a 404 as a missing page.
      throw new ExporterError(
        'http_status',
        `${error.message}: probably not a token endpoint; check VCC_TOKEN_URL, VCC_REGION and VCC_HOSTS`,
        { cause: error },
      );
    }
  }

  const fetchFor =
    ({ traffic }: Trip) =>
    (deadline: Deadline) =>
      request({ deadline, traffic });

  return {
    async get(trip) {
      const { token } = await tokens.get(trip.deadline, fetchFor(trip));
      return token.reveal();
    },
    async renew(old, trip) {
      const kept = await tokens.get(trip.deadline, fetchFor(trip));
      if (kept.token.reveal() !== old) return kept.token.reveal();
      const { token } = await tokens.renew(kept, trip.deadline, fetchFor(trip));
      return token.reveal();
    },
    drop: (token) => tokens.drop((kept) => kept.token.reveal() === token),
  };
}

/** A token and its lifetime. */
interface Token {
  token: Secret;
  lifeMs: number;
}

/** RFC 6749, 2.3.1: both parts are form-encoded before they are joined. */
function basicCredentials(id: string, secret: string): string {
  const encode = (text: string) => encodeURIComponent(text).replaceAll('%20', '+');
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`;
}

function parseToken(body: string): Token {
  const answer = parseJson(body, 'token answer');
  const fail = (field: string, expected: string, value: unknown): never => {
    throw new ShapeError(`token answer: ${field}`, expected, kindOf(value));
  };
  const { access_token, expires_in, token_type } = answer as Record<string, unknown>;
  if (typeof access_token !== 'string' || !/^[\x21-\x7e]+$/.test(access_token)) {
    return fail('access_token', 'a string of visible ASCII characters', access_token);
  }
  if (token_type !== undefined && !(typeof token_type === 'string' && /^bearer$/i.test(token_type))) {
    return fail('token_type', 'bearer', token_type);
  }
  // Some servers send expires_in as a text. A wrong lifetime does no harm, since the API answers
  // 401 to an expired token.
  const seconds = typeof expires_in === 'string' ? Number(expires_in) : expires_in;
  const usable = typeof seconds === 'number' && seconds > 0;
  return { token: new Secret(access_token), lifeMs: (usable ? seconds : defaultLifeSeconds) * 1000 };
}
