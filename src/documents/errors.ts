import type { Deadline } from '../deadline.ts';
import { ExporterError } from '../errors.ts';

/** A file or object could not be read, or is not written as it must be; the message names it, and never what it holds. */
export class DocumentError extends ExporterError {
  constructor(message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super('document', message, options);
  }
}

/** What is larger than its reader takes. */
export function tooLarge(location: string, maxBytes: number): DocumentError {
  return new DocumentError(`${location}: larger than ${maxBytes / 1e6} MB`);
}

/** Reads the text at a path or an `s3://bucket/key`. @throws DocumentError, or the reason of the deadline's signal */
export type ReadText = (location: string, deadline: Deadline) => Promise<string>;
