// Rules and dashboards with thresholds of one's own, outside of the checkout:
//   npm run rules -- --thresholds yours.yml --out folder
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { toRuleFiles } from '../alerts/files.ts';
import { parseAlertSettings } from '../alerts/settings.ts';
import { toDashboardFiles } from '../dashboards/index.ts';
import { ConfigError } from '../src/config/load.ts';
import { readThresholds, underFolder } from './generated-files.ts';

const usage = 'npm run rules -- --thresholds yours.yml --out folder';

function toFiles(thresholds: string): Record<string, string> {
  const settings = parseAlertSettings(readThresholds(), readFileSync(thresholds, 'utf8'), thresholds);
  return {
    ...toRuleFiles(settings, `Generated from ${thresholds} by \`npm run rules\`.`),
    ...underFolder('dashboards', toDashboardFiles(settings)),
  };
}

try {
  const { values } = parseArgs({ options: { thresholds: { type: 'string' }, out: { type: 'string' } } });
  const { thresholds, out } = values;
  if (!thresholds || !out) throw new ConfigError([`both options are needed: ${usage}`]);
  for (const [path, content] of Object.entries(toFiles(thresholds))) {
    const file = join(out, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    process.stdout.write(`${file}\n`);
  }
} catch (error) {
  const ours = error instanceof ConfigError || (error instanceof Error && 'code' in error);
  if (!ours) throw error;
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}
