import { ExporterError } from '../errors.ts';

/** A destination did not take what it was sent; the message has its answer, without values of labels. */
export class PushError extends ExporterError {
  /** HTTP status; undefined without an answer. */
  readonly status: number | undefined;
  /** Milliseconds that Retry-After asks to wait, if it was given. */
  readonly retryAfterMs: number | undefined;
  /** Samples that will not be stored, whatever is done; undefined where all may still be sent again. */
  readonly dropped: number | undefined;

  constructor(
    message: string,
    details: {
      retryable?: boolean;
      status?: number;
      retryAfterMs?: number | undefined;
      dropped?: number;
      cause?: unknown;
    } = {},
  ) {
    super('push', message, details);
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.dropped = details.dropped;
  }
}
