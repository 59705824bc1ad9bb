import { failedShare } from '../alerts/promql.ts';
import { type AlertSettings, thresholdOf } from '../alerts/settings.ts';
import { percent, toDashboard } from './dashboard.ts';
import { lines, minutes, type Step, stat, states } from './panels.ts';
import { dataAge, once, select, total } from './promql.ts';
import { queueReads } from './queue-data.ts';
import { table } from './table.ts';

const noPush = 'Not pushing: set VCC_PUSH_URL (docs/run/push.md)';
const noRoster = 'No roster: set VCC_ROSTER (docs/use/teams.md)';

const redFromOne: readonly Step[] = [
  [null, 'green'],
  [1, 'red'],
];

/** Returns the dashboard for operators of the exporter. */
export function exporterDashboard(settings: AlertSettings) {
  const limit = (name: `Vcc${string}`, key: string) => thresholdOf(settings, name, key);
  const objective = limit('VccErrorBudgetBurn', 'objective');
  const budget = Number((1 - objective).toPrecision(6));
  const stale = limit('VccDataStale', 'older_than');
  const slow = limit('VccSnapshotSlow', 'share');
  const failed = (window: string) => failedShare(select('vcc_up'), window, 'account');
  return toDashboard(settings, {
    uid: 'vcc-exporter',
    title: 'Contact centre / Exporter',
    description:
      'Health of the exporter: success, duration and age of the scrapes, and delivery of the pushes.',
    tag: 'exporter',
    sections: [
      {
        title: 'Now',
        panels: [
          stat({
            title: 'Accounts that fail',
            description: 'Accounts whose last scrape failed. The panel Failures by reason shows why.',
            width: 4,
            height: 4,
            noValue: 'no exporter',
            background: true,
            steps: redFromOne,
            queries: [{ expr: `sum(1 - ${once('vcc_up')})` }],
          }),
          stat({
            title: 'Data age',
            description:
              'The age of the last good snapshot, for the account with the oldest one. Red from the threshold of VccDataStale.',
            width: 4,
            height: 4,
            unit: 'dthms',
            background: true,
            steps: [
              [null, 'green'],
              [stale / 2, 'orange'],
              [stale, 'red'],
            ],
            queries: [{ expr: `max(${dataAge(settings)})` }],
          }),
          stat({
            title: 'Slowest scrape',
            description:
              'Scrape duration as a percentage of the deadline, for the slowest account. Red from the threshold of VccSnapshotSlow. At 100 % the scrape fails.',
            width: 4,
            height: 4,
            unit: 'percentunit',
            decimals: 0,
            background: true,
            steps: [
              [null, 'green'],
              [slow / 2, 'orange'],
              [slow, 'red'],
            ],
            queries: [
              {
                expr: `max(${once('vcc_scrape_duration_seconds')} / ${once('vcc_scrape_deadline_seconds')})`,
              },
            ],
          }),
          stat({
            title: 'Availability, 30 days',
            description: `The share of successful scrapes in the last 30 days, for the worst account. The objective is ${percent(objective)}. It ignores the time range of the dashboard. If Prometheus keeps less than 30 days, it covers what Prometheus keeps. Time in which no exporter ran is not counted.`,
            width: 4,
            height: 4,
            unit: 'percentunit',
            decimals: 2,
            background: true,
            steps: [
              [null, 'red'],
              [objective, 'green'],
            ],
            queries: [{ expr: `1 - max(${failed('30d')})` }],
          }),
          stat({
            title: 'Error budget left',
            description:
              'The share of the 30-day error budget that the worst account has left. Below 0 the objective is missed.',
            width: 4,
            height: 4,
            unit: 'percentunit',
            decimals: 0,
            background: true,
            steps: [
              [null, 'red'],
              [0, 'orange'],
              [0.25, 'green'],
            ],
            queries: [{ expr: `1 - max(${failed('30d')}) / ${budget}` }],
          }),
          stat({
            title: 'Silent accounts',
            description:
              'Configured accounts (vcc_exporter_accounts) that send no samples. Ignores the variable Account. Red from one account. To find the account, compare your configuration with the table Accounts.',
            width: 4,
            height: 4,
            noValue: 'no exporter',
            background: true,
            steps: redFromOne,
            queries: [{ expr: `sum(clamp_min(${silentAccounts}, 0))` }],
          }),
        ],
      },
      {
        title: 'Scrape success',
        panels: [
          states({
            title: 'Scrapes',
            description:
              'Whether each scrape of an account succeeded. A gap is a time without an answer from the exporter.',
            width: 12,
            height: 7,
            noValue: 'no exporter',
            meanings: { 0: { text: 'failed', colour: 'red' }, 1: { text: 'read', colour: 'green' } },
            queries: [{ expr: once('vcc_up'), legend: '{{account}}' }],
          }),
          lines({
            title: 'Failures by reason',
            description:
              'Accounts whose scrape failed, by reason. docs/reference/errors.md explains each reason and what to do.',
            width: 12,
            height: 7,
            noValue: 'no exporter',
            stacked: true,
            legend: 'table',
            queries: [
              {
                expr: `${total('vcc_scrape_error', '', 'reason')} > 0 or ${total('vcc_scrape_error', 'reason="network"', 'reason')}`,
                legend: '{{reason}}',
              },
            ],
          }),
          lines({
            title: 'Data age, by account',
            description:
              'The age of the last good snapshot. The dashed line is the threshold of VccDataStale.',
            width: 12,
            height: 7,
            unit: minutes,
            steps: [
              [null, 'transparent'],
              [stale, 'red'],
            ],
            queries: [
              {
                expr: dataAge(settings),
                legend: '{{account}}',
              },
            ],
          }),
          lines({
            title: 'Error budget burn',
            description: `Burn rate over 1 h: the failure rate divided by the rate that the objective of ${percent(objective)} allows. Above the dashed line for long enough, VccErrorBudgetBurn fires.`,
            width: 12,
            height: 7,
            decimals: 1,
            steps: [
              [null, 'transparent'],
              [14.4, 'red'],
            ],
            queries: [{ expr: `(${failed('1h')}) / ${budget}`, legend: '{{account}}' }],
          }),
        ],
      },
      {
        title: 'Scrape details',
        panels: [
          lines({
            title: 'Scrape duration',
            description:
              'The scrape duration of each account. The red line is the shortest deadline: longer scrapes fail.',
            width: 8,
            height: 7,
            unit: 's',
            colours: { deadline: 'red' },
            queries: [
              { expr: once('vcc_scrape_duration_seconds'), legend: '{{account}}' },
              { expr: `min(${once('vcc_scrape_deadline_seconds')})`, legend: 'deadline' },
            ],
          }),
          lines({
            title: 'Requests for each scrape',
            description:
              'HTTP requests to Vonage for one snapshot, and the number of retries among them. Each request counts against the fair-use budget of the account.',
            width: 8,
            height: 7,
            queries: [
              { expr: once('vcc_scrape_api_requests'), legend: '{{account}}' },
              { expr: once('vcc_scrape_api_retries'), legend: '{{account}}, retries' },
            ],
          }),
          lines({
            title: 'Throttled and retried',
            description:
              '"retried": the share of requests that were retries. "throttled": the share of scrapes that failed with the reason "throttled" (429), for the worst account.',
            width: 8,
            height: 7,
            unit: 'percentunit',
            queries: [
              {
                expr: `${total('vcc_scrape_api_retries')} / (${total('vcc_scrape_api_requests')} > 0)`,
                legend: 'retried',
              },
              {
                expr: `max(avg_over_time(${select('vcc_scrape_error', 'reason="throttled"')}[$__rate_interval]))`,
                legend: 'throttled',
              },
            ],
          }),
          lines({
            title: 'Clock skew',
            description:
              'The clock of the API minus the clock of the exporter. The data age is wrong by this amount. Outside the dashed lines, VccClockSkew fires.',
            width: 8,
            height: 7,
            unit: 's',
            signed: true,
            steps: [
              [null, 'red'],
              [-limit('VccClockSkew', 'more_than'), 'transparent'],
              [limit('VccClockSkew', 'more_than'), 'red'],
            ],
            queries: [{ expr: once('vcc_api_clock_skew_seconds'), legend: '{{account}}' }],
          }),
          lines({
            title: 'Series',
            description:
              'Series that the exporter returns. "dropped": series of single agents beyond VCC_AGENT_LIMIT (VccSeriesDropped).',
            width: 8,
            height: 7,
            colours: { dropped: 'red' },
            queries: [
              {
                expr: 'count by (account) ({__name__=~"vcc_.+", account!="", job=~"$job", account=~"$account"})',
                legend: '{{account}}',
              },
              { expr: total('vcc_series_dropped'), legend: 'dropped' },
            ],
          }),
          lines({
            title: 'Unknown, missing and invalid values',
            description:
              '"unknown": values that the API reference does not name. "missing": values that are absent or null. "invalid": values of a wrong type. "repeated agents": further records of an agent whom a page returned more than once. "folded": descriptions and teams beyond VCC_MAX_DESCRIPTIONS and VCC_MAX_TEAMS, summed as "other".',
            width: 8,
            height: 7,
            queries: [
              { expr: `${total('vcc_unknown_values', '', 'field')} > 0`, legend: 'unknown {{field}}' },
              { expr: `${total('vcc_absent_values', '', 'field')} > 0`, legend: 'missing {{field}}' },
              { expr: `${total('vcc_invalid_values', '', 'field')} > 0`, legend: 'invalid {{field}}' },
              { expr: total('vcc_duplicate_agents'), legend: 'repeated agents' },
              { expr: total('vcc_descriptions_folded'), legend: 'descriptions folded' },
              { expr: total('vcc_teams_folded'), legend: 'teams folded' },
            ],
          }),
        ],
      },
      {
        title: 'Pushing',
        panels: [
          states({
            title: 'Delivery',
            description:
              'Whether each push was fully delivered (with a queue: to the queue). Only if the exporter pushes.',
            width: 8,
            height: 6,
            noValue: noPush,
            meanings: { 0: { text: 'failed', colour: 'red' }, 1: { text: 'arrived', colour: 'green' } },
            queries: [{ expr: once('vcc_push_success'), legend: '{{account}} → {{destination}}' }],
          }),
          lines({
            title: 'Samples in each push',
            description: 'Samples delivered by each push.',
            width: 8,
            height: 6,
            noValue: noPush,
            queries: [{ expr: once('vcc_push_samples'), legend: '{{account}} → {{destination}}' }],
          }),
          lines({
            title: 'Waiting, and time to push',
            description:
              '"waiting": the age of the oldest sample in the queue on disk. The other lines: the duration of each push. With SQS, see its metric ApproximateAgeOfOldestMessage.',
            width: 8,
            height: 6,
            unit: minutes,
            noValue: noPush,
            queries: [
              {
                expr: `time() - ${once('vcc_push_queue_oldest_timestamp_seconds')}`,
                legend: '{{account}} → {{destination}}, waiting',
              },
              { expr: once('vcc_push_duration_seconds'), legend: '{{account}} → {{destination}}' },
            ],
          }),
        ],
      },
      {
        title: 'Accounts, rosters, versions',
        panels: [
          table({
            title: 'Accounts',
            description:
              'Each account: whether its last scrape succeeded, its agents and pages, and whether the scrape used a kept snapshot (VCC_CACHE_TTL).',
            width: 10,
            height: 7,
            sortBy: 'Agents',
            columns: [
              { title: 'Account', from: { label: 'account' } },
              {
                title: 'Read',
                width: 75,
                from: { expr: once('vcc_up') },
                meanings: { 0: { text: 'no', colour: 'red' }, 1: { text: 'yes', colour: 'green' } },
              },
              { title: 'Agents', from: { expr: once('vcc_snapshot_agents') }, width: 100 },
              { title: 'Pages', from: { expr: once('vcc_scrape_pages') }, width: 70 },
              {
                title: 'From memory',
                from: { expr: once('vcc_scrape_cached') },
                meanings: { 0: { text: 'no' }, 1: { text: 'yes' } },
                width: 120,
              },
            ],
          }),
          table({
            title: 'Rosters',
            description:
              'Each roster: whether the last read succeeded, its agents and its age. "Missing": agents who are not in the roster and not logged out. "In several groups": agents in several groups of the User Admin API. Only with VCC_ROSTER.',
            width: 14,
            height: 7,
            noValue: noRoster,
            sortBy: 'Agents',
            columns: [
              { title: 'Account', from: { label: 'account' } },
              {
                title: 'Read',
                width: 75,
                from: { expr: once('vcc_roster_up') },
                meanings: { 0: { text: 'no', colour: 'red' }, 1: { text: 'yes', colour: 'green' } },
              },
              { title: 'Agents', from: { expr: once('vcc_roster_agents') }, width: 100 },
              {
                title: 'Age',
                from: { expr: `time() - ${once('vcc_roster_timestamp_seconds')}` },
                unit: 'dthms',
                width: 100,
              },
              { title: 'Missing', from: { expr: once('vcc_roster_missing_agents') }, width: 85 },
              { title: 'In several groups', from: { expr: once('vcc_roster_ambiguous_agents') }, width: 140 },
            ],
          }),
          table({
            title: 'Versions',
            description:
              'The versions that run. Several rows mean a deployment in progress, or several exporters.',
            width: 24,
            height: 5,
            noValue: 'no exporter',
            sortBy: 'Version',
            columns: [
              { title: 'Version', from: { label: 'version' } },
              { title: 'Commit', from: { label: 'revision' }, width: 150 },
              { title: 'Node.js', from: { label: 'nodejs' }, width: 100 },
              {
                title: 'Exporters',
                width: 100,
                from: { expr: 'count by ($by) (vcc_exporter_build_info{job=~"$job"})' },
              },
            ],
          }),
        ],
      },
      { title: 'Queue data', panels: queueReads },
    ],
    range: 'now-6h',
  });
}

/** Configured accounts of each job without samples. Ignores the variable Account. */
const silentAccounts =
  'max by (job) (vcc_exporter_accounts{job=~"$job"}) - count by (job) (count by (job, account) (vcc_up{job=~"$job"}))';
