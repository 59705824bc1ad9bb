import type { Labels, Sample } from '../catalogue/metric.ts';

const special = /[\\"\n]/;

/**
 * Writes the labels of samples that follow each other, `{a="b",c="d"}` or nothing. Labels that a run of samples
 * shares (the rows of a histogram) are written once and kept.
 */
export function labelWriter(): (sample: Sample) => string {
  let shared: Labels | undefined;
  let sharedText = '';
  return ({ labels, sharedLabels }) => {
    if (sharedLabels !== shared) {
      shared = sharedLabels;
      sharedText = sharedLabels ? pairs('', sharedLabels) : '';
    }
    const text = pairs(sharedText, labels);
    return text === '' ? '' : `{${text}}`;
  };
}

function pairs(before: string, labels: Labels): string {
  let text = before;
  for (const name in labels) {
    const value = labels[name]!;
    const separator = text === '' ? '' : ',';
    text += `${separator}${name}="${special.test(value) ? escapeText(value) : value}"`;
  }
  return text;
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
