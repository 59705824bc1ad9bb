import { scrapeErrorCodes } from '../errors.ts';
import type { Reading } from '../snapshot/reading.ts';
import { buildInfo, floorGauge, scrapeGauge, toSeconds } from './metric.ts';

const one = (reading: Reading) => [reading];

/** About the reading itself. All but the snapshot's own are there for a failed one too. */
export const scrapeMetrics = [
  scrapeGauge({
    name: 'vcc_up',
    help: 'Whether this scrape got a complete and consistent snapshot of the account.',
    source: 'exporter',
    rows: one,
    value: (reading) => reading.error === undefined,
  }),
  scrapeGauge({
    name: 'vcc_scrape_error',
    help: '1 for the reason why this scrape failed, 0 for all others (docs/errors.md).',
    source: 'exporter',
    rows: (reading) => scrapeErrorCodes.map((reason) => ({ reason, failed: reading.error === reason })),
    labels: { reason: (row) => row.reason },
    value: (row) => row.failed,
  }),
  scrapeGauge({
    name: 'vcc_scrape_duration_seconds',
    help: 'How long this scrape waited for the API, or for another scrape that was reading it already.',
    source: 'exporter',
    rows: one,
    value: (reading) => toSeconds(reading.durationMs),
  }),
  scrapeGauge({
    name: 'vcc_scrape_deadline_seconds',
    help: 'How long this scrape was allowed to take: the least of VCC_TIMEOUT, the scraper’s own timeout and the time that Lambda or the gateway leaves.',
    source: 'X-Prometheus-Scrape-Timeout-Seconds, Lambda context, VCC_TIMEOUT',
    rows: one,
    value: (reading) => toSeconds(reading.budgetMs),
  }),
  scrapeGauge({
    name: 'vcc_scrape_cached',
    help: 'Whether this scrape was served from an earlier snapshot (VCC_CACHE_TTL).',
    source: 'exporter',
    rows: one,
    value: (reading) => reading.cached,
  }),
  scrapeGauge({
    name: 'vcc_scrape_pages',
    help: 'Pages in the snapshot of this scrape; 0 if it failed.',
    source: 'meta.pageCount',
    rows: one,
    value: (reading) => reading.pages,
  }),
  scrapeGauge({
    name: 'vcc_scrape_api_requests',
    help: 'HTTP requests sent for this snapshot, repeats and token requests included; each counts against the account’s fair-use budget. Scrapes that share a read each report it.',
    source: 'exporter',
    rows: one,
    value: (reading) => reading.requests,
  }),
  scrapeGauge({
    name: 'vcc_scrape_api_retries',
    help: 'Those of vcc_scrape_api_requests that repeated a failed one.',
    source: 'exporter',
    rows: one,
    value: (reading) => reading.retries,
  }),
  scrapeGauge({
    name: 'vcc_api_clock_skew_seconds',
    help: 'The API’s clock minus the exporter’s, to about half a second.',
    source: 'HTTP header Date',
    rows: one,
    value: (reading) => toSeconds(reading.clockSkewMs),
  }),
  floorGauge({
    name: 'vcc_snapshot_timestamp_seconds',
    help: 'When the snapshot was taken, by the API’s clock; of several pages the earliest. With VCC_CACHE_TTL it may be that much older than the scrape.',
    source: 'upTo',
    rows: (floor) => [floor],
    value: (floor) => toSeconds(floor.takenAtMs),
  }),
  floorGauge({
    name: 'vcc_snapshot_agents',
    help: 'Agents in the snapshot, those included who left or never log in.',
    source: 'items[]',
    rows: (floor) => [floor],
    value: (floor) => floor.agents,
  }),
  floorGauge({
    name: 'vcc_unknown_values',
    help: 'Values in the snapshot that the API reference does not name, by field. They are counted under their own name.',
    source: 'items[].presence.name, items[].interaction[].*',
    rows: (floor) => floor.unknown,
    labels: { field: (row) => row.field },
    value: (row) => row.values,
  }),
  floorGauge({
    name: 'vcc_absent_values',
    help: 'Agents whose answer left out an optional field. Without interaction an agent in wrap-up looks idle; without eligible_for_routing nobody counts as available.',
    source: 'items[].interaction, items[].presence.description, items[].presence.eligibleForRouting',
    rows: (floor) => floor.absent,
    labels: { field: (row) => row.field },
    value: (row) => row.agents,
  }),
  buildInfo({
    name: 'vcc_exporter_build_info',
    help: 'A constant 1 with the version of the exporter, the commit it was built from and the Node.js it runs on.',
    source: 'exporter',
    labels: {
      version: (build) => build.version,
      revision: (build) => build.revision,
      nodejs: (build) => build.nodejs,
    },
  }),
];
