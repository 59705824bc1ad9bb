import { settings } from '../../src/config/settings.ts';
import { scrapeErrorCodes } from '../../src/errors.ts';
import { unclearReasons } from '../../src/snapshot/ongoing.ts';
import { queueSources } from '../../src/snapshot/queue-reading.ts';
import { categories } from '../../src/snapshot/queues-left.ts';
import {
  activities,
  directions,
  media,
  mediumManagers,
  presences,
  reasonsByState,
  states,
  workloads,
} from '../../src/snapshot/vocabulary.ts';

/** The values of labels that the exporter itself defines, whatever the metric. */
export const closedSets: Readonly<Record<string, readonly string[]>> = {
  presence: presences,
  state: states,
  activity: activities,
  direction: directions,
  medium: media,
  medium_manager: mediumManagers,
  workload: workloads,
  // Unless VCC_AGE_BOUNDS has others.
  seconds: settings.VCC_AGE_BOUNDS.fallback.split(','),
  source: queueSources,
  category: categories,
};

/** Returns the values that this label of a metric can have. Undefined: any. */
export function closedSetOf(metric: string, label: string): readonly string[] | undefined {
  if (label === 'reason') return reasonsOf[metric];
  // Unless VCC_QUEUE_BOUNDS has others.
  if (label === 'seconds' && metric.startsWith('vcc_queue_'))
    return settings.VCC_QUEUE_BOUNDS.fallback.split(',');
  return closedSets[label];
}

/** Those of the label `reason`, by metric. */
const reasonsOf: Readonly<Record<string, readonly string[]>> = {
  vcc_scrape_error: scrapeErrorCodes,
  vcc_queue_error: scrapeErrorCodes,
  vcc_queue_unclear: unclearReasons,
  vcc_interactions_by_reason: Object.values(reasonsByState).flat(),
};
