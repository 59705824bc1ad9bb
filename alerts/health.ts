import { type Ask, alert, type Bound, type Thresholds } from './alert.ts';
import { failedShare } from './promql.ts';

const dashboard = 'vcc-exporter';
const audience = 'sre';

/** Reasons that last until somebody corrects something. */
const rejected = 'reason=~"secret|credentials_rejected|unauthorized|forbidden"';

/** What the two alerts on the error budget share. */
const budget = {
  kinds: { objective: 'share', failed_at_least: 'number' },
  // 14.4 times the budget must be less than 100 % of the scrapes.
  objection: ({ objective }: { objective: number }) =>
    objective <= 0.94 ? { key: 'objective', expected: 'more than 0.94' } : undefined,
} as const;
type Budget = Thresholds<typeof budget.kinds>;

/** Alerts about the exporter, for SREs. */
export const healthAlerts = [
  alert({
    name: 'VccExporterDown',
    about: 'Prometheus cannot scrape the exporter: it gets no answer, or an error.',
    audience,
    severity: 'critical',
    scope: 'exporter',
    dashboard,
    kinds: {},
    summary: 'vcc-exporter at {{ $labels.instance }} cannot be scraped',
    description:
      'For at least $for, Prometheus has had no metrics from {{ $labels.instance }} (job {{ $labels.job }}). Dashboards and alerts of its accounts have no data. Check that the exporter runs, and that the scrape credentials are right.',
    expr: (_, __, { job }) => `up{job=~"${job}"} == 0`,
  }),
  alert({
    name: 'VccExporterAbsent',
    about:
      'No exporter sends samples, and no target is down. The exporter is in no scrape configuration, or push has stopped.',
    audience,
    severity: 'critical',
    scope: 'exporter',
    dashboard,
    kinds: {},
    summary: 'No vcc-exporter sends samples',
    description:
      'No exporter has sent samples for about $for+recent. Check that the exporter is in the scrape configuration, or that push runs.',
    // A target that is down is VccExporterDown.
    expr: (_, { latest }, { job }) => `absent(${latest('vcc_up')})\nunless on () (up{job=~"${job}"} == 0)`,
  }),
  alert({
    name: 'VccAccountMissing',
    about:
      'An exporter sends samples of fewer accounts than are configured. For some accounts, push or scrapes of /probe have stopped. Deployments with different lists of accounts need different `job` labels.',
    audience,
    severity: 'critical',
    scope: 'exporter',
    dashboard,
    kinds: {},
    summary: 'Configured accounts of job {{ or $labels.job "(none)" }} without samples: {{ $value }}',
    description:
      'Some configured accounts of job {{ or $labels.job "(none)" }} have sent no samples for about $for+recent. Compare your list of accounts with vcc_up. Check the invocations or targets of the missing accounts.',
    // An account that was removed from the configuration is not missing.
    expr: (_, { latest }) =>
      [
        `max by (job) (${latest('vcc_exporter_accounts')})`,
        `  - count by (job) (count by (job, account) (${latest('vcc_up')})) > 0`,
      ].join('\n'),
  }),
  alert({
    name: 'VccSnapshotFailing',
    about: 'Every scrape of an account fails, for a reason other than its credentials.',
    audience,
    severity: 'critical',
    scope: 'account',
    dashboard,
    kinds: {},
    summary: 'Account {{ $labels.account }} cannot be read',
    description:
      "Every scrape of {{ $labels.account }} has failed for at least $for, so its dashboards and alerts have no data. vcc_scrape_error has the reason. Check Vonage's status page, then run vcc-exporter check.",
    // Rejected credentials are VccAuthFailing.
    expr: (_, { latest }) =>
      `${latest('vcc_up')} == 0\nunless ignoring (reason) ${latest('vcc_scrape_error', rejected)} == 1`,
  }),
  alert({
    name: 'VccDataStale',
    about:
      'Scrapes of an account succeed, but its newest snapshot is older than `older_than`. It is served from memory, Vonage returns old data, or a clock is wrong.',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    kinds: { older_than: 'duration' },
    summary: 'Data of account {{ $labels.account }} is {{ $value | humanizeDuration }} old',
    description:
      'The newest snapshot of {{ $labels.account }} was taken {{ $value | humanizeDuration }} ago, although scrapes succeed. Check VCC_CACHE_TTL, the clocks, and with vcc-exporter check the age of the data at Vonage.',
    // Use the newest snapshot of all instances: a deployment may leave series of old instances or
    // pods. Other alerts fire for an account that cannot be read, or is missing.
    expr: ({ older_than }, { latest }) =>
      [
        `time() - max by (job, account) (${latest('vcc_snapshot_timestamp_seconds')}) > ${older_than.seconds}`,
        `and on (job, account) max by (job, account) (${latest('vcc_up')}) == 1`,
      ].join('\n'),
  }),
  alert({
    name: 'VccAuthFailing',
    about:
      'Vonage rejects the credentials of an account, or the exporter cannot read the secret with the credentials.',
    audience,
    severity: 'critical',
    scope: 'account',
    dashboard,
    kinds: {},
    summary: 'Credentials of account {{ $labels.account }} do not work ({{ $labels.reason }})',
    description:
      'Scrapes of {{ $labels.account }} have failed for at least $for with the reason {{ $labels.reason }}. They fail until somebody corrects this. Replace the credentials, or restore access to the secret.',
    expr: (_, { latest }) => `${latest('vcc_scrape_error', rejected)} == 1`,
  }),
  alert({
    name: 'VccThrottled',
    about: 'Vonage repeatedly answers 429: the integrations of an account have used up its fair-use budget.',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    kinds: { within: 'duration' },
    summary: 'Account {{ $labels.account }} is throttled by Vonage',
    description:
      'For at least $for, the API has repeatedly answered 429 for {{ $labels.account }}. All integrations of the account share one fair-use budget. Scrape less often, or find the integration that uses it up.',
    // Throttling may start and end between two scrapes.
    expr: ({ within }, { select }) =>
      `max_over_time(${select('vcc_scrape_error', 'reason="throttled"')}[${within.text}]) == 1`,
  }),
  alert({
    name: 'VccSnapshotSlow',
    about:
      'Scrapes of an account repeatedly take more than `share` of their deadline. Scrapes that exceed it fail.',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    kinds: { share: 'share', within: 'duration' },
    summary: 'Reading account {{ $labels.account }} takes {{ $value | humanizePercentage }} of its deadline',
    description:
      'For at least $for, scrapes of {{ $labels.account }} have repeatedly taken up to {{ $value | humanizePercentage }} of their deadline. Scrapes that exceed it fail. Raise the timeouts, or give the function more memory.',
    // Use the longest scrape, not the average: scrapes that VCC_CACHE_TTL serves from memory take
    // no time.
    expr: ({ share, within }, { select }) =>
      [
        `max_over_time(${select('vcc_scrape_duration_seconds')}[${within.text}])`,
        `  / max_over_time(${select('vcc_scrape_deadline_seconds')}[${within.text}]) > ${share}`,
      ].join('\n'),
  }),
  alert({
    name: 'VccUnknownValues',
    about:
      "Vonage's API returned words that its reference does not name. The exporter counts them under their own name.",
    audience,
    severity: 'info',
    scope: 'account',
    dashboard,
    kinds: { within: 'duration' },
    summary: 'Account {{ $labels.account }} has unknown values of {{ $labels.field }}',
    description:
      'Up to {{ $value }} values of {{ $labels.field }} in a snapshot of {{ $labels.account }} are not in the API reference. Panels that add up known states leave them out. If the words are right, add them to VCC_KNOWN_VALUES.',
    expr: ({ within }, { select }) => `max_over_time(${select('vcc_unknown_values')}[${within.text}]) > 0`,
  }),
  alert({
    name: 'VccFlawedAgents',
    about:
      "Vonage's API returned some agents with missing or invalid values. The exporter counts these agents by their valid values.",
    audience,
    severity: 'info',
    scope: 'account',
    dashboard,
    kinds: { within: 'duration' },
    summary: 'Account {{ $labels.account }} has agents with missing or invalid values',
    description:
      'Up to {{ $value }} agents in a snapshot of {{ $labels.account }} have missing or invalid values. The log event "values missing or invalid" names the fields. So do vcc_absent_values and vcc_invalid_values.',
    expr: ({ within }, { select }) => `max_over_time(${select('vcc_flawed_agents')}[${within.text}]) > 0`,
  }),
  alert({
    name: 'VccSeriesDropped',
    about: '`VCC_AGENT_LIMIT` leaves out series of single agents, so tables of agents are incomplete.',
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
    about:
      'Every push of an account to a destination fails. With SQS, a push fails if its batches cannot be queued.',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    kinds: {},
    summary: 'Pushing {{ $labels.account }} to {{ $labels.destination }} fails',
    description:
      'Every push of {{ $labels.account }} to {{ $labels.destination }} has failed for at least $for. The log has the reason: search for "push". Check the address and the credentials of the destination.',
    expr: (_, { latest }) => `${latest('vcc_push_success')} == 0`,
  }),
  alert({
    name: 'VccErrorBudgetBurn',
    about:
      'Scrapes fail so often that the error budget of 30 days is spent in about 2 days (burn rate 14.4) or 5 days (burn rate 6).',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    ...budget,
    summary: 'Account {{ $labels.account }} burns its error budget fast',
    description:
      '{{ $value | humanizePercentage }} of the scrapes of {{ $labels.account }} failed over the last hour (burn rate above 14.4) or, if the burn is slower, over the last 6 hours (above 6). The dashboard Exporter shows when and why.',
    expr: (thresholds, { select }) =>
      `${burns(select, thresholds, 14.4, '1h', '5m')}\nor ${burns(select, thresholds, 6, '6h', '30m')}`,
  }),
  alert({
    name: 'VccErrorBudgetBurnSlow',
    about:
      'Scrapes fail so often that the error budget of 30 days is spent in 10 days (burn rate 3) or 30 days (burn rate 1).',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    ...budget,
    summary: 'Account {{ $labels.account }} burns its error budget',
    description:
      '{{ $value | humanizePercentage }} of the scrapes of {{ $labels.account }} failed over the last day (burn rate above 3) or, if the burn is slower, over the last 3 days (above 1). The dashboard Exporter shows when and why.',
    expr: (thresholds, { select }) =>
      `${burns(select, thresholds, 3, '1d', '2h')}\nor ${burns(select, thresholds, 1, '3d', '6h')}`,
  }),
  alert({
    name: 'VccClockSkew',
    about:
      "The clocks of Vonage and of the exporter differ by more than `more_than`. The age of the data is wrong too if Prometheus runs on the exporter's machine, or if Vonage's clock is wrong.",
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    kinds: { more_than: 'duration', within: 'duration' },
    summary: 'Clocks differ by {{ $value | humanizeDuration }} (account {{ $labels.account }})',
    description:
      "The clocks of the API and of the exporter differ by {{ $value | humanizeDuration }}. If Prometheus runs on the exporter's machine, or if Vonage's clock is wrong, the age of the data is wrong by the same amount. Synchronise the clock of the exporter's machine.",
    expr: ({ more_than, within }, { select }) =>
      `abs(avg_over_time(${select('vcc_api_clock_skew_seconds')}[${within.text}])) > ${more_than.seconds}`,
  }),
  alert({
    name: 'VccRosterFailing',
    about: 'The exporter cannot read the roster. It counts teams by the last roster that it read.',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    kinds: {},
    summary: 'The roster of account {{ $labels.account }} cannot be read',
    description:
      'Reading the roster of {{ $labels.account }} has failed for at least $for. Metrics by team use the last roster that was read. Check the file or object, or the scope users:read of the credentials.',
    expr: (_, { latest }) => `${latest('vcc_roster_up')} == 0`,
  }),
  alert({
    name: 'VccQueueDataStale',
    about:
      'The agents of an account are read, but one source of queue data is not: its reads fail, its data is older than `older_than`, or its series are gone. Sources without samples in the last `seen_within` do not count. So the alert is silent where `VCC_QUEUES` is off.',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard: 'vcc-queues',
    kinds: { older_than: 'duration', seen_within: 'duration' },
    summary: 'Queue data of account {{ $labels.account }} is old or missing: {{ $labels.source }}',
    description:
      'For at least $for, {{ $labels.account }} has had no current queue data from the source {{ $labels.source }}. Numbers of agents are not affected. vcc_queue_error has the reason if a read failed. Check it, or run vcc-exporter check.',
    // After a 429, queues pause for up to 15 minutes, so `for` is longer. Skills are read once an
    // hour, so they may be older. Use the best of all instances, because a deployment may leave
    // series of old instances or pods.
    expr({ older_than, seen_within }, { select, latest }, { recent }) {
      const best = (series: string) => `max by (job, account, source) (${series})`;
      const takenAt = latest('vcc_queue_snapshot_timestamp_seconds', 'source!="skills"');
      return [
        best(`last_over_time(${select('vcc_queue_up')}[${seen_within.text}])`),
        `unless (${best(latest('vcc_queue_up'))} == 1`,
        `  unless time() - ${best(takenAt)} > ${older_than.seconds})`,
        `and on (job, account) max by (job, account) (max_over_time(${select('vcc_up')}[${recent}])) == 1`,
      ].join('\n');
    },
  }),
  alert({
    name: 'VccBoundMissing',
    about:
      '`VCC_AGE_BOUNDS` or `VCC_QUEUE_BOUNDS` of an account lacks a bound that an alert needs, so the alert cannot fire.',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    kinds: {},
    summary:
      '{{ $labels.setting }} of account {{ $labels.account }} lacks the bound {{ $value | humanizeDuration }}',
    description:
      'An alert needs the bound {{ $value | humanizeDuration }}. {{ $labels.setting }} of the exporter for {{ $labels.account }} does not have it, so the alert cannot fire. Add the bound there in seconds, or use another one in the thresholds.',
    // The value is the bound, so that the texts can name it.
    expr: (_, __, { bounds }) => bounds.map(isMissing).join('\nor '),
  }),
];

