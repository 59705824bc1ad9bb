import { agentSeriesMetrics } from './agent-series.ts';
import { agentMetrics } from './agents.ts';
import { interactionMetrics } from './interactions.ts';
import type { Metric } from './metric.ts';
import { pushMetrics } from './push.ts';
import { scrapeMetrics } from './scrape.ts';
import { teamMetrics } from './teams.ts';

/** All metrics except those of queues, in the order of the exposition. */
export const catalogue: readonly Metric[] = [
  ...scrapeMetrics,
  ...agentMetrics,
  ...interactionMetrics,
  ...teamMetrics,
  ...agentSeriesMetrics,
  ...pushMetrics,
];
