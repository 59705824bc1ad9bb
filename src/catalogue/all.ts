import { catalogue } from './index.ts';
import type { Metric } from './metric.ts';
import { queueMetrics } from './queues.ts';

/**
 * All metrics of the exporter, in the order of docs/reference/metrics.md. Functions load those of
 * queues only when they are needed, so they import {@link catalogue} instead.
 */
export const allMetrics: readonly Metric[] = [...catalogue, ...queueMetrics];
