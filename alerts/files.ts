import { dump } from 'js-yaml';
import { toGrafanaProvisioning } from './grafana.ts';
import { toAlertGroups, toRecordingGroups } from './rules.ts';
import type { AlertSettings } from './settings.ts';

const yaml = (value: unknown) => dump(value, { lineWidth: -1, noRefs: true });

/**
 * Returns the files that are generated from these thresholds, by their path in the folder. `how` is
 * the first line of each: how it was generated.
 */
export function toRuleFiles(settings: AlertSettings, how: string): Record<string, string> {
  const notice = `# ${how} Do not edit.\n`;
  const alerting = toAlertGroups(settings);
  return {
    'prometheus/vcc-alerts.yml': notice + yaml({ groups: alerting }),
    'prometheus/vcc-recordings.yml': notice + yaml({ groups: toRecordingGroups(settings) }),
    'grafana/vcc-alerts.yml': `${notice}# The uid of the data source is prometheus. If yours differs, replace it everywhere.\n${yaml(
      toGrafanaProvisioning(alerting, { datasource: 'prometheus', folder: 'Contact Center' }),
    )}`,
  };
}
