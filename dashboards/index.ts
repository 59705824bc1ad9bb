import type { AlertSettings } from '../alerts/settings.ts';
import { exporterDashboard } from './exporter.ts';
import { floorDashboard } from './floor.ts';
import { interactionsDashboard } from './interactions.ts';
import { teamDashboard } from './team.ts';

/** Every dashboard, by the file that it is written to in dashboards/grafana/; its colours follow the thresholds of the alerts. */
export function dashboards(settings: AlertSettings) {
  return {
    'vcc-floor.json': floorDashboard(settings),
    'vcc-team.json': teamDashboard(settings),
    'vcc-interactions.json': interactionsDashboard(settings),
    'vcc-exporter.json': exporterDashboard(settings),
  };
}
