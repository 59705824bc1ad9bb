import { alert, type Select, type Thresholds } from './alert.ts';
import { failedShare } from './promql.ts';

const dashboard = 'vcc-exporter';
const audience = 'sre';

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
      'Prometheus gets no metrics from {{ $labels.instance }} (job {{ $labels.job }}). Nothing is known of its contact centres.',
    expr: (_, __, { job }) => `up{job=~"${job}"} == 0`,
  }),
  alert({
    name: 'VccExporterAbsent',
    about: 'No account of any exporter sends samples: it is in no scrape configuration, or pushing stopped.',
    audience,
    severity: 'critical',
    scope: 'exporter',
    dashboard,
    kinds: {},
    summary: 'No vcc-exporter sends samples',
    description: 'vcc_up has no series at all. Where the exporter pushes, nothing arrives.',
    expr: () => 'absent(vcc_up)',
  }),
  alert({
    name: 'VccSnapshotFailing',
    about: 'An account cannot be read: every scrape of it fails.',
    audience,
    severity: 'critical',
    scope: 'account',
    dashboard,
    kinds: {},
    summary: 'Account {{ $labels.account }} cannot be read',
    description:
      'Every scrape of {{ $labels.account }} fails; vcc_scrape_error has the reason. Dashboards and alerts of this account show nothing.',
    expr: (_, select) => `${select('vcc_up')} == 0`,
  }),
  alert({
    name: 'VccDataStale',
    about:
      'The last good snapshot of an account is older than this, whatever the cause, also if the exporter is gone.',
    audience,
    severity: 'critical',
    scope: 'account',
    dashboard,
    kinds: { older_than: 'duration', remember: 'duration' },
    objection: ({ older_than, remember }) =>
      remember.seconds <= older_than.seconds
        ? { key: 'remember', expected: `longer than older_than (${older_than.text})` }
        : undefined,
    summary: 'Data of account {{ $labels.account }} is {{ $value | humanizeDuration }} old',
    description:
      'The last good snapshot of {{ $labels.account }} was taken {{ $value | humanizeDuration }} ago. What dashboards show of it is history.',
    // When the exporter dies its series end, and nothing is larger than a threshold any more: look back. Of all that have
    // read the account, the newest counts: each deployment may leave series behind, with another instance or pod.
    expr: ({ older_than, remember }, select) =>
      `time() - topk by (job, account) (1, last_over_time(${select('vcc_snapshot_timestamp_seconds')}[${remember.text}])) > ${older_than.seconds}`,
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
      'Scrapes of {{ $labels.account }} fail with the reason {{ $labels.reason }}. It will not pass by itself.',
    expr: (_, select) =>
      `${select('vcc_scrape_error', 'reason=~"secret|credentials_rejected|unauthorized|forbidden"')} == 1`,
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
      'The API keeps answering 429 for {{ $labels.account }}. The budget is shared by all integrations of the account.',
    // Throttling comes and goes between scrapes.
    expr: ({ within }, select) =>
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
      'Scrapes of {{ $labels.account }} take {{ $value | humanizePercentage }} of the time they have. Beyond it they fail.',
    // The longest, not the average: scrapes that VCC_CACHE_TTL serves from memory take no time.
    expr: ({ share, within }, select) =>
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
      'Up to {{ $value }} values of {{ $labels.field }} are not in the API reference. Panels that add up known states leave them out.',
    expr: ({ within }, select) => `max_over_time(${select('vcc_unknown_values')}[${within.text}]) > 0`,
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
      'Up to {{ $value }} agents have values that are missing or invalid. The log names the fields (values missing or invalid), and so do vcc_absent_values and vcc_invalid_values.',
    expr: ({ within }, select) => `max_over_time(${select('vcc_flawed_agents')}[${within.text}]) > 0`,
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
      'VCC_AGENT_LIMIT leaves out {{ $value }} series of single agents of {{ $labels.account }}. Counts by presence and team are complete.',
    expr: (_, select) => `${select('vcc_series_dropped')} > 0`,
  }),
  alert({
    name: 'VccPushFailing',
    about: 'Pushes to a destination fail. What can be kept is kept (docs/push.md).',
    audience,
    severity: 'critical',
    scope: 'account',
    dashboard,
    kinds: {},
    summary: 'Pushing {{ $labels.account }} to {{ $labels.destination }} fails',
    description:
      'Every push of {{ $labels.account }} to {{ $labels.destination }} fails. If this is your only destination, samples come in late.',
    expr: (_, select) => `${select('vcc_push_success')} == 0`,
  }),
  alert({
    name: 'VccErrorBudgetBurn',
    about:
      'So many scrapes fail that the error budget of 30 days is gone in about two days (14.4 times), or five (6 times).',
    audience,
    severity: 'critical',
    scope: 'account',
    dashboard,
    ...budget,
    summary: 'Account {{ $labels.account }} burns its error budget fast',
    description:
      '{{ $value | humanizePercentage }} of the scrapes of {{ $labels.account }} failed over the longer window.',
    expr: (thresholds, select) =>
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
      '{{ $value | humanizePercentage }} of the scrapes of {{ $labels.account }} failed over the longer window.',
    expr: (thresholds, select) =>
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
      'The clock of the API and that of the exporter differ by {{ $value | humanizeDuration }}. The age of the data is wrong by as much.',
    expr: ({ more_than, within }, select) =>
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
      'Reading the roster of {{ $labels.account }} fails. Metrics by team follow the last one that was read.',
    expr: (_, select) => `${select('vcc_roster_up')} == 0`,
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
    // All metrics have the same bounds, so one tells. The value is the bound, so that the texts can name it.
    expr: (_, __, { bounds }) =>
      bounds
        .map(({ seconds, select }) => {
          const counted = select('vcc_agents_available_longer_than', `seconds="${seconds}"`);
          return `${seconds} + 0 * (${select('vcc_agents_available')} unless ignoring (seconds) ${counted})`;
        })
        .join('\nor '),
  }),
];

/**
 * Failed scrapes over two windows, each as many times as the objective allows. Those of all instances together: one that has
 * just started would be judged by its first scrape.
 */
function burns(
  select: Select,
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
