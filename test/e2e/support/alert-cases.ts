import { type AlertCase, account, hold, of, one, presences } from './alert-series.ts';
import { queueCases, waitingLonger } from './queue-alert-cases.ts';

export type { AlertCase };

/** The number of agents or interactions above a bound, and of agents on shift. */
const longer = (metric: string, labels: Readonly<Record<string, string>>, count: number, onShift: number) => {
  const { team } = labels;
  return {
    ...(team === undefined
      ? presences(onShift, 0)
      : { [of('vcc_team_agents', { team, presence: 'Ready' })]: hold(onShift, 60) }),
    [of(metric, labels)]: hold(count, 60),
  };
};
const free = (values: string, ready: number) => ({
  ...presences(ready, 0),
  [of('vcc_agents_available')]: values,
});
const failedScrapes = (share: string, minutes: number) => ({
  [of('vcc_up')]: Array.from({ length: minutes / 10 }, () => share).join(' '),
});
/**
 * Cases of alerts that count what has lasted longer than a bound: enough, too few, and too small a
 * share.
 */
function manyForLong(
  metric: string,
  labels: Readonly<Record<string, string>>,
  { least, onShift }: { least: number; onShift: number },
): AlertCase[] {
  const { seconds, ...others } = labels;
  const alertLabels = { ...others, seconds: seconds! };
  return [
    {
      title: 'as many as it needs',
      series: longer(metric, labels, least, onShift),
      at: '5m',
      fires: one(alertLabels, String(least)),
    },
    {
      title: 'a scrape fails at the moment of the evaluation',
      series: Object.fromEntries(
        Object.entries(longer(metric, labels, least, onShift)).map(([series, values]) => [
          series,
          values.replace(/x\d+$/, 'x8 stale'),
        ]),
      ),
      at: '5m',
      fires: one(alertLabels, String(least)),
    },
    { title: 'one fewer', series: longer(metric, labels, least - 1, onShift), at: '5m' },
    { title: 'a small share', series: longer(metric, labels, least, onShift + 1), at: '5m' },
    {
      title: 'by another bound',
      series: longer(metric, { ...labels, seconds: '30' }, least, onShift),
      at: '5m',
    },
  ];
}

function atOnce(state: string, reason: string): AlertCase[] {
  const series = of('vcc_interactions_by_reason', { state, reason });
  const onShift = presences(150, 0);
  return [
    {
      title: 'as many at once',
      series: { ...onShift, [series]: '0 0 3 0x20' },
      at: '4m',
      fires: one({ state, reason }, '3'),
    },
    {
      title: 'no reason given',
      series: { ...onShift, [of('vcc_interactions_by_reason', { state, reason: '' })]: '4x20' },
      at: '4m',
      fires: one({ state, reason: '' }, '4'),
    },
    { title: 'a small share', series: { ...presences(151, 0), [series]: '0 0 3 0x20' }, at: '4m' },
    { title: 'the window has passed', series: { ...onShift, [series]: '0 0 3 0x40' }, at: '10m' },
    {
      title: 'fewer at once, one after the other',
      series: { ...onShift, [series]: '2 0 2 0 2 0 2 0 2 0 2' },
      at: '5m',
    },
    {
      title: 'of another reason each',
      series: {
        ...onShift,
        [series]: '2x20',
        [of('vcc_interactions_by_reason', { state, reason: 'Other' })]: '2x20',
      },
      at: '5m',
    },
  ];
}

