import type { AlertSettings } from '../alerts/settings.ts';
import { exporterDashboard } from './exporter.ts';
import { floorDashboard } from './floor.ts';
import { interactionsDashboard } from './interactions.ts';
import { queuesDashboard } from './queues.ts';
import { teamDashboard } from './team.ts';

/**
 * Returns the JSON of every dashboard by the name of its file. The colours follow the thresholds of
 * the alerts.
 */
export function toDashboardFiles(settings: AlertSettings): Record<string, string> {
  const dashboards = {
    'vcc-floor.json': floorDashboard(settings),
    'vcc-team.json': teamDashboard(settings),
    'vcc-interactions.json': interactionsDashboard(settings),
    'vcc-queues.json': queuesDashboard(settings),
    'vcc-exporter.json': exporterDashboard(settings),
  };
  return Object.fromEntries(
    Object.entries(dashboards).map(([file, dashboard]) => [
      file,
      `${JSON.stringify(dashboard, undefined, 2)}\n`,
    ]),
  );
}