/**
 * Returns the condition that an exporter has no counts for a bound. All metrics with bounds of one
 * kind have the same bounds, so one metric is enough.
 */
function isMissing({ kind, seconds, ask: { latest } }: Bound): string {
  const [setting, all, counted] =
    kind === 'bound'
      ? [
          'VCC_AGE_BOUNDS',
          latest('vcc_agents_available'),
          latest('vcc_agents_available_longer_than', `seconds="${seconds}"`),
        ]
      : [
          'VCC_QUEUE_BOUNDS',
          `count without (queue, seconds) (${latest('vcc_queue_waiting_longer_than')})`,
          `count without (queue) (${latest('vcc_queue_waiting_longer_than', `seconds="${seconds}"`)})`,
        ];
  const missing = `${seconds} + 0 * (${all} unless ignoring (seconds) ${counted})`;
  // Every account matches, so this adds the label to all.
  return `label_replace(${missing}, "setting", "${setting}", "account", ".*")`;
}

/**
 * Returns the condition that scrapes fail more than `factor` times as often as the objective
 * allows, over a long and a short window. It adds up all instances: a new instance alone would be
 * judged by its first scrape.
 */
function burns(
  select: Ask['select'],
  { objective, failed_at_least }: Budget,
  factor: number,
  long: string,
  short: string,
): string {
  const up = select('vcc_up');
  // In floating point, 1 - 0.995 is not 0.005.
  const allowed = Number(((1 - objective) * factor).toPrecision(6));
  return [
    `(${failedShare(up, long, 'job, account')} > ${allowed}`,
    `and ${failedShare(up, short, 'job, account')} > ${allowed}`,
    `and sum by (job, account) (count_over_time(${up}[${long}]) - sum_over_time(${up}[${long}])) >= ${failed_at_least})`,
  ].join('\n  ');
}
