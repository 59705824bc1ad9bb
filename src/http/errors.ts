import { STATUS_CODES } from 'node:http';
import { ExporterError } from '../errors.ts';

/** The other side could not be reached, or the connection broke before a complete answer. Retryable, unless a proxy refused. */
export class NetworkError extends ExporterError {
  /**
   * A kept-alive connection turned out to be closed by the other side (or lost while a Lambda was frozen):
   * nothing is wrong with the other side.
   */
  readonly staleConnection: boolean;

  constructor(message: string, cause?: unknown, staleConnection = false) {
    super('network', message, { retryable: true, cause });
    this.staleConnection = staleConnection;
  }
}

/** What a proxy did: the status that it refused with, or the error of the connection to it. */
export type ProxyFailure = {
  /** Host and port. */
  name: string;
  /** The variable that names the proxy. */
  variable: string;
} & ({ status: number; error?: never } | { error: unknown; status?: never });

/** The proxy refused, or could not be reached. Names its host and port, never its user and password. */
export class ProxyError extends NetworkError {
  /** Another attempt changes neither a password nor what a proxy allows, and wrong passwords may lock a user out. */
  override readonly retryable: boolean;
  readonly failure: ProxyFailure;

  /** `request` is what was to be sent, as it may be named in a message. */
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
  const { code } = error as NodeJS.ErrnoException;
  const problem = code === undefined ? 'no valid answer to CONNECT' : describeSystemError(error);
  return `the proxy ${name} (${variable}): ${problem}`;
}

function adviceOn(status: number, variable: string): string {
  // tinyproxy answers 401 to a wrong password, and 407 to none.
  if (status === 407 || status === 401) return `check the user and password in ${variable}`;
  return status === 403 ? 'it does not allow this connection' : 'it did not reach the host';
}

/** What failed, in words and with the system's code. */
export function describeSystemError(error: unknown): string {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException;
  return `${systemErrors[code] ?? 'connection failed'} (${code})`;
}

const untrusted =
  'the certificate is not trusted; for an authority of your own set NODE_EXTRA_CA_CERTS (docs/proxies.md)';

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

/** A safety cap was exceeded. */
export class TooLargeError extends ExporterError {
  constructor(message: string) {
    super('too_large', message);
  }
}

/** An answer that is no success. */
export class HttpStatusError extends ExporterError {
  readonly status: number;
  /** Milliseconds that Retry-After asks to wait, if it was given. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, status: number, retryAfterMs?: number) {
    const retryable = status === 408 || status === 429 || status >= 500;
    super(status === 429 ? 'throttled' : 'http_status', message, { retryable });
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}
