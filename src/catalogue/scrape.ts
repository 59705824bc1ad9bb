import { scrapeErrorCodes } from '../errors.ts';
import type { Floor } from '../snapshot/floor.ts';
import type { Reading } from '../snapshot/reading.ts';
import { asInfo, exporterGauge, floorGauge, scrapeGauge, toSeconds } from './metric.ts';

const one = (reading: Reading) => [reading];

/** What the snapshot takes for a free agent. */
function availableMeans(floor: Floor | undefined): string {
  if (!floor) return 'unknown';
  return floor.eligible === undefined ? 'idle' : 'idle_and_eligible';
}

/** Metrics of the scrape itself. A failed scrape has all of them except those of the snapshot. */
export const scrapeMetrics = [
  scrapeGauge({
    name: 'vcc_up',
    help: 'Whether this scrape got a complete and consistent snapshot of the account.',
    source: 'exporter',
    rows: one,
    value: (reading) => reading.error === undefined,
  }),
  scrapeGauge({
    name: 'vcc_simulated',
    help: '1 if the numbers come from the built-in simulator and not from Vonage, else 0.',
    source: 'HTTP header Server',
    rows: one,
    value: (reading) => reading.simulated,
  }),
  scrapeGauge({
    name: 'vcc_scrape_error',
    help: '1 for the reason why this scrape failed, 0 for all others (docs/reference/errors.md).',
    source: 'exporter',
    rows: (reading) => scrapeErrorCodes.map((reason) => ({ reason, failed: reading.error === reason })),
    labels: { reason: (row) => row.reason },
    value: (row) => row.failed,
  }),
  scrapeGauge({
    name: 'vcc_scrape_duration_seconds',
    help: 'How long this scrape waited for the API. Scrapes that share a read or a kept snapshot report what the first of them did.',
    source: 'exporter',
    rows: one,
    value: (reading) => toSeconds(reading.durationMs),
  }),
  scrapeGauge({
    name: 'vcc_scrape_deadline_seconds',
    help: 'How long this scrape was allowed to take: the least of VCC_TIMEOUT, the scraper’s own timeout and the time that Lambda or the gateway leaves. Scrapes that share a read or a kept snapshot report what applied to the first of them.',
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
  scrapeGauge({
    name: 'vcc_duplicate_agents',
    help: 'Records left out of the snapshot because a page of the API has several records of an agent. Of these, the one with the latest presence.since counts.',
    source: 'items[].agentId',
    rows: one,
    value: (reading) => reading.duplicates,
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
    name: 'vcc_flawed_agents',
    help: 'Agents with values that are invalid, or absent although the API reference always has them. They are counted by what is known. Values that are absent of agents who are logged out do not count here: some never logged in.',
    source: 'items[]',
    rows: (floor) => [floor],
    value: (floor) => floor.flawed,
  }),
  floorGauge({
    name: 'vcc_absent_values',
    help: 'Values that the answer left out or that are null, by field. What is unknown is not guessed: an agent without workload or interaction is not idle, and an absent time is in no count, oldest or median of times.',
    source: 'items[]',
    rows: (floor) => floor.absent,
    labels: { field: (row) => row.field },
    value: (row) => row.values,
  }),
  floorGauge({
    name: 'vcc_invalid_values',
    help: 'Values that are not what the API reference says, by field, as a text in place of a number. They count like absent ones. With more flawed agents than VCC_MAX_FLAWED_AGENTS allows, the scrape fails.',
    source: 'items[]',
    rows: (floor) => floor.invalid,
    labels: { field: (row) => row.field },
    value: (row) => row.values,
  }),
  asInfo(
    scrapeGauge({
      name: 'vcc_semantics_info',
      help: 'A constant 1 for each question that the API reference leaves open, with the answer in VCC_SEMANTICS, or unknown (docs/use/calibrate.md). The question available says which agents count as free: idle_and_eligible, or idle if no agent of this snapshot has eligibleForRouting.',
      source: 'VCC_SEMANTICS, presence.eligibleForRouting',
      rows: ({ semantics, floor }) => [
        ...semantics,
        { question: 'available', answer: availableMeans(floor) },
      ],
      labels: { question: (row) => row.question, answer: (row) => row.answer },
      value: () => 1,
    }),
  ),
  scrapeGauge({
    name: 'vcc_series_dropped',
    help: 'Series of single agents that were left out for VCC_AGENT_LIMIT. No sample when the scrape failed or VCC_AGENT_METRICS is off.',
    source: 'exporter',
    rows: one,
    value: (reading) => reading.agentSeries?.seriesDropped,
  }),
  scrapeGauge({
    name: 'vcc_roster_up',
    help: 'Whether the last attempt to read the roster succeeded; while it fails, the last one serves. No sample without VCC_ROSTER.',
    source: 'roster',
    rows: one,
    value: (reading) => reading.roster?.up,
  }),
  scrapeGauge({
    name: 'vcc_roster_timestamp_seconds',
    help: 'When the roster in use was read, by the exporter’s clock.',
    source: 'roster',
    rows: one,
    value: (reading) => toSeconds(reading.roster?.readAtMs),
  }),
  scrapeGauge({
    name: 'vcc_roster_agents',
    help: 'Agents in the roster in use.',
    source: 'roster',
    rows: one,
    value: (reading) => reading.roster?.agents,
  }),
  scrapeGauge({
    name: 'vcc_roster_missing_agents',
    help: 'Agents not logged out of whom the roster says nothing; they count under team="".',
    source: 'roster, items[].agentId',
    rows: one,
    value: (reading) => reading.teams?.missing,
  }),
  scrapeGauge({
    name: 'vcc_roster_ambiguous_agents',
    help: 'Agents whom the users API has in several groups; they count under the first one by name.',
    source: 'roster',
    rows: one,
    value: (reading) => reading.roster?.inSeveralTeams,
  }),
  exporterGauge({
    name: 'vcc_exporter_accounts',
    help: 'Accounts in the configuration of the exporter, whichever of them this scrape is about.',
    source: 'VCC_CONFIG',
    value: ({ accounts }) => accounts,
  }),
  asInfo(
    exporterGauge({
      name: 'vcc_exporter_build_info',
      help: 'A constant 1 with the version of the exporter, the commit it was built from and the Node.js it runs on.',
      source: 'exporter',
      labels: {
        version: (build) => build.version,
        revision: (build) => build.revision,
        nodejs: (build) => build.nodejs,
      },
      value: () => 1,
    }),
  ),
];
