import { ExporterError } from './errors.ts';

/** Returns one line of JSON, which CloudWatch Logs Insights and most log stores parse. */
export function logLine(
  level: 'info' | 'error',
  event: string,
  fields: Record<string, unknown> = {},
): string {
  return JSON.stringify({ level, event, ...fields });
}

/**
 * Returns the fields of an error that are safe to log. Our own errors include their message. Other errors include only
 * the kind and the stack, since their text may quote data.
 */
export function toLogFields(error: unknown): Record<string, unknown> {
  if (error instanceof ExporterError) return { code: error.code, message: error.message };
  if (!(error instanceof Error)) return { code: 'internal', kind: typeof error };
  // The first line of a stack repeats the message, which may quote data.
  const stack = error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at '));
  return { code: 'internal', kind: error.name, stack };
}
