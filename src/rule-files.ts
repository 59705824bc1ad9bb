import { readFileSync } from 'node:fs';
import { toRuleFiles } from '../alerts/files.ts';
import { type AlertSettings, parseAlertSettings } from '../alerts/settings.ts';
import { toDashboardFiles } from '../dashboards/index.ts';
import { ConfigError } from './config/load.ts';

/** Returns the text of alerts/thresholds.yml. */
export function readShippedThresholds(): string {
  // The path is the same from src/ and, in the package, from dist/.
  return readFileSync(new URL('../alerts/thresholds.yml', import.meta.url), 'utf8');
}

/** Adds a folder to the paths of files. */
export const underFolder = (folder: string, files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([path, content]) => [`${folder}/${path}`, content]));

/**
 * Generates the rules and dashboards for the shipped thresholds, changed by those in `ours`, a YAML
 * text. `files` are by path, `summary` is one sentence. It returns problems instead of throwing
 * them: this module is a separate bundle, and its ConfigError is another class than that of the
 * command line.
 */
export function generateRuleFiles(ours?: {
  name: string;
  text: string;
}): { problems: readonly string[] } | { files: Record<string, string>; summary: string } {
  try {
    const shipped = parseAlertSettings(readShippedThresholds());
    const settings = ours ? parseAlertSettings(readShippedThresholds(), ours.text, ours.name) : shipped;
    const source = ours?.name ?? 'the shipped thresholds';
    const dashboards = toDashboardFiles(settings);
    return {
      files: {
        ...toRuleFiles(settings, `Generated from ${source} by \`vcc-exporter rules\`.`),
        ...underFolder('dashboards', dashboards),
      },
      summary: `${summaryOf(settings, shipped)}; ${Object.keys(dashboards).length} dashboards.`,
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { problems: error.problems };
  }
}

function summaryOf({ alerts }: AlertSettings, shipped: AlertSettings): string {
  const off = alerts.filter(({ enabled }) => !enabled).length;
  const differing = alerts.filter(
    (each, index) => toContent(each) !== toContent(shipped.alerts[index]),
  ).length;
  const verb = differing === 1 ? 'differs' : 'differ';
  return `${alerts.length} alerts, ${off} off, ${differing} ${verb} from the shipped thresholds`;
}

/** Makes equal durations equal, such as 60s and 1m. */
const toContent = (value: unknown) =>
  JSON.stringify(value, (key, inner) => (key === 'text' ? undefined : inner));
