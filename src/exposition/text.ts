import type { Family, Sample } from '../catalogue/metric.ts';
import { escapeBackslashes, Writer } from './writer.ts';

/**
 * Encodes families as Prometheus text format 0.0.4, in UTF-8. Families without samples are left out. The format has no
 * gauge histograms, and the type would fail the whole scrape. So each part becomes a family of its own. `_bucket` is
 * untyped, since a gauge must not have the label `le`.
 */
export function encodeText(families: readonly Family[]): Buffer {
  const writer = new Writer(families);
  for (const family of families) {
    if (family.type !== 'gaugehistogram') {
      writeBlock(writer, family.name, family.help, 'gauge', family.values);
      continue;
    }
    for (const part of ['bucket', 'gcount', 'gsum']) {
      const name = `${family.name}_${part}`;
      const samples = family.values.filter((sample) => sample.metricName === name);
      writeBlock(writer, name, family.help, part === 'bucket' ? 'untyped' : 'gauge', samples);
    }
  }
  return writer.finish();
}

function writeBlock(
  writer: Writer,
  name: string,
  help: string,
  type: string,
  samples: readonly Sample[],
): void {
  if (samples.length === 0) return;
  writer.text(`# HELP ${name} ${escapeBackslashes(help)}\n# TYPE ${name} ${type}\n`);
  for (const sample of samples) writer.sample(name, sample);
}
