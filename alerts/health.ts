import { type Ask, alert, type Thresholds } from './alert.ts';
import { failedShare } from './promql.ts';

const dashboard = 'vcc-exporter';
const audience = 'sre';

/** Reasons that do not pass by themselves. */
const rejected = 'reason=~"secret|credentials_rejected|unauthorized|forbidden"';

/** What both alerts on the error budget have. */
const budget = {
  kinds: { objective: 'share', failed_at_least: 'number' },
  // 14.4 times the budget must be less than all scrapes.
  objection: ({ objective }: { objective: number }) =>
    objective <= 0.94 ? { key: 'objective', expected: 'more than 0.94' } : undefined,
} as const;
type Budget = Thresholds<typeof budget.kinds>;

/** Whether the exporter works: for those who run it. */
export const healthAlerts = [
  alert({
    name: 'VccExporterDown',
    about: 'Prometheus cannot scrape the exporter: no answer, or a refusal.',
    audience,
    severity: 'critical',
    scope: 'exporter',
    dashboard,
    kinds: {},
    summary: 'vcc-exporter at {{ $labels.instance }} cannot be scraped',
    description:
      'Prometheus has got no metrics from {{ $labels.instance }} (job {{ $labels.job }}) for at least $for, so nothing is known of its accounts. Check that the exporter runs, and that the scrape credentials are right.',
    expr: (_, __, { job }) => `up{job=~"${job}"} == 0`,
  }),
  alert({
    name: 'VccExporterAbsent',
    about:
      'No account of any exporter sends samples, and no target is down: it is in no scrape configuration, or pushing stopped.',
    audience,
    severity: 'critical',
    scope: 'exporter',
    dashboard,
    kinds: {},
    summary: 'No vcc-exporter sends samples',
    description:
      'vcc_up has had no series for at least $for. Check that the exporter is in the scrape configuration, or that the function that pushes is invoked.',
    // A target that is down is VccExporterDown.
    expr: (_, { latest }, { job }) => `absent(${latest('vcc_up')})\nunless on () (up{job=~"${job}"} == 0)`,
  }),
  alert({
    name: 'VccAccountMissing',
    about:
      'An exporter sends samples of fewer accounts than it is configured with: pushes or probes of some accounts stopped.',
    audience,
    severity: 'critical',
    scope: 'exporter',
    dashboard,
    kinds: {},
    summary: 'Accounts of job {{ or $labels.job "(none)" }} that send no samples: {{ $value }}',
    description:
      'The exporters of job {{ or $labels.job "(none)" }} have accounts in their configuration that have sent no samples for at least $for. Number of such accounts: {{ $value }}. Compare the list of accounts with vcc_up, and check the invocations or targets of those that are missing.',
    // An account that was taken out of the configuration is not missing.
    expr: (_, { latest }) =>
      [
        `max by (job) (${latest('vcc_exporter_accounts')})`,
        `  - count by (job) (count by (job, account) (${latest('vcc_up')})) > 0`,
      ].join('\n'),
  }),
  alert({
    name: 'VccSnapshotFailing',
    about: 'An account cannot be read: every scrape of it fails, for a reason other than its credentials.',
    audience,
    severity: 'critical',
    scope: 'account',
    dashboard,
    kinds: {},
    summary: 'Account {{ $labels.account }} cannot be read',
    description:
      'Every scrape of {{ $labels.account }} has failed for at least $for, so its dashboards and alerts show nothing. vcc_scrape_error has the reason. Check Vonage’s status page, then run vcc-exporter check.',
    // Rejected credentials are VccAuthFailing.
    expr: (_, { latest }) =>
      `${latest('vcc_up')} == 0\nunless ignoring (reason) ${latest('vcc_scrape_error', rejected)} == 1`,
  }),
  alert({
    name: 'VccDataStale',
    about:
      'Scrapes of an account succeed, but its newest snapshot is older than this: it is served from memory, or one of the clocks is wrong.',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    kinds: { older_than: 'duration' },
    summary: 'Data of account {{ $labels.account }} is {{ $value | humanizeDuration }} old',
    description:
      'The newest snapshot of {{ $labels.account }} was taken {{ $value | humanizeDuration }} ago, although scrapes succeed. Check VCC_CACHE_TTL and the clocks.',
    // Of all that read the account, the newest counts: each deployment may leave series behind,
    // with another instance or pod. An account that cannot be read, or that is gone, has alerts of
    // its own.
    expr: ({ older_than }, { latest }) =>
      [
        `time() - max by (job, account) (${latest('vcc_snapshot_timestamp_seconds')}) > ${older_than.seconds}`,
        `and on (job, account) max by (job, account) (${latest('vcc_up')}) == 1`,
      ].join('\n'),
  }),
  alert({
    name: 'VccAuthFailing',
    about: 'Vonage rejects the credentials of an account, or the secret that holds them cannot be read.',
    audience,
    severity: 'critical',
    scope: 'account',
    dashboard,
    kinds: {},
    summary: 'Credentials of account {{ $labels.account }} do not work ({{ $labels.reason }})',
    description:
      'Scrapes of {{ $labels.account }} have failed for at least $for with the reason {{ $labels.reason }}, and will not succeed by themselves. Replace the credentials, or restore access to the secret.',
    expr: (_, { latest }) => `${latest('vcc_scrape_error', rejected)} == 1`,
  }),
  alert({
    name: 'VccThrottled',
    about: 'Vonage answers 429 again and again: the fair-use budget of an account is spent.',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    kinds: { within: 'duration' },
    summary: 'Account {{ $labels.account }} is throttled by Vonage',
    description:
      'The API has answered 429 for {{ $labels.account }} again and again, for at least $for. All integrations of the account share the budget. Scrape less often, or find the one that uses it up.',
    // Throttling comes and goes between scrapes.
    expr: ({ within }, { select }) =>
      `max_over_time(${select('vcc_scrape_error', 'reason="throttled"')}[${within.text}]) == 1`,
  }),
  alert({
    name: 'VccSnapshotSlow',
    about:
      'Again and again reading an account takes more than this share of the time it has; soon scrapes will fail.',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    kinds: { share: 'share', within: 'duration' },
    summary: 'Reading account {{ $labels.account }} takes {{ $value | humanizePercentage }} of its deadline',
    description:
      'Again and again for at least $for, a scrape of {{ $labels.account }} took {{ $value | humanizePercentage }} of the time it has. Beyond it scrapes fail. Raise the timeouts, or give the function more memory.',
    // The longest, not the average: scrapes that VCC_CACHE_TTL serves from memory take no time.
    expr: ({ share, within }, { select }) =>
      [
        `max_over_time(${select('vcc_scrape_duration_seconds')}[${within.text}])`,
        `  / max_over_time(${select('vcc_scrape_deadline_seconds')}[${within.text}]) > ${share}`,
      ].join('\n'),
  }),
  alert({
    name: 'VccUnknownValues',
    about:
      'Vonage’s answers hold words that its reference does not name; they are counted under their own name.',
    audience,
    severity: 'info',
    scope: 'account',
    dashboard,
    kinds: { within: 'duration' },
    summary: 'Account {{ $labels.account }} has unknown values of {{ $labels.field }}',
    description:
      'Up to {{ $value }} values of {{ $labels.field }} in a snapshot of {{ $labels.account }} are not in the API reference. Panels that add up known states leave them out. Add the words to VCC_KNOWN_VALUES if they are right.',
    expr: ({ within }, { select }) => `max_over_time(${select('vcc_unknown_values')}[${within.text}]) > 0`,
  }),
  alert({
    name: 'VccFlawedAgents',
    about:
      'Answers about some agents lack values, or have others than the API reference says; these agents are counted by what is known.',
    audience,
    severity: 'info',
    scope: 'account',
    dashboard,
    kinds: { within: 'duration' },
    summary: 'Account {{ $labels.account }} has agents with missing or invalid values',
    description:
      'Up to {{ $value }} agents in a snapshot of {{ $labels.account }} have values that are missing or invalid. The log names the fields (values missing or invalid), and so do vcc_absent_values and vcc_invalid_values.',
    expr: ({ within }, { select }) => `max_over_time(${select('vcc_flawed_agents')}[${within.text}]) > 0`,
  }),
  alert({
    name: 'VccSeriesDropped',
    about: 'Series of single agents are left out for VCC_AGENT_LIMIT: tables of agents are not complete.',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    kinds: {},
    summary: '{{ $value }} series of account {{ $labels.account }} are left out',
    description:
      'VCC_AGENT_LIMIT leaves out {{ $value }} series of single agents of {{ $labels.account }}. Counts by presence and team are complete. Raise the limit, or choose agents with VCC_AGENT_INCLUDE.',
    expr: (_, { latest }) => `${latest('vcc_series_dropped')} > 0`,
  }),
  alert({
    name: 'VccPushFailing',
    about: 'Pushes to a destination fail. What can be kept is kept (docs/run/push.md).',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    kinds: {},
    summary: 'Pushing {{ $labels.account }} to {{ $labels.destination }} fails',
    description:
      'Every push of {{ $labels.account }} to {{ $labels.destination }} has failed for at least $for. The log has the reason (push attempt failed, push held). Check the address and the credentials of the destination.',
    expr: (_, { latest }) => `${latest('vcc_push_success')} == 0`,
  }),
  alert({
    name: 'VccErrorBudgetBurn',
    about:
      'So many scrapes fail that the error budget of 30 days is gone in about two days (14.4 times), or five (6 times).',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    ...budget,
    summary: 'Account {{ $labels.account }} burns its error budget fast',
    description:
      '{{ $value | humanizePercentage }} of the scrapes of {{ $labels.account }} failed over the last 1 h or 6 h. The dashboard Exporter shows since when and why.',
    expr: (thresholds, { select }) =>
      `${burns(select, thresholds, 14.4, '1h', '5m')}\nor ${burns(select, thresholds, 6, '6h', '30m')}`,
  }),
  alert({
    name: 'VccErrorBudgetBurnSlow',
    about:
      'So many scrapes fail that the error budget of 30 days is gone in ten days (3 times), or just spent (1 time).',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    ...budget,
    summary: 'Account {{ $labels.account }} burns its error budget',
    description:
      '{{ $value | humanizePercentage }} of the scrapes of {{ $labels.account }} failed over the last 1 day or 3 days. The dashboard Exporter shows since when and why.',
    expr: (thresholds, { select }) =>
      `${burns(select, thresholds, 3, '1d', '2h')}\nor ${burns(select, thresholds, 1, '3d', '6h')}`,
  }),
  alert({
    name: 'VccClockSkew',
    about:
      'The clocks of Vonage and of the exporter differ by more than this: the age of the data is wrong by as much.',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    kinds: { more_than: 'duration', within: 'duration' },
    summary: 'Clocks differ by {{ $value | humanizeDuration }} (account {{ $labels.account }})',
    description:
      'The clock of the API and that of the exporter differ by {{ $value | humanizeDuration }}. The age of the data is wrong by as much. Synchronise the clock of the exporter’s machine.',
    expr: ({ more_than, within }, { select }) =>
      `abs(avg_over_time(${select('vcc_api_clock_skew_seconds')}[${within.text}])) > ${more_than.seconds}`,
  }),
  alert({
    name: 'VccRosterFailing',
    about: 'The roster cannot be read any more: teams are counted by an old one.',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    kinds: {},
    summary: 'The roster of account {{ $labels.account }} cannot be read',
    description:
      'Reading the roster of {{ $labels.account }} has failed for at least $for. Metrics by team follow the last one that was read. Check the file or object, or the scope users:read of the credentials.',
    expr: (_, { latest }) => `${latest('vcc_roster_up')} == 0`,
  }),
  alert({
    name: 'VccBoundMissing',
    about:
      'An alert needs a bound that VCC_AGE_BOUNDS of this account does not have, so the alert cannot fire.',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    kinds: {},
    summary: 'An alert of {{ $labels.account }} cannot fire: no bound of {{ $value | humanizeDuration }}',
    description:
      'alerts/thresholds.yml counts agents of {{ $labels.account }} by a bound of {{ $value | humanizeDuration }}, which VCC_AGE_BOUNDS of the exporter lacks. Add it there, or use another threshold.',
    // All metrics have the same bounds, so one tells. The value is the bound, so that the texts can
    // name it.
    expr: (_, __, { bounds }) =>
      bounds
        .map(({ seconds, ask: { latest } }) => {
          const counted = latest('vcc_agents_available_longer_than', `seconds="${seconds}"`);
          return `${seconds} + 0 * (${latest('vcc_agents_available')} unless ignoring (seconds) ${counted})`;
        })
        .join('\nor '),
  }),
];

/**
 * Failed scrapes over two windows, each as many times as the objective allows. Those of all
 * instances together: one that has just started would be judged by its first scrape.
 */
function burns(
  select: Ask['select'],
  { objective, failed_at_least }: Budget,
  factor: number,
  long: string,
  short: string,
): string {
  const up = select('vcc_up');
  // 1 - 0.995 is not 0.005.
  const allowed = Number(((1 - objective) * factor).toPrecision(6));
  return [
    `(${failedShare(up, long, 'job, account')} > ${allowed}`,
    `and ${failedShare(up, short, 'job, account')} > ${allowed}`,
    `and sum by (job, account) (count_over_time(${up}[${long}]) - sum_over_time(${up}[${long}])) >= ${failed_at_least})`,
  ].join('\n  ');
}
