import { scrapeErrorCodes } from '../errors.ts';
import type { Floor } from '../snapshot/floor.ts';
import type { Reading } from '../snapshot/reading.ts';
import { asInfo, exporterGauge, floorGauge, scrapeGauge, toSeconds } from './metric.ts';

const one = (reading: Reading) => [reading];

/** Returns which agents count as free: the answer to the question `available`. */
function availableMeans(floor: Floor | undefined): string {
  if (!floor) return 'unknown';
  return floor.eligible === undefined ? 'idle' : 'idle_and_eligible';
}

/** Metrics of the scrape itself. A failed scrape has all of them except those of the snapshot. */
export const scrapeMetrics = [
  scrapeGauge({
    name: 'vcc_up',
    help: '1 if this scrape got a complete and consistent snapshot of the account, else 0.',
    source: 'exporter',
    rows: one,
    value: (reading) => reading.error === undefined,
  }),
  scrapeGauge({
    name: 'vcc_simulated',
    help: '1 if the numbers come from the built-in simulator, 0 if they come from Vonage.',
    source: 'HTTP header Server',
    rows: one,
    value: (reading) => reading.simulated,
  }),
  scrapeGauge({
    name: 'vcc_scrape_error',
    help: '1 for the reason why this scrape failed, 0 for all others. docs/reference/errors.md explains them.',
    source: 'exporter',
    rows: (reading) => scrapeErrorCodes.map((reason) => ({ reason, failed: reading.error === reason })),
    labels: { reason: (row) => row.reason },
    value: (row) => row.failed,
  }),
  scrapeGauge({
    name: 'vcc_scrape_duration_seconds',
    help: 'How long it took to read and count the account, roster included. Scrapes that share a read or a cached snapshot report the time of the first of them.',
    source: 'exporter',
    rows: one,
    value: (reading) => toSeconds(reading.durationMs),
  }),
  scrapeGauge({
    name: 'vcc_scrape_deadline_seconds',
    help: "How long this scrape was allowed to take: the shortest of VCC_TIMEOUT, the scraper's own timeout, and the time left to Lambda or the gateway. Scrapes that share a read or a cached snapshot report the limit of the first of them.",
    source: 'X-Prometheus-Scrape-Timeout-Seconds, Lambda context, VCC_TIMEOUT',
    rows: one,
    value: (reading) => toSeconds(reading.budgetMs),
  }),
  scrapeGauge({
    name: 'vcc_scrape_cached',
    help: '1 if this scrape returned an earlier snapshot (VCC_CACHE_TTL), else 0.',
    source: 'exporter',
    rows: one,
    value: (reading) => reading.cached,
  }),
  scrapeGauge({
    name: 'vcc_scrape_pages',
    help: 'Pages in the snapshot of this scrape. 0 if the scrape failed.',
    source: 'meta.pageCount',
    rows: one,
    value: (reading) => reading.pages,
  }),
  scrapeGauge({
    name: 'vcc_scrape_api_requests',
    help: "HTTP requests sent for this snapshot, including retries and token requests. Each counts against the account's fair-use budget. Scrapes that share a read or a cached snapshot each report all of its requests.",
    source: 'exporter',
    rows: one,
    value: (reading) => reading.requests,
  }),
  scrapeGauge({
    name: 'vcc_scrape_api_retries',
    help: 'The retries among vcc_scrape_api_requests.',
    source: 'exporter',
    rows: one,
    value: (reading) => reading.retries,
  }),
  scrapeGauge({
    name: 'vcc_api_clock_skew_seconds',
    help: "The API's clock minus the exporter's clock, to about half a second.",
    source: 'HTTP header Date',
    rows: one,
    value: (reading) => toSeconds(reading.clockSkewMs),
  }),
  floorGauge({
    name: 'vcc_snapshot_timestamp_seconds',
    help: "When the snapshot was taken, by the API's clock. If the pages differ, the earliest of their times. With caching, the snapshot may be up to VCC_CACHE_TTL older than the scrape.",
    source: 'upTo',
    rows: (floor) => [floor],
    value: (floor) => toSeconds(floor.takenAtMs),
  }),
  floorGauge({
    name: 'vcc_snapshot_agents',
    help: 'Agents in the snapshot, including agents who left the company or never log in.',
    source: 'items[]',
    rows: (floor) => [floor],
    value: (floor) => floor.agents,
  }),
  scrapeGauge({
    name: 'vcc_duplicate_agents',
    help: 'Records left out of the snapshot because a page has several records of one agent. The record with the latest presence.since is kept.',
    source: 'items[].agentId',
    rows: one,
    value: (reading) => reading.duplicates,
  }),
  floorGauge({
    name: 'vcc_unknown_values',
    help: 'Values that neither the API reference nor VCC_KNOWN_VALUES names, by field. Metrics show up to 20 of them per field under their own name, and the rest under "other".',
    source: 'items[].presence.name, items[].interaction[].*',
    rows: (floor) => floor.unknown,
    labels: { field: (row) => row.field },
    value: (row) => row.values,
  }),
  floorGauge({
    name: 'vcc_flawed_agents',
    help: 'Agents with a value that is invalid, or absent although the API reference always has it. Their other values still count. Absent values of logged-out agents are no flaw, because some agents never logged in.',
    source: 'items[]',
    rows: (floor) => [floor],
    value: (floor) => floor.flawed,
  }),
  floorGauge({
    name: 'vcc_absent_values',
    help: "Values that are missing or null in the API's answer, by field. The exporter does not guess them: an agent with unknown workload or interactions is not idle, and an unknown time is in no oldest time, median or _longer_than count.",
    source: 'items[]',
    rows: (floor) => floor.absent,
    labels: { field: (row) => row.field },
    value: (row) => row.values,
  }),
  floorGauge({
    name: 'vcc_invalid_values',
    help: 'Values that contradict the API reference, by field; for example a text instead of a number. They count as absent. If more agents are flawed than VCC_MAX_FLAWED_AGENTS allows, the scrape fails.',
    source: 'items[]',
    rows: (floor) => floor.invalid,
    labels: { field: (row) => row.field },
    value: (row) => row.values,
  }),
  asInfo(
    scrapeGauge({
      name: 'vcc_semantics_info',
      help: 'A constant 1 for each question that the API reference leaves open, with its answer in VCC_SEMANTICS, or unknown. docs/use/calibrate.md explains them. question="available" says which agents count as free. Its answers: idle_and_eligible; idle (the API has not returned eligibleForRouting so far); unknown (the scrape failed).',
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
    help: 'Series of single agents that were left out because of VCC_AGENT_LIMIT. No sample if the scrape failed or VCC_AGENT_METRICS is off.',
    source: 'exporter',
    rows: one,
    value: (reading) => reading.agentSeries?.seriesDropped,
  }),
  scrapeGauge({
    name: 'vcc_roster_up',
    help: '1 if the last attempt to read the roster succeeded, else 0. After a failure, the last good roster stays in use. No sample without VCC_ROSTER.',
    source: 'roster',
    rows: one,
    value: (reading) => reading.roster?.up,
  }),
  scrapeGauge({
    name: 'vcc_roster_timestamp_seconds',
    help: "When the current roster was read, by the exporter's clock.",
    source: 'roster',
    rows: one,
    value: (reading) => toSeconds(reading.roster?.readAtMs),
  }),
  scrapeGauge({
    name: 'vcc_roster_agents',
    help: 'Agents in the current roster.',
    source: 'roster',
    rows: one,
    value: (reading) => reading.roster?.agents,
  }),
  scrapeGauge({
    name: 'vcc_roster_missing_agents',
    help: 'Agents who are not logged out and have no entry in the roster. They count under team="".',
    source: 'roster, items[].agentId',
    rows: one,
    value: (reading) => reading.teams?.missing,
  }),
  scrapeGauge({
    name: 'vcc_roster_ambiguous_agents',
    help: 'Agents whom the users API lists in several groups. They count under the first group by name.',
    source: 'roster',
    rows: one,
    value: (reading) => reading.roster?.inSeveralTeams,
  }),
  exporterGauge({
    name: 'vcc_exporter_accounts',
    help: 'Accounts in the settings of the exporter, even if the scrape reads only one of them.',
    source: 'VCC_CONFIG',
    value: ({ accounts }) => accounts,
  }),
  asInfo(
    exporterGauge({
      name: 'vcc_exporter_build_info',
      help: 'A constant 1 with the version of the exporter, the commit of the build, and the version of Node.js.',
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
