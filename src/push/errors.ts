import { ExporterError } from '../errors.ts';

/** A push failed. The message includes the destination's answer, without label values. */
export class PushError extends ExporterError {
  /** HTTP status. Undefined without an answer. */
  readonly status: number | undefined;
  /**
   * Whether the settings are wrong rather than this batch: every batch would fail in the same way.
   * The message then names the setting to check.
   */
  readonly misconfigured: boolean;
  /** Milliseconds to wait according to Retry-After. Undefined without it. */
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
 * Returns which settings to check after a status by which a receiver refuses every batch, whatever
 * it contains. Undefined for any other status.
 */
export function settingsToCheck(status: number): string | undefined {
  if (status === 401)
    return 'check VCC_PUSH_AUTH and the credentials (VCC_PUSH_USER and VCC_PUSH_PASSWORD, VCC_PUSH_TOKEN, or the secret)';
  if (status === 403)
    return 'check VCC_PUSH_AUTH, and that its credentials may write (with sigv4: VCC_PUSH_AWS_REGION, VCC_PUSH_ROLE_ARN and its policy)';
  if (status === 407) return 'check HTTPS_PROXY or HTTP_PROXY';
  // Also 1xx and 3xx: whatever answers them is no receiver.
  return status < 200 || (status >= 300 && status < 400) || status === 404 || status === 405
    ? 'check VCC_PUSH_URL and VCC_PUSH_TYPE, and that this receiver is enabled there'
    : undefined;
}
