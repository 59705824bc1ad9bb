import { STATUS_CODES } from 'node:http';
import { ExporterError } from '../errors.ts';

/**
 * The host was not reached, or the connection broke before the answer was complete. Retryable,
 * unless a proxy refused the connection ({@link ProxyError}).
 */
export class NetworkError extends ExporterError {
  /**
   * A kept-alive connection was dead: the host had closed it, or it was lost while a Lambda was
   * frozen. This says nothing about the host.
   */
  readonly staleConnection: boolean;
  /** The host did not answer in time. */
  readonly timedOut: boolean;

  constructor(
    message: string,
    cause?: unknown,
    { stale = false, timedOut = false }: { stale?: boolean; timedOut?: boolean } = {},
  ) {
    super('network', message, { retryable: true, cause });
    this.staleConnection = stale;
    this.timedOut = timedOut;
  }
}

/** The failure of a proxy: the status of its refusal, or the error of the connection to it. */
export type ProxyFailure = {
  /** Host and port. */
  name: string;
  /** The variable that names the proxy. */
  variable: string;
} & ({ status: number; error?: never } | { error: unknown; status?: never });

/**
 * A proxy refused the connection, or was not reached. Messages contain the proxy's host and port,
 * never its user and password.
 */
export class ProxyError extends NetworkError {
  /**
   * False for 401, 403 and 407. A retry does not help against a wrong password or a missing
   * permission, and may lock the user out.
   */
  override readonly retryable: boolean;
  readonly failure: ProxyFailure;

  /** `request` describes the request, for messages. */
  constructor(failure: ProxyFailure, request?: string) {
    super(`${request === undefined ? '' : `${request}: `}${describeProxyFailure(failure)}`, failure.error);
    this.failure = failure;
    this.retryable = failure.status === undefined || ![401, 403, 407].includes(failure.status);
  }
}

function describeProxyFailure({ name, variable, status, error }: ProxyFailure): string {
  if (status !== undefined) {
    return `the proxy ${name} answered ${status} (${STATUS_CODES[status] ?? 'unknown'}): ${adviceOn(status, variable)}`;
  }
  const problem = codeOf(error) === undefined ? 'no valid answer to CONNECT' : describeSystemError(error);
  return `the proxy ${name} (${variable}): ${problem}`;
}

function adviceOn(status: number, variable: string): string {
  // tinyproxy answers 401 to a wrong password, and 407 to a missing one.
  if (status === 407 || status === 401) return `check the user and password in ${variable}`;
  return status === 403 ? 'it does not allow this connection' : 'it did not reach the host';
}

/** Returns the code of an error of Node.js, such as ECONNRESET. Undefined without one. */
export function codeOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : undefined;
}

/**
 * Describes a system error in words, with its code. The error's own message may quote the request
 * or the answer.
 */
export function describeSystemError(error: unknown): string {
  const code = codeOf(error) ?? 'unknown error';
  return `${systemErrors[code] ?? 'connection failed'} (${code})`;
}

const untrusted =
  'the certificate is not trusted; if you have your own certificate authority, set NODE_EXTRA_CA_CERTS (docs/run/proxies.md)';

const systemErrors: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was cut',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'name lookup failed',
  ETIMEDOUT: 'connection timed out',
  EPIPE: 'the connection was cut',
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
};

/** A limit was exceeded. */
export class TooLargeError extends ExporterError {
  constructor(message: string) {
    super('too_large', message);
  }
}

/** An answer with a status that is not a success. */
export class HttpStatusError extends ExporterError {
  readonly status: number;
  /** Milliseconds to wait according to Retry-After. Undefined without it. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, status: number, retryAfterMs?: number) {
    const retryable = status === 408 || status === 429 || status >= 500;
    super(status === 429 ? 'throttled' : 'http_status', message, { retryable });
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Returns the HttpStatusError in the chain of causes, this error included. Undefined without one.
 */
export function answerBehind(error: unknown): HttpStatusError | undefined {
  if (error instanceof HttpStatusError) return error;
  return error instanceof ExporterError ? answerBehind(error.cause) : undefined;
}
