import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { gunzipSync } from 'node:zlib';
import { before, type Deadline, within } from '../deadline.ts';
import { ExporterError } from '../errors.ts';
import { describeSystemError, HttpStatusError, NetworkError, ProxyError, TooLargeError } from './errors.ts';
import { directNetwork, type Network } from './network.ts';

/** One HTTP request. Messages never contain the query of its URL, which may have a token. */
export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT';
  url: URL;
  headers: Record<string, string>;
  body?: string | Uint8Array;
  /** How messages describe it. Default: method, origin and path. */
  name?: string;
}

/** One complete HTTP answer, of any status. */
export interface HttpResponse {
  status: number;
  headers: IncomingHttpHeaders;
  /** When the headers arrived, in milliseconds since 1970. */
  headersAtMs: number;
  /**
   * The decompressed body. Empty if it could not be read and the status is enough ({@link
   * SendLimits.ignoresBody}).
   */
  body: Buffer;
}

/** Longest wait for a body that is ignored. */
const bodyGraceMs = 1000;

/** Limits of one attempt. */
export interface SendLimits {
  /** The deadline of the work that sends the request. */
  deadline: Deadline;
  /** Longest time for the attempt. */
  timeoutMs: number;
  maxBodyBytes: number;
  /** Whether to open a new connection instead of using a kept-alive one. */
  fresh?: boolean;
  /**
   * Whether the status of a success is enough. Then the body is awaited for at most a second, and
   * only a cut connection is an error. Otherwise a success whose body cannot be read is an error.
   * The status of other answers is always enough.
   */
  ignoresBody?: boolean;
  /** Called before each redirect that is followed, which is one more request. */
  onRedirect?: () => void;
  /**
   * Called with the number of bytes of each received part of the body, and of the decompressed
   * body. The request fails with the error that this throws.
   */
  onBytes?: (bytes: number) => void;
}

/**
 * Sends one request without retries. Returns the answer, whatever its status. Throws:
 * - NetworkError, or its subclass ProxyError
 * - TooLargeError for a large body or too many redirects
 * - HttpStatusError for a redirect that must not be followed, or an upgrade
 * - the reason of the deadline's signal
 */
export type Send = (request: HttpRequest, limits: SendLimits) => Promise<HttpResponse>;

const maxRedirects = 3;

/**
 * How many times larger a gzipped answer may be after decompression. Pages of agents are about 9
 * times larger, and 66 times if all agents are equal except for their ids. Without a limit, a
 * malicious answer of a few hundred kilobytes could need a gigabyte.
 */
const maxUnpackedRatio = 100;
/** An answer that is at most this large after decompression may have any ratio. */
const freeUnpackedBytes = 2 ** 20;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);

/** Whether a status is a success (2xx). */
export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** Longest path in a message, in characters. A redirect may lead to a path of any length. */
const maxPath = 200;

/** Describes a request for messages, without its query. */
export function describeRequest({ name, method, url }: HttpRequest): string {
  const { pathname } = url;
  const path = pathname.length > maxPath ? `${pathname.slice(0, maxPath)}…` : pathname;
  return name ?? `${method} ${url.origin}${path}`;
}

/**
 * Creates a sender over node:http and node:https with kept-alive connections
 * (docs/decisions/0002-node-http.md). It follows redirects only to the same origin, or from http to
 * https on the same host, so that credentials stay there.
 */
