import { ExporterError } from '../errors.ts';

/** A file or object could not be read, or is not written as it must be; the message names it, and never what it holds. */
export class DocumentError extends ExporterError {
  constructor(message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super('document', message, options);
  }
}

/** Reads the text at a path or an `s3://bucket/key`. @throws DocumentError, or the signal's reason */
export type ReadText = (location: string, signal: AbortSignal) => Promise<string>;
