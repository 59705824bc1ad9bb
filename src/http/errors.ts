import { ExporterError } from '../errors.ts';

/** The other side could not be reached, or the connection broke before a complete answer. Always retryable. */
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

/** The time for the whole scrape is over. Never retryable. */
export class DeadlineError extends ExporterError {
  constructor(message: string, cause?: unknown) {
    super('deadline', message, { cause });
  }
}

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
