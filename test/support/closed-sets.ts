import { settings } from '../../src/config/settings.ts';
import { scrapeErrorCodes } from '../../src/errors.ts';
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
};

/** Those of the label `reason`, by metric. */
export const reasonsOf: Readonly<Record<string, readonly string[]>> = {
  vcc_scrape_error: scrapeErrorCodes,
  vcc_interactions_by_reason: Object.values(reasonsByState).flat(),
};
