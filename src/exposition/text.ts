import type { Family } from '../catalogue/metric.ts';
import { escapeBackslashes, Writer } from './writer.ts';

/**
 * Encodes families as Prometheus text format 0.0.4, in UTF-8. Families without samples are left
 * out. An info is written as a gauge.
 */
export function encodeText(families: readonly Family[]): Buffer {
  const writer = new Writer(families);
  for (const { name, help, values } of families) {
    if (values.length === 0) continue;
    writer.text(`# HELP ${name} ${escapeBackslashes(help)}\n# TYPE ${name} gauge\n`);
    for (const sample of values) writer.sample(name, sample);
  }
  return writer.finish();
}
