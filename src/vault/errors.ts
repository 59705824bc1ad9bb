import { ExporterError } from '../errors.ts';

/**
 * The secret could not be read, or its content is not valid. The message never contains a value.
 */
export class SecretError extends ExporterError {
  /** Whether the secret, or its version with the staging label, does not exist. */
  readonly notFound: boolean;
  /** Whether it was read, but its content is not valid. */
  readonly invalid: boolean;

  constructor(
    message: string,
    options: { notFound?: boolean; invalid?: boolean; retryable?: boolean; cause?: unknown } = {},
  ) {
    super('secret', message, options);
    this.notFound = options.notFound ?? false;
    this.invalid = options.invalid ?? false;
  }
}
