/** What Prometheus has, and which alerts of the rule fire then. */
export interface AlertCase {
  title: string;
  /** By series: values half a minute apart, in the notation of promtool. */
  series: Readonly<Record<string, string>>;
  /** When to look. */
  at: string;
  /** Labels of each alert that fires, and `$value` as its annotations show it; default: none fires. */
  fires?: readonly { labels: Readonly<Record<string, string>>; value?: string }[];
}

const target = { job: 'vcc', account: 'a', instance: 'i' };

/** A series of the exporter. */
function of(metric: string, labels: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries({ ...target, ...labels }).map(([name, value]) => `${name}="${value}"`);
  return `${metric}{${pairs.join(', ')}}`;
}

/** The same value for so many minutes; `from` shifts nothing, it says what follows. */
const hold = (value: number | string, minutes: number) => `${value}x${minutes * 2 - 1}`;
const one = (labels: Readonly<Record<string, string>> = {}, value?: string) => [
  { labels: { ...target, ...labels }, ...(value !== undefined && { value }) },
];

/** What is about an account and no instance. */
const account = (value: string) => [{ labels: { job: 'vcc', account: 'a' }, value }];

const idle = (agents: number, upTo: number, minutes = 30) => ({
  [of('vcc_idle_age_seconds_gcount')]: hold(agents, minutes),
  [of('vcc_idle_age_seconds_bucket', { le: '900.0' })]: hold(upTo, minutes),
});
const teamIdle = (agents: number, upTo: number) => ({
  [of('vcc_team_idle_age_seconds_gcount', { team: 't' })]: hold(agents, 30),
  [of('vcc_team_idle_age_seconds_bucket', { team: 't', le: '900.0' })]: hold(upTo, 30),
});
const presences = (ready: number, away: number, loggedOut = 7) => ({
  [of('vcc_agents', { presence: 'Ready' })]: hold(ready, 60),
  [of('vcc_agents', { presence: 'Away' })]: hold(away, 60),
  [of('vcc_agents', { presence: 'LoggedOut' })]: hold(loggedOut, 60),
});
const ringing = (values: string, idleAgents: string) => ({
  [of('vcc_interactions', { medium: 'Phone', medium_manager: 'CC', direction: 'Inbound', state: 'Ringing' })]:
    values,
  [of('vcc_agents_idle')]: idleAgents,
});
const failedScrapes = (share: string, minutes: number) => ({
  [of('vcc_up')]: Array.from({ length: minutes / 10 }, () => share).join(' '),
});
/** The oldest entered the state when time began, so that it has lasted as long as the test. */
const since = (metric: string, labels: Record<string, string>, inIt: string, minutes = 100) => ({
  [of(metric, labels)]: hold(0, minutes),
  [inIt]: hold(1, minutes),
});

/** Cases of alerts about how long something lasts: at the limit, beyond it, and when the last one has left the state. */
function lasting(
  metric: string,
  labels: Record<string, string>,
  inIt: string,
  limit: { at: string; beyond: string; value: string; minutes: number },
  alertLabels: Record<string, string> = labels,
): AlertCase[] {
  const { at, beyond, value, minutes } = limit;
  return [
    {
      title: 'lasts longer',
      series: since(metric, labels, inIt),
      at: beyond,
      fires: one(alertLabels, value),
    },
    { title: 'lasts as long as it may', series: since(metric, labels, inIt), at },
    {
      title: 'pushed samples linger after the last one has left',
      series: { [of(metric, labels)]: hold(0, minutes), [inIt]: `${hold(1, minutes)} 0x20` },
      at: beyond,
    },
  ];
}

