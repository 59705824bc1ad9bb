import type { Family } from '../catalogue/metric.ts';
import { escapeText, Writer } from './writer.ts';

/** OpenMetrics 1.0. */
export function encodeOpenMetrics(families: readonly Family[]): Buffer {
  const writer = new Writer(families);
  for (const { name, help, type, unit, values } of families) {
    if (values.length === 0) continue;
    // An info's samples have the suffix, its family has not.
    const family = type === 'info' ? name.replace(/_info$/, '') : name;
    writer.text(`# TYPE ${family} ${type}\n`);
    if (unit !== undefined) writer.text(`# UNIT ${family} ${unit}\n`);
    writer.text(`# HELP ${family} ${escapeText(help)}\n`);
    for (const sample of values) writer.sample(sample.metricName ?? name, sample);
  }
  writer.text('# EOF\n');
  return writer.finish();
}
