import type { Deadline } from '../deadline.ts';

/** An HTTP request for the routes. It has no body, since no route uses one. */
export interface IncomingRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  /** By lower-case name. A comma joins several values of one header. */
  headers: ReadonlyMap<string, string>;
}

/** The answer to a request. */
export interface Answer {
  status: number;
  /** By lower-case name. */
  headers: Record<string, string>;
  body: string | Buffer;
}

/** Answers a request before the deadline. Never throws. */
export type Respond = (request: IncomingRequest, deadline: Deadline) => Promise<Answer>;

/** Makes a request from its parts. Uses only the path and the query of an absolute target. */
export function toRequest(
  method: string,
  target: string,
  headers: Iterable<readonly [string, string | undefined]>,
): IncomingRequest {
  const [path = '', query] = target
    .replace(/^https?:\/\/[^/?#]*/i, '')
    .replace(/#.*$/s, '')
    .split(/\?(.*)/s);
  const byName = new Map<string, string>();
  for (const [name, value] of headers) if (value !== undefined) byName.set(name.toLowerCase(), value);
  return {
    method: method.toUpperCase(),
    path: path === '' ? '/' : path,
    query: new URLSearchParams(query),
    headers: byName,
  };
}

/** Makes an answer with the common headers. `headers` take precedence over them. */
export function reply(status: number, body: string | Buffer, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      ...headers,
    },
    body,
  };
}

/** Removes the body of the answer to a HEAD request. Its headers stay as for GET. */
export function withoutBodyForHead(request: IncomingRequest, answer: Answer): Answer {
  return request.method === 'HEAD' ? { ...answer, body: '' } : answer;
}

/**
 * Makes the answer to a HEAD request without reading the API. The length and the encoding of the
 * body are unknown, so their headers are left out (RFC 9110, 9.3.2).
 */
export function replyToHead(headers: Record<string, string>): Answer {
  const { 'content-length': _, ...rest } = reply(200, '', headers).headers;
  return { status: 200, headers: rest, body: '' };
}
