import type { Family } from '../catalogue/metric.ts';
import { escapeText, Writer } from './writer.ts';

/** Encodes families as OpenMetrics 1.0, in UTF-8. Families without samples are left out. */
export function encodeOpenMetrics(families: readonly Family[]): Buffer {
  const writer = new Writer(families);
  for (const { name, help, type, unit, values } of families) {
    if (values.length === 0) continue;
    // The samples of an info have the suffix `_info`, but the family does not.
    const family = type === 'info' ? name.replace(/_info$/, '') : name;
    writer.text(`# TYPE ${family} ${type}\n`);
    if (unit !== undefined) writer.text(`# UNIT ${family} ${unit}\n`);
    writer.text(`# HELP ${family} ${escapeText(help)}\n`);
    for (const sample of values) writer.sample(name, sample);
  }
  writer.text('# EOF\n');
  return writer.finish();
}
