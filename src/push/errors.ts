import { ExporterError } from '../errors.ts';

/** A push failed. The message includes the destination's answer, without label values. */
export class PushError extends ExporterError {
  /** The HTTP status of the answer. Undefined without an answer. */
  readonly status: number | undefined;
  /**
   * Whether the settings are wrong, not this batch: every batch would fail in the same way. The
   * message then names the settings to check.
   */
  readonly misconfigured: boolean;
  /** Milliseconds to wait, from the header Retry-After. Undefined without the header. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    details: {
      retryable?: boolean;
      misconfigured?: boolean;
      status?: number;
      retryAfterMs?: number | undefined;
      cause?: unknown;
    } = {},
  ) {
    super('push', message, details);
    this.misconfigured = details.misconfigured ?? false;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/**
 * Returns the settings to check after a status that means that a destination refuses every batch.
 * Undefined for any other status.
 */
export function settingsToCheck(status: number): string | undefined {
  if (status === 401)
    return 'check VCC_PUSH_AUTH and the credentials (VCC_PUSH_USER and VCC_PUSH_PASSWORD, VCC_PUSH_TOKEN, or the secret)';
  if (status === 403)
    return 'check VCC_PUSH_AUTH, and that its credentials may write (with sigv4: check VCC_PUSH_AWS_REGION, VCC_PUSH_ROLE_ARN and the policy of that role)';
  if (status === 407) return 'check HTTPS_PROXY or HTTP_PROXY';
  // No destination answers 1xx or 3xx, so the address must be wrong.
  return status < 200 || (status >= 300 && status < 400) || status === 404 || status === 405
    ? 'check VCC_PUSH_URL and VCC_PUSH_TYPE, and that the destination accepts this type'
    : undefined;
}
