import type { Family } from '../catalogue/metric.ts';
import { escapeText, labelWriter, toGoFloat } from './sample.ts';

/** OpenMetrics 1.0. */
export function encodeOpenMetrics(families: readonly Family[]): string {
  let text = '';
  for (const { name, help, type, unit, values } of families) {
    if (values.length === 0) continue;
    // An info's samples have the suffix, its family has not.
    const family = type === 'info' ? name.replace(/_info$/, '') : name;
    text += `# TYPE ${family} ${type}\n`;
    if (unit !== undefined) text += `# UNIT ${family} ${unit}\n`;
    text += `# HELP ${family} ${escapeText(help)}\n`;
    const labelsOf = labelWriter();
    for (const sample of values) {
      text += `${sample.metricName ?? name}${labelsOf(sample)} ${toGoFloat(sample.value)}\n`;
    }
  }
  return `${text}# EOF\n`;
}
