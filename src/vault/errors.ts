import { ExporterError } from '../errors.ts';

/** The secret could not be read, or does not hold what it must; the message says which and never holds a value. */
export class SecretError extends ExporterError {
  /** Whether there is no such secret, or none with that staging label. */
  readonly notFound: boolean;

  constructor(message: string, options: { notFound?: boolean; retryable?: boolean; cause?: unknown } = {}) {
    super('secret', message, options);
    this.notFound = options.notFound ?? false;
  }
}
