import { ExporterError } from '../errors.ts';

/** An exposition is not written as its format wants; the message has the line and what was expected, of its content at most a metric’s name. */
export class ExpositionError extends ExporterError {
  /** From 1. */
  readonly line: number;

  constructor(line: number, expected: string, metric?: string) {
    super('shape', `exposition, line ${line}${metric ? `, ${metric}` : ''}: expected ${expected}`);
    this.line = line;
  }
}
