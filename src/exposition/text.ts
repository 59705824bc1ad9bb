import type { Family, Sample } from '../catalogue/metric.ts';
import { escapeBackslashes, labelWriter, toGoFloat } from './sample.ts';

/**
 * Prometheus text format 0.0.4. It has no gauge histograms (the word would fail the whole scrape), so the parts of
 * one are written as families of their own; `_bucket` untyped, since a gauge must not have the label `le`.
 */
export function encodeText(families: readonly Family[]): string {
  let text = '';
  for (const family of families) {
    if (family.type !== 'gaugehistogram') {
      text += block(family.name, family.help, 'gauge', family.values);
      continue;
    }
    for (const part of ['bucket', 'gcount', 'gsum']) {
      const name = `${family.name}_${part}`;
      const samples = family.values.filter((sample) => sample.metricName === name);
      text += block(name, family.help, part === 'bucket' ? 'untyped' : 'gauge', samples);
    }
  }
  return text;
}

function block(name: string, help: string, type: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  let text = `# HELP ${name} ${escapeBackslashes(help)}\n# TYPE ${name} ${type}\n`;
  const labelsOf = labelWriter();
  for (const sample of samples) text += `${name}${labelsOf(sample)} ${toGoFloat(sample.value)}\n`;
  return text;
}