export function createSend(network: Network = directNetwork, now = Date.now): Send & { close(): void } {
  const [kept, fresh] = [network.open(true), network.open(false)];

  async function send(request: HttpRequest, limits: SendLimits, redirects = 0): Promise<HttpResponse> {
    limits.deadline.signal.throwIfAborted();
    const response = await attempt(request, limits);
    const location = response.headers.location;
    if (!redirectStatuses.has(response.status) || location === undefined) return response;
    if (redirects === maxRedirects) {
      throw new TooLargeError(`${describeRequest(request)}: more than ${maxRedirects} redirects`);
    }
    const next = redirected(request, response.status, location);
    limits.onRedirect?.();
    return send(next, limits, redirects + 1);
  }

  async function attempt(request: HttpRequest, limits: SendLimits): Promise<HttpResponse> {
    const { protocol } = request.url;
    const name = describeRequest(request);
    if (protocol !== 'http:' && protocol !== 'https:') {
      throw new NetworkError(`${name}: not an http or https address`);
    }
    const { timeoutMs } = limits;
    const toReason = () =>
      new NetworkError(`${name}: no answer within ${timeoutMs} ms`, undefined, { timedOut: true });
    const deadline = within(limits.deadline, timeoutMs, toReason);
    const outgoing = (protocol === 'https:' ? https : http).request(request.url, {
      method: request.method,
      agent: (limits.fresh ? fresh : kept)[protocol],
      headers: {
        ...request.headers,
        'accept-encoding': 'gzip',
        ...(request.body !== undefined && { 'content-length': Buffer.byteLength(request.body) }),
      },
    });
    const onAbort = () => outgoing.destroy(deadline.signal.reason);
    deadline.signal.addEventListener('abort', onAbort, { once: true });
    let head: Omit<HttpResponse, 'body'> | undefined;
    let bytesBefore = 0;
    let grace: NodeJS.Timeout | undefined;
    try {
      return await before(answerTo(), deadline);
    } catch (error) {
      // A body that is damaged, too large or endless must not hide a status that is enough. But a
      // success that was cut may not be one: a proxy that cut it may not have forwarded the
      // request.
      const enough = head && (!isSuccess(head.status) || (limits.ignoresBody && !wasCut(error)));
      if (enough) return { ...head!, body: Buffer.alloc(0) };
      throw deadline.signal.aborted ? deadline.signal.reason : toNetworkError(name, error, isStale());
    } finally {
      clearTimeout(grace);
      deadline.signal.removeEventListener('abort', onAbort);
      deadline.end();
    }

    /** Settles for every event of the socket. */
    function answerTo(): Promise<HttpResponse> {
      return new Promise((resolve, reject) => {
        outgoing.once('socket', (socket) => {
          bytesBefore = socket.bytesRead;
        });
        outgoing.once('response', (incoming) => {
          const { statusCode: status, headers } = incoming;
          const refusal = network.refusalOf(request.url, status!);
          if (refusal) {
            outgoing.destroy();
            reject(refusal);
            return;
          }
          const known = { status: status!, headers, headersAtMs: now() };
          head = known;
          if (limits.ignoresBody && isSuccess(known.status)) {
            grace = setTimeout(
              () => reject(new NetworkError(`${name}: the body did not end within ${bodyGraceMs} ms`)),
              bodyGraceMs,
            );
          }
          readBody(name, incoming, limits).then((body) => resolve({ ...known, body }), reject);
        });
        outgoing.once('upgrade', ({ statusCode: status }, socket) => {
          socket.destroy();
          reject(
            new HttpStatusError(`${name}: answered ${status}, an upgrade that was not requested`, status!),
          );
        });
        outgoing.on('error', reject);
        // After an answer, readBody handles the end of the connection.
        outgoing.once('close', () => {
          if (!head) reject(new NetworkError(`${name}: the connection was closed without an answer`));
        });
        outgoing.end(request.body);
      });
    }

    /** Whether the host had closed a kept-alive connection before it read the request. */
    function isStale(): boolean {
      return outgoing.reusedSocket && outgoing.socket?.bytesRead === bytesBefore;
    }
  }

  return Object.assign((request: HttpRequest, limits: SendLimits) => send(request, limits), {
    close() {
      for (const agents of [kept, fresh]) for (const agent of Object.values(agents)) agent.destroy();
    },
  });
}

function redirected(request: HttpRequest, status: number, location: string): HttpRequest {
  const name = describeRequest(request);
  const url = URL.canParse(location, request.url.href) ? new URL(location, request.url) : undefined;
  const upgraded = url?.protocol === 'https:' && request.url.protocol === 'http:';
  const sameHost =
    url !== undefined &&
    (url.origin === request.url.origin || (upgraded && url.hostname === request.url.hostname));
  if (!sameHost)
    throw new HttpStatusError(
      `${name}: redirected (${status}) to another host; only redirects to the same host are followed`,
      status,
    );
  if (request.method !== 'GET' && status !== 307 && status !== 308) {
    const { method } = request;
    throw new HttpStatusError(`${name}: answered ${status}; a ${method} is not repeated as a GET`, status);
  }
  return { ...request, url };
}

async function readBody(
  name: string,
  incoming: IncomingMessage,
  { maxBodyBytes: maxBytes, onBytes = () => {} }: SendLimits,
): Promise<Buffer> {
  const tooLarge = () => new TooLargeError(`${name}: the answer is larger than ${maxBytes} bytes`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge();
    onBytes(chunk.length);
    chunks.push(chunk);
  }
  if (!incoming.complete) {
    const cause = Object.assign(new Error('cut'), { code: cutCode });
    throw new NetworkError(`${name}: the connection was cut after ${bytes} bytes`, cause);
  }
  const raw = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  // A 204, or an answer whose body a gateway removed, may still have the header.
  const encoding = incoming.headers['content-encoding']?.trim().toLowerCase();
  if (bytes === 0 || (encoding !== 'gzip' && encoding !== 'x-gzip')) return raw;
  const maxUnpackedBytes = Math.max(freeUnpackedBytes, bytes * maxUnpackedRatio);
  try {
    // Passing a page to another thread takes longer than unpacking it (docs/explain/benchmarks.md).
    const unpacked = gunzipSync(raw, { maxOutputLength: Math.min(maxBytes, maxUnpackedBytes) });
    onBytes(unpacked.length);
    return unpacked;
  } catch (error) {
    if (error instanceof TooLargeError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      if (maxBytes <= maxUnpackedBytes) throw tooLarge();
      throw new TooLargeError(`${name}: the answer is gzipped more than ${maxUnpackedRatio} to 1`);
    }
    throw new NetworkError(`${name}: the gzipped answer is damaged`, error);
  }
}

const cutCode = 'ECONNRESET';

function wasCut(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
  return code === cutCode;
}

function toNetworkError(name: string, error: unknown, unanswered: boolean): Error {
  if (error instanceof ProxyError) return new ProxyError(error.failure, name);
  if (error instanceof ExporterError) return error;
  const { code } = error as NodeJS.ErrnoException;
  const stale = unanswered && (code === 'ECONNRESET' || code === 'EPIPE');
  return new NetworkError(`${name}: ${describeSystemError(error)}`, error, { stale });
}
