import { ExporterError } from '../errors.ts';

/** A push failed. The message includes the destination's answer, without label values. */
export class PushError extends ExporterError {
  /** HTTP status. Undefined without an answer. */
  readonly status: number | undefined;
  /** Milliseconds to wait according to Retry-After. Undefined without it. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    details: {
      retryable?: boolean;
      status?: number;
      retryAfterMs?: number | undefined;
      cause?: unknown;
    } = {},
  ) {
    super('push', message, details);
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}