function atOnce(state: string, reason: string): AlertCase[] {
  const series = of('vcc_interactions_by_reason', { state, reason });
  return [
    {
      title: 'as many at once',
      series: { [series]: '0 0 3 0x20' },
      at: '4m',
      fires: one({ state, reason }, '3'),
    },
    {
      title: 'no reason given',
      series: { [of('vcc_interactions_by_reason', { state, reason: '' })]: '4x20' },
      at: '4m',
      fires: one({ state, reason: '' }, '4'),
    },
    { title: 'the window has passed', series: { [series]: '0 0 3 0x40' }, at: '10m' },
    { title: 'fewer at once, one after the other', series: { [series]: '2 0 2 0 2 0 2 0 2 0 2' }, at: '5m' },
    {
      title: 'of another reason each',
      series: { [series]: '2x20', [of('vcc_interactions_by_reason', { state, reason: 'Other' })]: '2x20' },
      at: '5m',
    },
  ];
}

/** Cases of each alert with the thresholds that the project ships. That nothing fires without data is tried for all. */
export const alertCases: Readonly<Record<string, readonly AlertCase[]>> = {
  VccExporterDown: [
    {
      title: 'the scrape fails',
      series: { 'up{job="vcc", instance="i"}': hold(0, 10) },
      at: '6m',
      fires: [{ labels: { job: 'vcc', instance: 'i' } }],
    },
    { title: 'not for long yet', series: { 'up{job="vcc", instance="i"}': hold(0, 10) }, at: '4m' },
    { title: 'it comes and goes', series: { 'up{job="vcc", instance="i"}': '0x7 1 0x7 1 0x7 1' }, at: '11m' },
    { title: 'another job', series: { 'up{job="node", instance="i"}': hold(0, 10) }, at: '6m' },
  ],
  VccExporterAbsent: [
    {
      title: 'there never was one',
      series: { 'up{job="node", instance="i"}': hold(1, 20) },
      at: '11m',
      fires: [{ labels: {} }],
    },
    {
      title: 'it is gone',
      series: { [of('vcc_up')]: `${hold(1, 10)} stale` },
      at: '21m',
      fires: [{ labels: {} }],
    },
    { title: 'a scrape that fails is not absent', series: { [of('vcc_up')]: hold(0, 20) }, at: '15m' },
    { title: 'a gap', series: { [of('vcc_up')]: `${hold(1, 5)} stale _x15 1x20` }, at: '14m' },
  ],
  VccSnapshotFailing: [
    { title: 'every scrape fails', series: { [of('vcc_up')]: hold(0, 10) }, at: '6m', fires: one() },
    { title: 'scrapes succeed', series: { [of('vcc_up')]: hold(1, 10) }, at: '6m' },
    { title: 'one succeeds now and then', series: { [of('vcc_up')]: '0x8 1 0x8 1 0x8' }, at: '13m' },
  ],
  VccDataStale: [
    {
      title: 'the exporter died',
      series: { [of('vcc_snapshot_timestamp_seconds')]: '0+30x9 stale' },
      at: '20m',
      fires: one({}, '15m 30s'),
    },
    {
      title: 'served again and again from memory',
      series: { [of('vcc_snapshot_timestamp_seconds')]: '0x30' },
      at: '5m30s',
      fires: one({}, '5m 30s'),
    },
    { title: 'as old as it may be', series: { [of('vcc_snapshot_timestamp_seconds')]: '0x30' }, at: '5m' },
    {
      title: 'another instance goes on, as after a deployment',
      series: {
        [of('vcc_snapshot_timestamp_seconds', { pod: 'vcc-1' })]: '0+30x9 stale',
        [of('vcc_snapshot_timestamp_seconds', { instance: 'j', pod: 'vcc-2' })]: '_x10 300+30x40',
      },
      at: '20m',
    },
    {
      title: 'the other instance is gone too',
      series: {
        [of('vcc_snapshot_timestamp_seconds', { pod: 'vcc-1' })]: '0+30x9 stale',
        [of('vcc_snapshot_timestamp_seconds', { instance: 'j', pod: 'vcc-2' })]: '_x10 300+30x9 stale',
      },
      at: '20m',
      fires: one({ instance: 'j', pod: 'vcc-2' }, '10m 30s'),
    },
    {
      title: 'for most of a day',
      series: { [of('vcc_snapshot_timestamp_seconds')]: '0+30x9 stale' },
      at: '23h',
      fires: one({}, '22h 55m 30s'),
    },
  ],
  VccAuthFailing: [
    {
      title: 'credentials are rejected',
      series: { [of('vcc_scrape_error', { reason: 'credentials_rejected' })]: hold(1, 10) },
      at: '3m',
      fires: one({ reason: 'credentials_rejected' }),
    },
    {
      title: 'the secret cannot be read',
      series: { [of('vcc_scrape_error', { reason: 'secret' })]: hold(1, 10) },
      at: '3m',
      fires: one({ reason: 'secret' }),
    },
    {
      title: 'once, while it is rotated',
      series: { [of('vcc_scrape_error', { reason: 'credentials_rejected' })]: '0 0 1 1 0x10' },
      at: '3m',
    },
    {
      title: 'another reason',
      series: { [of('vcc_scrape_error', { reason: 'network' })]: hold(1, 10) },
      at: '5m',
    },
  ],
  VccThrottled: [
    {
      title: 'one scrape in six is throttled',
      series: { [of('vcc_scrape_error', { reason: 'throttled' })]: Array(12).fill('1 0x4').join(' ') },
      at: '16m',
      fires: one({ reason: 'throttled' }),
    },
    { title: 'once', series: { [of('vcc_scrape_error', { reason: 'throttled' })]: '1 0x60' }, at: '16m' },
  ],
  VccSnapshotSlow: [
    {
      title: 'most of the deadline',
      series: { [of('vcc_scrape_duration_seconds')]: '8x60', [of('vcc_scrape_deadline_seconds')]: '10x60' },
      at: '11m',
      fires: one({}, '80%'),
    },
    {
      title: 'as much as it may',
      series: { [of('vcc_scrape_duration_seconds')]: '7x60', [of('vcc_scrape_deadline_seconds')]: '10x60' },
      at: '11m',
    },
    {
      title: 'one slow scrape',
      series: {
        [of('vcc_scrape_duration_seconds')]: '1x10 10 1x40',
        [of('vcc_scrape_deadline_seconds')]: '10x60',
      },
      at: '11m',
    },
    {
      title: 'most scrapes are served from memory',
      series: {
        [of('vcc_scrape_duration_seconds')]: Array(12).fill('8 0.001x4').join(' '),
        [of('vcc_scrape_deadline_seconds')]: '10x80',
      },
      at: '16m',
      fires: one({}, '80%'),
    },
  ],
  VccUnknownValues: [
    {
      title: 'now and then',
      series: { [of('vcc_unknown_values', { field: 'presence' })]: Array(12).fill('2 0 0 0').join(' ') },
      at: '16m',
      fires: one({ field: 'presence' }, '2'),
    },
    { title: 'none', series: { [of('vcc_unknown_values', { field: 'presence' })]: '0x60' }, at: '16m' },
  ],
  VccFlawedAgents: [
    {
      title: 'now and then',
      series: { [of('vcc_flawed_agents')]: Array(12).fill('2 0 0 0').join(' ') },
      at: '16m',
      fires: one({}, '2'),
    },
    { title: 'none', series: { [of('vcc_flawed_agents')]: '0x60' }, at: '16m' },
  ],
  VccSeriesDropped: [
    {
      title: 'some are left out',
      series: { [of('vcc_series_dropped')]: '40x60' },
      at: '16m',
      fires: one({}, '40'),
    },
    { title: 'none', series: { [of('vcc_series_dropped')]: '0x60' }, at: '16m' },
  ],
  VccPushFailing: [
    {
      title: 'every push fails',
      series: { [of('vcc_push_success', { destination: 'd' })]: '0x60' },
      at: '6m',
      fires: one({ destination: 'd' }),
    },
    {
      title: 'one of two destinations works',
      series: { [of('vcc_push_success', { destination: 'd' })]: '1x60' },
      at: '6m',
    },
    {
      title: 'it comes and goes',
      series: { [of('vcc_push_success', { destination: 'd' })]: '0x8 1 0x8 1 0x8' },
      at: '13m',
    },
  ],
  VccErrorBudgetBurn: [
    {
      title: 'a tenth of the scrapes fails',
      series: failedScrapes('0 0 1x17', 130),
      at: '2h',
      fires: account('10.74%'),
    },
    {
      title: 'an instance that has just started fails once',
      series: { [of('vcc_up')]: '1x119 stale', [of('vcc_up', { instance: 'j' })]: '_x120 0 1x20' },
      at: '61m',
    },
    {
      title: 'the first scrapes of all fail',
      series: { [of('vcc_up')]: '0 0 1x20' },
      at: '1m30s',
    },
    { title: 'one in a hundred fails', series: failedScrapes('1x199 0 0', 130), at: '2h' },
    { title: 'it is over', series: { [of('vcc_up')]: '0x20 1x400' }, at: '50m' },
  ],
  VccErrorBudgetBurnSlow: [
    {
      title: 'one in fifty fails, all day',
      series: { [of('vcc_up')]: Array(20).fill('0 1x48').join(' ') },
      at: '8h',
      fires: account('2.081%'),
    },
    {
      title: 'one in a thousand fails',
      series: { [of('vcc_up')]: Array(3).fill('0 1x998').join(' ') },
      at: '8h',
    },
  ],
  VccClockSkew: [
    {
      title: 'a minute late',
      series: { [of('vcc_api_clock_skew_seconds')]: '-60x60' },
      at: '11m',
      fires: one({}, '1m 0s'),
    },
    { title: 'one odd answer', series: { [of('vcc_api_clock_skew_seconds')]: '0x10 90 0x40' }, at: '11m' },
    { title: 'as much as it may', series: { [of('vcc_api_clock_skew_seconds')]: '30x60' }, at: '11m' },
  ],
  VccRosterFailing: [
    { title: 'for long', series: { [of('vcc_roster_up')]: '0x80' }, at: '31m', fires: one() },
    { title: 'not for long', series: { [of('vcc_roster_up')]: '1x10 0x20 1x40' }, at: '31m' },
  ],
  VccIdleBoundMissing: [
    {
      title: 'other buckets',
      series: {
        [of('vcc_idle_age_seconds_gcount')]: '3x60',
        [of('vcc_idle_age_seconds_bucket', { le: '600.0' })]: '3x60',
      },
      at: '16m',
      fires: one({}, '15m 0s'),
    },
    {
      title: 'other buckets of teams, of which one alert is enough',
      series: {
        [of('vcc_team_idle_age_seconds_gcount', { team: 't' })]: '3x60',
        [of('vcc_team_idle_age_seconds_gcount', { team: 'u' })]: '3x60',
      },
      at: '16m',
      fires: one({}, '15m 0s'),
    },
    { title: 'the bucket is there', series: { ...idle(3, 3), ...teamIdle(3, 3) }, at: '16m' },
  ],
  VccNobodyReady: [
    { title: 'all are away', series: presences(0, 3), at: '3m', fires: one() },
    { title: 'one is Ready', series: presences(1, 3), at: '3m' },
    { title: 'all are logged out', series: presences(0, 0), at: '3m' },
  ],
  VccNobodyFreeWhileRinging: [
    { title: 'it rings and rings', series: ringing('2x20', '0x20'), at: '3m', fires: one() },
    {
      title: 'it blinks: no series while nothing rings',
      series: ringing('1 stale 2 stale 1 stale 1 stale 1 stale', '0x20'),
      at: '4m',
      fires: one(),
    },
    {
      title: 'one ring, seen by scrapes a minute apart',
      series: ringing('_x6 1 1 stale', '0x20'),
      at: '4m15s',
    },
    { title: 'the first look', series: ringing('2x20', '0x20'), at: '30s' },
    { title: 'somebody is free', series: ringing('2x20', '1x20'), at: '3m' },
    { title: 'somebody was free a moment ago', series: ringing('2x20', '0 0 0 0 1 0 0'), at: '3m30s' },
    { title: 'nothing rings', series: { [of('vcc_agents_idle')]: '0x20' }, at: '3m' },
    {
      title: 'only outbound rings',
      series: {
        [of('vcc_interactions', {
          medium: 'Phone',
          medium_manager: 'CC',
          direction: 'Outbound',
          state: 'Ringing',
        })]: '2x20',
        [of('vcc_agents_idle')]: '0x20',
      },
      at: '3m',
    },
  ],
  VccIdleAgents: [
    { title: 'as many for longer', series: idle(9, 4), at: '5m', fires: one({}, '5') },
    { title: 'one fewer', series: idle(9, 5), at: '5m' },
    { title: 'the bucket is missing', series: { [of('vcc_idle_age_seconds_gcount')]: '9x20' }, at: '5m' },
  ],
  VccIdleTooLong: lasting('vcc_idle_oldest_since_timestamp_seconds', {}, of('vcc_agents_idle'), {
    at: '30m',
    beyond: '30m30s',
    value: '30m 30s',
    minutes: 29,
  }),
  VccTeamIdleAgents: [
    { title: 'as many for longer', series: teamIdle(5, 2), at: '5m', fires: one({ team: 't' }, '3') },
    { title: 'one fewer', series: teamIdle(5, 3), at: '5m' },
  ],
  VccTeamIdleTooLong: lasting(
    'vcc_team_idle_oldest_since_timestamp_seconds',
    { team: 't' },
    of('vcc_team_agents_idle', { team: 't' }),
    { at: '30m', beyond: '30m30s', value: '30m 30s', minutes: 29 },
  ),
  VccAvailableShareLow: [
    { title: 'one of ten', series: presences(1, 9), at: '11m', fires: one({}, '10%') },
    { title: 'one of five', series: presences(1, 4), at: '11m' },
    { title: 'none of four: too few to tell', series: presences(0, 4), at: '11m' },
    { title: 'nobody is logged in', series: presences(0, 0), at: '11m' },
  ],
  VccAwayTooLong: lasting(
    'vcc_presence_oldest_since_timestamp_seconds',
    { presence: 'Away' },
    of('vcc_agents', { presence: 'Away' }),
    { at: '20m', beyond: '20m30s', value: '20m 30s', minutes: 19 },
  ),
  VccExtendedAwayTooLong: lasting(
    'vcc_presence_oldest_since_timestamp_seconds',
    { presence: 'ExtendedAway' },
    of('vcc_agents', { presence: 'ExtendedAway' }),
    { at: '75m', beyond: '75m30s', value: '1h 15m 30s', minutes: 74 },
  ),
  VccWrapTooLong: lasting(
    'vcc_interaction_oldest_since_timestamp_seconds',
    { state: 'Wrap' },
    of('vcc_interactions_by_reason', { state: 'Wrap', reason: '' }),
    { at: '5m', beyond: '5m30s', value: '5m 30s', minutes: 4 },
  ),
  VccRingTooLong: lasting(
    'vcc_interaction_oldest_since_timestamp_seconds',
    { state: 'Ringing' },
    of('vcc_interactions_by_reason', { state: 'Ringing', reason: '' }),
    { at: '30s', beyond: '1m', value: '1m 0s', minutes: 1 },
  ),
  VccConnectedVeryLong: lasting(
    'vcc_interaction_oldest_since_timestamp_seconds',
    { state: 'Connected' },
    of('vcc_interactions_by_reason', { state: 'Connected', reason: '' }),
    { at: '60m', beyond: '60m30s', value: '1h 0m 30s', minutes: 59 },
  ),
  VccRingNoAnswer: atOnce('Unexpected', 'NoAnswer'),
  VccFailedInteractions: atOnce('Failed', 'CallFailed'),
};