/**
 * Cases of each alert with the shipped thresholds. Another test checks for all that nothing fires
 * without data.
 */
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
    {
      title: 'its target is down, which is another alert',
      series: { 'up{job="vcc", instance="i"}': hold(0, 20) },
      at: '15m',
    },
    { title: 'a scrape that fails is not absent', series: { [of('vcc_up')]: hold(0, 20) }, at: '15m' },
    { title: 'a gap', series: { [of('vcc_up')]: `${hold(1, 5)} stale _x15 1x20` }, at: '14m' },
  ],
  VccAccountMissing: [
    {
      title: 'two of three send samples',
      series: {
        'vcc_exporter_accounts{job="vcc", instance="i"}': '3x60',
        [of('vcc_up')]: '1x60',
        [of('vcc_up', { account: 'b' })]: '0x60',
      },
      at: '11m',
      fires: [{ labels: { job: 'vcc' }, value: '1' }],
    },
    {
      title: 'the third was taken out of the configuration',
      series: {
        'vcc_exporter_accounts{job="vcc", instance="i"}': '3x10 2x50',
        [of('vcc_up')]: '1x60',
        [of('vcc_up', { account: 'b' })]: '1x60',
        [of('vcc_up', { account: 'c' })]: '1x10 stale',
      },
      at: '25m',
    },
    {
      title: 'two exporters read the same accounts',
      series: {
        'vcc_exporter_accounts{job="vcc", instance="i"}': '1x60',
        'vcc_exporter_accounts{job="vcc", instance="j"}': '1x60',
        [of('vcc_up')]: '1x60',
        [of('vcc_up', { instance: 'j' })]: '1x60',
      },
      at: '11m',
    },
  ],
  VccSnapshotFailing: [
    { title: 'every scrape fails', series: { [of('vcc_up')]: hold(0, 10) }, at: '6m', fires: one() },
    {
      title: 'a sample is missing in between',
      series: { [of('vcc_up')]: '0x4 stale 0x10' },
      at: '6m',
      fires: one(),
    },
    { title: 'scrapes succeed', series: { [of('vcc_up')]: hold(1, 10) }, at: '6m' },
    { title: 'one succeeds now and then', series: { [of('vcc_up')]: '0x8 1 0x8 1 0x8' }, at: '13m' },
    {
      title: 'credentials are rejected, which is another alert',
      series: {
        [of('vcc_up')]: hold(0, 10),
        [of('vcc_scrape_error', { reason: 'unauthorized' })]: hold(1, 10),
      },
      at: '6m',
    },
  ],
  VccDataStale: [
    {
      title: 'served again and again from memory',
      series: { [of('vcc_snapshot_timestamp_seconds')]: '0x30', [of('vcc_up')]: '1x30' },
      at: '7m30s',
      fires: account('7m 30s'),
    },
    {
      title: 'as old as it may be',
      series: { [of('vcc_snapshot_timestamp_seconds')]: '0x30', [of('vcc_up')]: '1x30' },
      at: '5m',
    },
    {
      title: 'it cannot be read, which is another alert',
      series: { [of('vcc_snapshot_timestamp_seconds')]: '0+30x9 stale', [of('vcc_up')]: '1x9 0x40' },
      at: '9m30s',
    },
    {
      title: 'the exporter died, or the account was removed',
      series: { [of('vcc_snapshot_timestamp_seconds')]: '0+30x9 stale', [of('vcc_up')]: '1x9 stale' },
      at: '20m',
    },
    {
      title: 'another instance goes on, as after a deployment',
      series: {
        [of('vcc_snapshot_timestamp_seconds', { pod: 'vcc-1' })]: '0x60',
        [of('vcc_snapshot_timestamp_seconds', { instance: 'j', pod: 'vcc-2' })]: '_x10 300+30x40',
        [of('vcc_up', { pod: 'vcc-1' })]: '1x60',
        [of('vcc_up', { instance: 'j', pod: 'vcc-2' })]: '_x10 1x40',
      },
      at: '20m',
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
      // A range of Prometheus 3 has one sample less.
      fires: account('10.74%', '10%'),
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
  VccBoundMissing: [
    {
      title: 'one is missing',
      series: {
        [of('vcc_agents_available')]: '3x60',
        ...Object.fromEntries(
          ['60', '300', '3600', '4500', '7200'].map((seconds) => [
            of('vcc_agents_available_longer_than', { seconds }),
            '3x60',
          ]),
        ),
      },
      at: '16m',
      fires: one({ setting: 'VCC_AGE_BOUNDS' }, '20m 0s'),
    },
    {
      title: 'one of queues is missing',
      series: waitingLonger({ 20: [0, 0], 300: [0, 0] }),
      at: '16m',
      fires: one({ setting: 'VCC_QUEUE_BOUNDS' }, '2m 0s'),
    },
    {
      title: 'all of queues are there, though some are in one queue only',
      series: { ...waitingLonger({ 20: [0, 0], 120: [0, 0] }), ...waitingLonger({ 300: [0] }) },
      at: '16m',
    },
    {
      title: 'all are there',
      series: {
        [of('vcc_agents_available')]: '3x60',
        ...Object.fromEntries(
          ['60', '300', '1200', '3600', '4500', '7200'].map((seconds) => [
            of('vcc_agents_available_longer_than', { seconds }),
            '3x60',
          ]),
        ),
      },
      at: '16m',
    },
  ],
  VccNobodyReady: [
    { title: 'all are away', series: presences(0, 3), at: '3m', fires: one() },
    { title: 'one is Ready', series: presences(1, 3), at: '3m' },
    {
      title: 'those who are Ready get no calls',
      series: presences(2, 3, { notRoutable: 2 }),
      at: '3m',
      fires: one(),
    },
    { title: 'all are logged out', series: presences(0, 0), at: '3m' },
    { title: 'a few have forgotten to log out', series: presences(0, 9, { forgotten: 7 }), at: '3m' },
  ],
  VccNobodyFree: [
    { title: 'nobody, for as long', series: free('0x20', 5), at: '5m', fires: one({}, '0') },
    { title: 'a scrape fails in between', series: free('0x5 stale 0x10', 5), at: '5m', fires: one({}, '0') },
    { title: 'somebody was free a moment ago', series: free('0 0 0 0 1 0 0 0 0 0 0', 5), at: '5m' },
    { title: 'not for long yet', series: free('0x20', 5), at: '4m30s' },
    { title: 'few are Ready', series: free('0x20', 4), at: '6m' },
  ],
  VccLongestFree: [
    {
      title: 'one agent, for longer',
      series: {
        [of('vcc_snapshot_timestamp_seconds')]: '0+30x80',
        [of('vcc_available_oldest_since_timestamp_seconds')]: '0x80',
        [of('vcc_agents_available')]: '1x80',
      },
      at: '33m',
      fires: one({}, '33m 0s'),
    },
    {
      title: 'as long as it may',
      series: {
        [of('vcc_snapshot_timestamp_seconds')]: '0+30x59 1800x20',
        [of('vcc_available_oldest_since_timestamp_seconds')]: '0x80',
        [of('vcc_agents_available')]: '1x80',
      },
      at: '33m',
    },
    {
      title: 'pushed samples linger after the last one is busy',
      series: {
        [of('vcc_snapshot_timestamp_seconds')]: '0+30x80',
        [of('vcc_available_oldest_since_timestamp_seconds')]: '0x62',
        [of('vcc_agents_available')]: '1x62 0x18',
      },
      at: '34m',
    },
  ],
  VccIdleAgents: manyForLong(
    'vcc_agents_available_longer_than',
    { seconds: '1200' },
    { least: 5, onShift: 20 },
  ),
  VccTeamIdleAgents: manyForLong(
    'vcc_team_agents_available_longer_than',
    { team: 't', seconds: '1200' },
    { least: 3, onShift: 6 },
  ),
  VccReadyShareLow: [
    { title: 'one of ten', series: presences(1, 9), at: '11m', fires: one({}, '10%') },
    {
      title: 'most of those who are Ready get no calls',
      series: presences(9, 1, { notRoutable: 8 }),
      at: '11m',
      fires: one({}, '10%'),
    },
    { title: 'one of five', series: presences(1, 4), at: '11m' },
    { title: 'none of four: too few to judge', series: presences(0, 4), at: '11m' },
    { title: 'many have forgotten to log out', series: presences(1, 9, { forgotten: 5 }), at: '11m' },
    {
      title: 'a scrape fails now and then',
      series: Object.fromEntries(
        Object.entries(presences(1, 9)).map(([series, values]) => [
          series,
          Array(4)
            .fill(`${values.replace(/x\d+$/, 'x8')} stale`)
            .join(' '),
        ]),
      ),
      at: '15m',
      fires: one({}, '10%'),
    },
    { title: 'nobody is logged in', series: presences(0, 0), at: '11m' },
  ],
  VccAwayTooLong: manyForLong(
    'vcc_agents_longer_than',
    { presence: 'Away', seconds: '1200' },
    { least: 5, onShift: 50 },
  ),
  VccExtendedAwayTooLong: manyForLong(
    'vcc_agents_longer_than',
    { presence: 'ExtendedAway', seconds: '4500' },
    { least: 5, onShift: 50 },
  ),
  VccWrapTooLong: manyForLong(
    'vcc_interactions_longer_than',
    { state: 'Wrap', seconds: '300' },
    { least: 5, onShift: 50 },
  ),
  VccRingTooLong: manyForLong(
    'vcc_interactions_longer_than',
    { state: 'Ringing', seconds: '60' },
    { least: 3, onShift: 60 },
  ),
  VccConnectedVeryLong: manyForLong(
    'vcc_interactions_longer_than',
    { state: 'Connected', seconds: '3600' },
    { least: 5, onShift: 50 },
  ),
  VccRingNoAnswer: atOnce('Unexpected', 'NoAnswer'),
  VccFailedInteractions: atOnce('Failed', 'CallFailed'),
  ...queueCases,
};
