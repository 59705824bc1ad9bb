import { ExporterError } from './errors.ts';

/** One line of JSON, as CloudWatch Logs Insights and most log stores read it. */
export function logLine(
  level: 'info' | 'error',
  event: string,
  fields: Record<string, unknown> = {},
): string {
  return JSON.stringify({ level, event, ...fields });
}

/** What a log may tell of an error: our own messages; of foreign errors the kind and the place, not the text. */
export function toLogFields(error: unknown): Record<string, unknown> {
  if (error instanceof ExporterError) return { code: error.code, message: error.message };
  if (!(error instanceof Error)) return { code: 'internal', kind: typeof error };
  // The first line of a stack repeats the message, which may quote data.
  const stack = error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at '));
  return { code: 'internal', kind: error.name, stack };
}
