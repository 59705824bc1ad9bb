import { ExporterError } from './errors.ts';
import { redact } from './redact.ts';

/** Fixed words of the exporter, for searches in logs. They are never redacted. */
const fixedFields = new Set(['level', 'event', 'code']);

/**
 * Returns one line of JSON, which CloudWatch Logs Insights and most log stores parse. It replaces
 * known secrets in the fields. The line has no control characters and no characters that change the
 * direction of text: JSON allows some of them, but they can control a terminal.
 */
export function logLine(
  level: 'info' | 'error',
  event: string,
  fields: Record<string, unknown> = {},
): string {
  const line = JSON.stringify({ level, event, ...fields }, (key, value: unknown) =>
    typeof value === 'string' && !fixedFields.has(key) ? redact(value) : value,
  );
  return line.replace(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Control characters except tab and line feed, and characters that reorder or break lines. They can
 * control a terminal, so texts from outside must not contain them.
 */
export const unprintable = /(?![\t\n])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/**
 * Returns the fields of an error that are safe to log. Our errors include their message. Other
 * errors include only the kind and the stack, since their message may quote data.
 */
export function toLogFields(error: unknown): Record<string, unknown> {
  if (error instanceof ExporterError) return { code: error.code, message: error.message };
  if (!(error instanceof Error)) return { code: 'internal', kind: typeof error };
  // The first line of a stack repeats the message, which may quote data.
  const stack = error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at '));
  return { code: 'internal', kind: error.name, stack };
}
