const special = /[\\"\n]/;

/** `{a="b",c="d"}`, or nothing without labels. */
export function labelSet(labels: Readonly<Record<string, string>>): string {
  let text = '';
  for (const name in labels) {
    const value = labels[name]!;
    text += `${text === '' ? '{' : ','}${name}="${special.test(value) ? escapeText(value) : value}"`;
  }
  return text === '' ? '' : `${text}}`;
}

/** Label values in both formats, and HELP in OpenMetrics. */
export function escapeText(text: string): string {
  return escapeBackslashes(text).replaceAll('"', '\\"');
}

/** HELP in text 0.0.4, where a quote stands for itself. */
export function escapeBackslashes(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** A number as Go's ParseFloat reads it. */
export function toGoFloat(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}
