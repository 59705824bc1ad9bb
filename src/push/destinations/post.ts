import type { PushCredentials } from '../../credentials.ts';
import type { Deadline } from '../../deadline.ts';
import { NetworkError } from '../../http/errors.ts';
import { parseRetryAfter } from '../../http/retry.ts';
import { describeRequest, type HttpRequest, type HttpResponse, type Send } from '../../http/send.ts';
import { PushError } from '../errors.ts';

/** Puts a destination's credentials on a request, for one attempt. */
export interface Authorize {
  (request: HttpRequest, deadline: Deadline): Promise<HttpRequest>;
  /** What it has put on requests so far and must not be seen. */
  secrets: Iterable<string>;
}

/** Longest answer that is read. */
const maxBodyBytes = 1_000_000;

/** How a destination's requests are sent. */
export interface PostOptions {
  /** Longest that one request may take. */
  timeoutMs: number;
  authorize: Authorize;
  /** What must not be seen of an answer, besides the credentials. */
  hidden?: readonly string[];
  now?: () => number;
}

/** Sends requests to one destination. */
export interface Post {
  /**
   * Sends a request once, with credentials put on it anew, and returns the answer if it is a success (2xx).
   * @throws PushError with the answer's first line, retryable if `isRetryable` says so; what `send` throws
   */
  (request: HttpRequest, deadline: Deadline, isRetryable: (status: number) => boolean): Promise<HttpResponse>;
  /** A text from the destination, for a log. */
  quote(text: Buffer): string;
}

/** Opens a sender to one destination. */
export function createPost(
  send: Send,
  { timeoutMs, authorize, hidden = [], now = Date.now }: PostOptions,
): Post {
  // Credentials change.
  const quote = (text: Buffer) => quoteAnswer(text, [...authorize.secrets, ...hidden]);

  async function post(
    request: HttpRequest,
    deadline: Deadline,
    isRetryable: (status: number) => boolean,
  ): Promise<HttpResponse> {
    const authorized = await authorize(request, deadline);
    const limits = { deadline, timeoutMs, maxBodyBytes };
    const response = await send(authorized, limits).catch((error) => {
      // Not a failure of the other side: it had closed a connection that was kept.
      if (error instanceof NetworkError && error.staleConnection)
        return send(authorized, { ...limits, fresh: true });
      throw error;
    });
    const { status, headers, body } = response;
    if (status >= 200 && status < 300) return response;
    const said = quote(body);
    const retryAfterMs = parseRetryAfter(headers['retry-after'], now());
    throw new PushError(`${describeRequest(request)}: answered ${status}${said === '' ? '' : `: ${said}`}`, {
      status,
      retryable: isRetryable(status),
      retryAfterMs: retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, maxRetryAfterMs),
    });
  }

  return Object.assign(post, { quote });
}

/** What remote write and Pushgateways want: retry 5xx and 429, never another 4xx. */
export const isRetryable = (status: number): boolean => status >= 500 || status === 429;

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
  const secrets = new Set<string>();
  const hide = (secret: string): string => {
    secrets.add(secret);
    return secret;
  };
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

/** Longest piece of an answer that is repeated. */
const maxText = 300;

/** Labels as Prometheus, Mimir and VictoriaMetrics quote them, also inside JSON; the fields of JSON that hold the reason stay. */
const labelValues =
  /\b((?!(?:error|err|errorType|message|msg|status|code|__name__)\b)\w+)("?\s*(?:=~?|!=|:)\s*)".*?"(?=\s*[,})\]]|\s|$)/g;

/**
 * What a destination says of a request, for a log: its first line, without the values of labels, which may be agents’
 * ids, and without what must not be seen.
 */
export function quoteAnswer(body: Buffer, secrets: readonly string[]): string {
  let text = body.subarray(0, 4096).toString('utf8');
  for (const secret of secrets) if (secret.length >= 4) text = text.replaceAll(secret, '[secret]');
  const [line = ''] = text.trim().split(/[\r\n]/);
  const plain = line
    .replaceAll('\\"', '"')
    .replace(labelValues, '$1$2"…"')
    .replace(/\b(agent_id\s*[=:]\s*)(?![~"])[^\s,"}…]+/g, '$1…')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to go
    .replace(/[\u0000-\u001f\u007f]/g, ' ');
  return plain.length > maxText ? `${plain.slice(0, maxText)}…` : plain;
}

/** Longest that a receiver may make us wait: it may have been mended long before. */
const maxRetryAfterMs = 300_000;
