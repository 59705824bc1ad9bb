import type { PushCredentials } from '../../credentials.ts';
import type { Deadline } from '../../deadline.ts';
import { NetworkError } from '../../http/errors.ts';
import type { HttpRequest, Send } from '../../http/send.ts';
import { PushError } from '../errors.ts';
import type { Post } from './protocol.ts';

/** Puts a destination's credentials on a request, for one attempt. */
export interface Authorize {
  (request: HttpRequest, deadline: Deadline): Promise<HttpRequest>;
  /** What it has put on requests so far and must not be seen. */
  secrets: readonly string[];
}

/** Longest answer that is read. */
const maxBodyBytes = 1_000_000;

/** Sends requests once, each with credentials put on it anew; `hidden` must not be seen of an answer either. @throws PushError, or the reason of the deadline's signal */
export function createPost(
  send: Send,
  timeoutMs: number,
  authorize: Authorize,
  hidden: readonly string[] = [],
): Post {
  async function attempt(request: HttpRequest, deadline: Deadline, fresh: boolean) {
    return send(request, { deadline, timeoutMs, maxBodyBytes, fresh });
  }

  return Object.defineProperty(
    async (request: HttpRequest, deadline: Deadline) => {
      const authorized = await authorize(request, deadline);
      try {
        return await attempt(authorized, deadline, false);
      } catch (error) {
        if (!(error instanceof NetworkError)) throw error;
        // Not a failure of the other side: it had closed a connection that was kept.
        if (error.staleConnection) return await attempt(authorized, deadline, true);
        throw error;
      }
    },
    'secrets',
    // Credentials change.
    { get: () => [...authorize.secrets, ...hidden] },
  ) as Post;
}

/** No credentials. */
export const unauthorized: Authorize = Object.assign(async (request: HttpRequest) => request, {
  secrets: [],
});

/** HTTP Basic or a bearer token, of credentials that may change. `name` is how errors name the destination. */
export function withCredentials(
  kind: 'basic' | 'bearer',
  name: string,
  load: (deadline: Deadline) => Promise<PushCredentials>,
): Authorize {
  const seen = new Set<string>();
  const hide = (secret: string): string => {
    seen.add(secret);
    secrets.splice(0, secrets.length, ...seen);
    return secret;
  };
  const secrets: string[] = [];
  return Object.assign(
    async (request: HttpRequest, deadline: Deadline): Promise<HttpRequest> => {
      const { user, password, token } = await load(deadline);
      const missing = kind === 'basic' ? 'user and password' : 'token';
      if (kind === 'basic' ? user === undefined || !password : !token) {
        throw new PushError(`destination ${name}: expected ${missing} in the secret; received nothing`, {
          retryable: true,
        });
      }
      const text =
        kind === 'basic'
          ? `Basic ${hide(Buffer.from(`${user}:${hide(password!.reveal())}`).toString('base64'))}`
          : `Bearer ${hide(token!.reveal())}`;
      return { ...request, headers: { ...request.headers, authorization: text } };
    },
    { secrets },
  );
}
