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
  source: queueSources,
  category: categories,
};

/** Those of the label `seconds` of a metric, unless its setting has other bounds. */
export function boundsOf(metric: string): readonly string[] {
  const setting = metric.startsWith('vcc_queue_') ? settings.VCC_QUEUE_BOUNDS : settings.VCC_AGE_BOUNDS;
  return setting.fallback.split(',');
}

/** Those of the label `reason`, by metric. */
export const reasonsOf: Readonly<Record<string, readonly string[]>> = {
  vcc_scrape_error: scrapeErrorCodes,
  vcc_queue_error: scrapeErrorCodes,
  vcc_queue_unclear: unclearReasons,
  vcc_interactions_by_reason: Object.values(reasonsByState).flat(),
};
