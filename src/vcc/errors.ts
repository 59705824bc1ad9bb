import { ExporterError } from '../errors.ts';

/** Credentials, token or rights were refused; repeating does not help. */
export class AuthError extends ExporterError {
  constructor(code: 'credentials_rejected' | 'unauthorized' | 'forbidden', message: string, cause?: unknown) {
    super(code, message, { cause });
  }
}

/**
 * The request succeeded but the answer broke the contract of the API reference. The message names where, what was
 * expected and what kind of value came; never the value itself, since it may identify a person.
 */
export class ShapeError extends ExporterError {
  /** Where in the answers, as in `page 3: items[4].presence.since`. */
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
