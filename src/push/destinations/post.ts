import { type PushCredentials, pushCredentialsProblem } from '../../credentials.ts';
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
import { unprintable } from '../../log.ts';
import { redact, remember } from '../../redact.ts';
import { PushError, settingsToCheck } from '../errors.ts';

/** Adds a destination's credentials to a request, for one attempt. */
export type Authorize = (request: HttpRequest, deadline: Deadline) => Promise<HttpRequest>;

/** Longest answer to read, in bytes. */
const maxBodyBytes = 1_000_000;

/** How to send requests to a destination. */
export interface PostOptions {
  /** Longest time for one request. */
  timeoutMs: number;
  authorize: Authorize;
  /** The name of the destination, for messages. */
  name: string;
  now?: () => number;
}

/** Sends requests to one destination. */
export interface Post {
  /**
   * Sends a request once, with credentials added for this attempt. Sends it again only if a
   * kept-alive connection was closed. Returns a successful answer (2xx).
   * @throws PushError with the beginning of the answer, retryable according to `isRetryable`, and
   * misconfigured according to {@link settingsToCheck}; what `authorize` and `send` throw
   */
  (request: HttpRequest, deadline: Deadline, isRetryable: (status: number) => boolean): Promise<HttpResponse>;
  /**
   * Describes a request for messages. Names the origin and the destination, since the path may
   * contain a token.
   */
  describe(request: HttpRequest): string;
}

/** Creates a sender to one destination. */
export function createPost(send: Send, { timeoutMs, authorize, name, now = Date.now }: PostOptions): Post {
  const describe = ({ method, url }: HttpRequest) => `${method} ${url.origin}, destination ${name}`;

  async function post(
    bare: HttpRequest,
    deadline: Deadline,
    isRetryable: (status: number) => boolean,
  ): Promise<HttpResponse> {
    const request = { ...bare, name: describe(bare) };
    const authorized = await authorize(request, deadline).catch((error) => {
      if (error instanceof ExporterError || deadline.signal.aborted) throw error;
      // The batch is not the cause, so it must not be rejected.
      const kind = error instanceof Error ? error.name : typeof error;
      throw new PushError(`adding credentials to the request failed (${kind})`, {
        retryable: true,
        cause: error,
      });
    });
    // The status is enough: a stored batch must not be sent again because its answer is damaged.
    const limits = { deadline, timeoutMs, maxBodyBytes, ignoresBody: true };
    const response = await send(authorized, limits).catch((error) => {
      // The destination did not fail: it had closed a kept-alive connection.
      if (error instanceof NetworkError && error.staleConnection)
        return send(authorized, { ...limits, fresh: true });
      throw error;
    });
    const { status, headers, body } = response;
    if (isSuccess(status)) return response;
    const said = quoteAnswer(body);
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

  return Object.assign(post, { describe });
}

/** For remote write and Pushgateways: retry 5xx and 429, and no other 4xx. */
export const isRetryable = (status: number): boolean => status >= 500 || status === 429;

/** Adds no credentials. */
export const unauthorized: Authorize = async (request) => request;

/**
 * Adds HTTP Basic or a bearer token, from credentials that may change. `name` is the destination's
 * name, for errors. The returned function throws what `load` throws, and a retryable PushError if
 * the credentials do not fit `kind`.
 */
export function withCredentials(
  kind: 'basic' | 'bearer',
  name: string,
  load: (deadline: Deadline) => Promise<PushCredentials>,
): Authorize {
  return async (request, deadline) => {
    const credentials = await load(deadline);
    const problem = pushCredentialsProblem(kind, credentials);
    if (problem !== undefined) {
      throw new PushError(`destination ${name}: ${problem}`, { retryable: true, misconfigured: true });
    }
    const { user, password, token } = credentials;
    const basic = Buffer.from(`${user}:${password?.reveal()}`).toString('base64');
    const authorization = kind === 'basic' ? `Basic ${basic}` : `Bearer ${token!.reveal()}`;
    const authorized = { ...request, headers: { ...request.headers, authorization } };
    // If a destination quotes this header in base64, the password is in base64 twice.
    if (kind === 'basic') remember(basic, authorized);
    return authorized;
  };
}

/** Longest quotation of an answer, in characters. */
const maxText = 200;

/** Longest part of an answer to quote from, in bytes: more than the longest secret in a header. */
const maxQuotedBytes = 16_384;

/**
 * Shortest secret to remove from a quotation, in characters. A shorter one may be part of an
 * ordinary word.
 */
const shortestSecret = 4;

/**
 * Label values as Prometheus, Mimir and VictoriaMetrics quote them, also in JSON. JSON fields with
 * the reason do not match.
 */
const labelValues =
  /\b((?!(?:error|err|errorType|message|msg|status|code|__name__)\b)\w+)("?\s*(?:=~?|!=|:)\s*)".*?"(?=\s*[,})\]]|\s|$)/g;

/**
 * Returns the first line of a destination's answer for a log, cut to 200 characters. Removes
 * secrets, control characters, and label values, which may be agents' ids.
 */
export function quoteAnswer(body: Buffer): string {
  const [line = ''] = redact(body.subarray(0, maxQuotedBytes).toString('utf8'), shortestSecret)
    .trim()
    .split(/[\r\n]/);
  const plain = line
    .slice(0, 20 * maxText)
    .replaceAll('\\"', '"')
    .replace(labelValues, '$1$2"…"')
    .replace(/\b(agent_id\s*[=:]\s*)(?![~"])[^\s,"}…]+/g, '$1…')
    .replace(unprintable, ' ')
    .replaceAll('\t', ' ');
  return plain.length > maxText ? `${plain.slice(0, maxText)}…` : plain;
}
