import type { PushCredentials } from '../../credentials.ts';
import type { Deadline } from '../../deadline.ts';
import { ExporterError } from '../../errors.ts';
import { NetworkError } from '../../http/errors.ts';
import { parseRetryAfter } from '../../http/retry.ts';
import {
  describeRequest,
  type HttpRequest,
  type HttpResponse,
  isSuccess,
  type Send,
} from '../../http/send.ts';
import { PushError, settingsToCheck } from '../errors.ts';

/** Adds a destination's credentials to a request, for one attempt. */
export interface Authorize {
  (request: HttpRequest, deadline: Deadline): Promise<HttpRequest>;
  /** What it has put on requests so far and must not be seen. */
  secrets: Iterable<string>;
}

/** Longest answer to read, in bytes. */
const maxBodyBytes = 1_000_000;

/** How to send requests to a destination. */
export interface PostOptions {
  /** Longest time for one request. */
  timeoutMs: number;
  authorize: Authorize;
  /** Texts that messages must not contain, besides the credentials. */
  hidden?: readonly string[];
  now?: () => number;
}

/** Sends requests to one destination. */
export interface Post {
  /**
   * Sends a request once, with credentials added for this attempt. It sends it again only if a kept-alive connection
   * was closed. Returns the answer if it is a success (2xx).
   * @throws PushError with the answer's first line, retryable according to `isRetryable`, and misconfigured according to
   *   {@link settingsToCheck}; what `authorize` and `send` throw
   */
  (request: HttpRequest, deadline: Deadline, isRetryable: (status: number) => boolean): Promise<HttpResponse>;
  /** Returns a text from the destination in a form that is safe to log. */
  quote(text: Buffer): string;
}

/** Creates a sender to one destination. */
export function createPost(
  send: Send,
  { timeoutMs, authorize, hidden = [], now = Date.now }: PostOptions,
): Post {
  // Read the secrets each time, since credentials change.
  const quote = (text: Buffer) => quoteAnswer(text, [...authorize.secrets, ...hidden]);

  async function post(
    request: HttpRequest,
    deadline: Deadline,
    isRetryable: (status: number) => boolean,
  ): Promise<HttpResponse> {
    const authorized = await authorize(request, deadline).catch((error) => {
      if (error instanceof ExporterError || deadline.signal.aborted) throw error;
      // This is not the fault of the batch, so it must not be rejected.
      throw new PushError('no credentials could be added to the request', { retryable: true, cause: error });
    });
    // What was stored is not sent again, even if the body of the answer is damaged.
    const limits = { deadline, timeoutMs, maxBodyBytes, ignoresBody: true };
    const response = await send(authorized, limits).catch((error) => {
      // The destination did not fail: it had closed a kept-alive connection.
      if (error instanceof NetworkError && error.staleConnection)
        return send(authorized, { ...limits, fresh: true });
      throw error;
    });
    const { status, headers, body } = response;
    if (isSuccess(status)) return response;
    const said = quote(body);
    const check = settingsToCheck(status);
    const parts = [
      `answered ${status}${said === '' ? '' : `: ${said}`}`,
      ...(check === undefined ? [] : [check]),
    ];
    throw new PushError(`${describeRequest(request)}: ${parts.join('; ')}`, {
      status,
      retryable: isRetryable(status),
      misconfigured: check !== undefined,
      retryAfterMs: parseRetryAfter(headers['retry-after'], now()),
    });
  }

  return Object.assign(post, { quote });
}

/** For remote write and Pushgateways: retry 5xx and 429, and no other 4xx. */
export const isRetryable = (status: number): boolean => status >= 500 || status === 429;

/** Adds no credentials. */
export const unauthorized: Authorize = Object.assign(async (request: HttpRequest) => request, {
  secrets: [],
});

/**
 * Adds HTTP Basic or a bearer token, from credentials that may change. `name` names the destination in errors. The
 * function throws what `load` throws, or a retryable PushError without credentials.
 */
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
      if (kind === 'bearer' && !/^[!-~]+$/.test(token!.reveal())) {
        const expected = 'a token of printable ASCII without spaces, as a header must have it';
        throw new PushError(`destination ${name}: expected ${expected}; received another`, {
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

/** Longest quotation of an answer, in characters. */
const maxText = 300;

/**
 * Label values as Prometheus, Mimir and VictoriaMetrics quote them, also in JSON. The JSON fields with the reason are
 * kept.
 */
const labelValues =
  /\b((?!(?:error|err|errorType|message|msg|status|code|__name__)\b)\w+)("?\s*(?:=~?|!=|:)\s*)".*?"(?=\s*[,})\]]|\s|$)/g;

/**
 * Returns the first line of a destination's answer for a log. Removes secrets, and label values, which may be agents'
 * ids.
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
