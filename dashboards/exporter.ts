import { failedShare } from '../alerts/promql.ts';
import { type AlertSettings, thresholdOf } from '../alerts/settings.ts';
import { toDashboard } from './dashboard.ts';
import { lines, minutes, stat, states, table } from './panels.ts';
import { dataAge, once, select, total } from './promql.ts';

const noPush = 'Not pushing: set VCC_PUSH_URL (docs/run/push.md)';
const noRoster = 'No roster: set VCC_ROSTER (docs/use/teams.md)';

/** For who runs the exporter. */
export function exporterDashboard(settings: AlertSettings) {
  const limit = (name: `Vcc${string}`, key: string) => thresholdOf(settings, name, key);
  const objective = limit('VccErrorBudgetBurn', 'objective');
  const budget = Number((1 - objective).toPrecision(6));
  const stale = limit('VccDataStale', 'older_than');
  const slow = limit('VccSnapshotSlow', 'share');
  const failed = (window: string) => failedShare(select('vcc_up'), window, 'account');
  return toDashboard(settings, {
    uid: 'vcc-exporter',
    title: 'Contact center / Exporter',
    description:
      'Whether the numbers on the other dashboards can be trusted: is every account read, how fast, how fresh, and does it arrive.',
    tag: 'exporter',
    sections: [
      {
        title: 'Now',
        panels: [
          stat({
            title: 'Accounts that fail',
            description: 'Accounts of which the last scrape failed. Below are the reasons.',
            width: 4,
            height: 4,
            noValue: 'no exporter',
            background: true,
            steps: [
              [null, 'green'],
              [1, 'red'],
            ],
            queries: [{ expr: `sum(1 - ${once('vcc_up')})` }],
          }),
          stat({
            title: 'Data age',
            description:
              'How old the last good snapshot is, of the account with the oldest. Red from VccDataStale on.',
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
              'The longest share of its deadline that reading an account takes. Red from VccSnapshotSlow on; at 100 % scrapes fail.',
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
            description: `The share of scrapes that got a complete snapshot in the last 30 days, of the worst account. The objective is ${percent(objective)}. It looks back 30 days whatever the time range, or as far as Prometheus keeps data. Time in which no exporter ran is not counted.`,
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
              'The share of the error budget of 30 days that the worst account has left. Below 0 the objective is missed.',
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
              'Accounts in the configuration of the exporters (vcc_exporter_accounts), less those that send samples, for each chosen job; whatever account is chosen. Red where VccAccountMissing fires. Compare the list of accounts with the table below.',
            width: 4,
            height: 4,
            noValue: 'no exporter',
            background: true,
            steps: [
              [null, 'green'],
              [1, 'red'],
            ],
            queries: [{ expr: `sum(clamp_min(${silentAccounts}, 0))` }],
          }),
        ],
      },
      {
        title: 'Is every account read',
        panels: [
          states({
            title: 'Scrapes',
            description:
              'Whether each account was read. A gap is a time when the exporter itself was not there.',
            width: 12,
            height: 7,
            noValue: 'no exporter',
            meanings: { 0: { text: 'failed', colour: 'red' }, 1: { text: 'read', colour: 'green' } },
            queries: [{ expr: once('vcc_up'), legend: '{{account}}' }],
          }),
          lines({
            title: 'Failures by reason',
            description:
              'Accounts of which the scrape failed, by the reason. docs/reference/errors.md says what each means and what to do.',
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
            description: 'How old the last good snapshot is. The dashed line is VccDataStale.',
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
            description: `How many times faster than the objective of ${percent(objective)} allows scrapes fail, over an hour. The dashed line is where VccErrorBudgetBurn fires if it goes on.`,
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
        title: 'How it is read',
        panels: [
          lines({
            title: 'Scrape duration',
            description:
              'How long reading each account takes, against the least deadline. The dashed one is the deadline: beyond it scrapes fail.',
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
              'HTTP requests to Vonage for one snapshot, and those of them that repeated a failed one. Each counts against the fair-use budget of the account.',
            width: 8,
            height: 7,
            queries: [
              { expr: once('vcc_scrape_api_requests'), legend: '{{account}}' },
              { expr: once('vcc_scrape_api_retries'), legend: '{{account}}, repeated' },
            ],
          }),
          lines({
            title: 'Throttled and repeated',
            description:
              'The share of requests that repeated a failed one, and the share of scrapes that failed since the API answered 429.',
            width: 8,
            height: 7,
            unit: 'percentunit',
            queries: [
              {
                expr: `${total('vcc_scrape_api_retries')} / (${total('vcc_scrape_api_requests')} > 0)`,
                legend: 'repeated',
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
              'The clock of the API minus the exporter’s. Ages are wrong by as much; beyond the dashed lines VccClockSkew fires.',
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
              'Series that the exporter emits, and those of single agents that it left out for VCC_AGENT_LIMIT (VccSeriesDropped).',
            width: 8,
            height: 7,
            colours: { 'left out': 'red' },
            queries: [
              {
                expr: 'count by (account) ({__name__=~"vcc_.+", account!="", job=~"$job", account=~"$account"})',
                legend: '{{account}}',
              },
              { expr: total('vcc_series_dropped'), legend: 'left out' },
            ],
          }),
          lines({
            title: 'What the API left open',
            description:
              'Values that the API reference does not name (by field), values that are absent or of a wrong kind (by field), agents returned more than once, and pairs of presence and description or teams past their caps, which are added up under "other".',
            width: 8,
            height: 7,
            queries: [
              { expr: `${total('vcc_unknown_values', '', 'field')} > 0`, legend: 'unknown {{field}}' },
              { expr: `${total('vcc_absent_values', '', 'field')} > 0`, legend: 'without {{field}}' },
              { expr: `${total('vcc_invalid_values', '', 'field')} > 0`, legend: 'invalid {{field}}' },
              { expr: total('vcc_duplicate_agents'), legend: 'returned more than once' },
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
              'Whether each push arrived as a whole, or in the queue before the destination. Only where the exporter pushes.',
            width: 8,
            height: 6,
            noValue: noPush,
            meanings: { 0: { text: 'failed', colour: 'red' }, 1: { text: 'arrived', colour: 'green' } },
            queries: [{ expr: once('vcc_push_success'), legend: '{{account}} → {{destination}}' }],
          }),
          lines({
            title: 'Samples in each push',
            description: 'Samples that arrived with each push, and how long the push took.',
            width: 8,
            height: 6,
            noValue: noPush,
            queries: [{ expr: once('vcc_push_samples'), legend: '{{account}} → {{destination}}' }],
          }),
          lines({
            title: 'Waiting, and time to push',
            description:
              'Age of the oldest sample that waits in the queue on disk, and how long each push took. With SQS see ApproximateAgeOfOldestMessage.',
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
              'Each account: whether it is read, how many pages and agents it has, and whether the scrape was served from memory (VCC_CACHE_TTL).',
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
              'Each roster: whether it can be read, how old it is, and agents of whom it says nothing, or whom it has in several groups. Only with VCC_ROSTER.',
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
              { title: 'In several', from: { expr: once('vcc_roster_ambiguous_agents') }, width: 100 },
            ],
          }),
          table({
            title: 'Versions',
            description:
              'What runs. Several rows: a deployment is under way, or there are several exporters.',
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
    ],
    range: 'now-6h',
  });
}

/** Configured accounts of each job that have no sample. It looks at all, not at the chosen ones. */
const silentAccounts =
  'max by (job) (vcc_exporter_accounts{job=~"$job"}) - count by (job) (count by (job, account) (vcc_up{job=~"$job"}))';

const percent = (share: number) => `${Number((share * 100).toPrecision(6))} %`;
