import type { Deadline } from '../deadline.ts';
import { ExporterError } from '../errors.ts';

/**
 * A file or object could not be read, or is not valid. The message names it, and never quotes its
 * contents.
 */
export class DocumentError extends ExporterError {
  constructor(message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super('document', message, options);
  }
}

/** Returns the error for a file or object of more than `maxBytes`. */
export function tooLarge(location: string, maxBytes: number): DocumentError {
  return new DocumentError(`${location}: larger than ${maxBytes / 1e6} MB`);
}

/**
 * Reads the text at a path or at `s3://bucket/key`. It throws DocumentError, or the reason of the
 * deadline's signal.
 */
export type ReadText = (location: string, deadline: Deadline) => Promise<string>;
