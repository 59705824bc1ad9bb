import type { Alert } from './alert.ts';
import { healthAlerts } from './health.ts';
import { queueAlerts } from './queues.ts';
import { supervisorAlerts } from './supervisor.ts';

/** Every alert, in the order of the rule files and of docs/use/alerts.md. */
export const alerts: readonly Alert[] = [...healthAlerts, ...supervisorAlerts, ...queueAlerts];
