import type { Deadline } from '../deadline.ts';

/** An HTTP request as the routes take it, whoever brought it. No route takes a body, so none is kept. */
export interface IncomingRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  /** By lower-case name; several values of one header are joined with a comma. */
  headers: ReadonlyMap<string, string>;
}

/** What is answered. */
export interface Answer {
  status: number;
  /** By lower-case name. */
  headers: Record<string, string>;
  body: string | Buffer;
}

/** Answers a request before the deadline. Never throws. */
export type Respond = (request: IncomingRequest, deadline: Deadline) => Promise<Answer>;

/** A request from its parts; whatever host an absolute target names, only its path and query count. */
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

/** An answer with the headers that all have in common. */
export function reply(status: number, body: string | Buffer, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
    body,
  };
}

/** HEAD is answered like GET, without the body. */
export function withoutBodyForHead(request: IncomingRequest, answer: Answer): Answer {
  return request.method === 'HEAD' ? { ...answer, body: '' } : answer;
}
