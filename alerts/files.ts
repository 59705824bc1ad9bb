import { dump } from 'js-yaml';
import { toGrafanaProvisioning } from './grafana.ts';
import { toAlertGroups, toRecordingGroups } from './rules.ts';
import type { AlertSettings } from './settings.ts';

const yaml = (value: unknown) => dump(value, { lineWidth: -1, noRefs: true });

/**
 * The files that derive from these thresholds, by path below the folder that they go to; `how` says
 * how they came about.
 */
export function toRuleFiles(settings: AlertSettings, how: string): Record<string, string> {
  const notice = `# ${how} Do not edit.\n`;
  const alerting = toAlertGroups(settings);
  return {
    'prometheus/vcc-alerts.yml': notice + yaml({ groups: alerting }),
    'prometheus/vcc-recordings.yml': notice + yaml({ groups: toRecordingGroups(settings) }),
    'grafana/vcc-alerts.yml': `${notice}# The data source is the one whose uid is prometheus; if yours is another, replace it everywhere.\n${yaml(
      toGrafanaProvisioning(alerting, { datasource: 'prometheus', folder: 'Contact Center' }),
    )}`,
  };
}
