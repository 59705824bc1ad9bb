import { ExporterError } from '../errors.ts';

/** The API refused the credentials, the token or the rights. Not retryable. */
export class AuthError extends ExporterError {
  constructor(code: 'credentials_rejected' | 'unauthorized' | 'forbidden', message: string, cause?: unknown) {
    super(code, message, { cause });
  }
}

/**
 * A successful answer does not match the API reference. The message has the place, the expected
 * kind of value and the received kind. The value is left out, since it may identify a person.
 */
export class ShapeError extends ExporterError {
  /** The place in the answer, as in `page 3: items[4].presence.since`. */
  readonly path: string;
  readonly expected: string;
  readonly received: string;

  constructor(path: string, expected: string, received: string) {
    super('shape', `${path}: expected ${expected}, received ${received}`);
    this.path = path;
    this.expected = expected;
    this.received = received;
  }
}
