import { type AlertCase, hold, of, one, presences } from './alert-series.ts';

/** How many have waited longer than each bound, in queues `Q0`, `Q1` and so on. */
export const waitingLonger = (byBound: Readonly<Record<string, readonly number[]>>) =>
  Object.fromEntries(
    Object.entries(byBound).flatMap(([seconds, counts]) =>
      counts.map((count, index) => [
        of('vcc_queue_waiting_longer_than', { queue: `Q${index}`, seconds }),
        hold(count, 60),
      ]),
    ),
  );

/** How many wait, in queues `Q0`, `Q1` and so on. */
const waiting = (...counts: number[]) =>
  Object.fromEntries(
    counts.map((count, index) => [
      of('vcc_queue_waiting', { queue: `Q${index}`, interaction_plan: 'p', medium: 'Phone' }),
      hold(count, 60),
    ]),
  );

/** One queue after the other has this many for half a minute, and then no series. */
const inTurn = (metric: string, labels: Readonly<Record<string, string>>, count: number) =>
  Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [
      of(metric, { ...labels, queue: `Q${index}` }),
      `${'_ '.repeat(index)}${count} stale`,
    ]),
  );

const freeForLong = (count: number) => ({
  [of('vcc_agents_available_longer_than', { seconds: '60' })]: hold(count, 60),
});

/** Series of which one sample in 18 is missing. */
const withGaps = (series: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(series).map(([name, values]) => [
      name,
      Array(4)
        .fill(`${values.replace(/x\d+$/, 'x16')} stale`)
        .join(' '),
    ]),
  );

interface Leaving {
  answered?: number;
  inTarget?: number;
  within?: number;
  abandoned?: number;
  breakouts?: number;
  transfers?: number;
}

/** Those who left the queue `Q` within the window. */
function left({ answered = 0, inTarget, within = 0, abandoned = 0, breakouts = 0, transfers = 0 }: Leaving) {
  const by = (category: string, party_role = 'External') => ({ queue: 'Q', category, party_role });
  const transferred = by('Answered', 'Agent');
  const [soon, target] = ['vcc_queue_window_left_within', 'vcc_queue_window_left_in_target'];
  const samples: [series: string, value: number | undefined][] = [
    [of('vcc_queue_window_left', by('Answered')), answered],
    [of('vcc_queue_window_left', by('Abandoned')), abandoned],
    [of('vcc_queue_window_left', by('Breakout')), breakouts],
    [of('vcc_queue_window_left', transferred), transfers],
    [of(soon, { ...by('Answered'), seconds: '20' }), within],
    // Those who gave up soon do not count as answered.
    [of(soon, { ...by('Abandoned'), seconds: '20' }), abandoned],
    [of(soon, { ...transferred, seconds: '20' }), transfers],
    [of(target, by('Answered')), inTarget],
    [of(target, by('Abandoned')), inTarget === undefined ? undefined : abandoned],
    [of(target, transferred), inTarget === undefined ? undefined : transfers],
  ];
  return Object.fromEntries(
    samples.flatMap(([series, value]) => (value === undefined ? [] : [[series, hold(value, 60)]])),
  );
}

/** An account whose agents are read, and its three sources of queue data. */
function sources(
  values: Partial<Record<'ongoing' | 'queue_times' | 'skills', string>>,
  takenAt: Partial<Record<'ongoing' | 'queue_times' | 'skills', string>>,
  up = '1x200',
) {
  return {
    [of('vcc_up')]: up,
    ...Object.fromEntries(
      Object.entries(values).map(([source, each]) => [of('vcc_queue_up', { source }), each]),
    ),
    ...Object.fromEntries(
      Object.entries(takenAt).map(([source, each]) => [
        of('vcc_queue_snapshot_timestamp_seconds', { source }),
        each,
      ]),
    ),
  };
}
const fresh = '0+30x200';
const stale = (source: string) => [{ labels: { job: 'vcc', account: 'a', source } }];

/** Cases of the alerts about queues, with the shipped thresholds. */
export const queueCases: Readonly<Record<string, readonly AlertCase[]>> = {
  VccQueueDataStale: [
    {
      title: 'every read of one source fails',
      series: sources({ ongoing: '0x200', queue_times: '1x200' }, { queue_times: fresh }),
      at: '21m',
      fires: stale('ongoing'),
    },
    {
      title: 'skills cannot be read, and are kept',
      series: sources({ ongoing: '1x200', skills: '0x200' }, { ongoing: fresh, skills: '0x200' }),
      at: '21m',
      fires: stale('skills'),
    },
    {
      title: 'a scrape of the agents fails now and then',
      series: sources({ ongoing: '0x200' }, {}, Array(20).fill('1x8 0').join(' ')),
      at: '21m',
      fires: stale('ongoing'),
    },
    {
      title: 'the same old data is served',
      series: sources({ ongoing: '1x200' }, { ongoing: '0x200' }),
      at: '31m',
      fires: stale('ongoing'),
    },
    {
      title: 'all series are gone, and the agents are read',
      series: sources({ ongoing: '1x40 stale' }, { ongoing: '0+30x40 stale' }),
      at: '46m',
      fires: stale('ongoing'),
    },
    {
      title: 'a pause after a 429',
      series: sources({ ongoing: '1x20 0x34 1x80' }, { ongoing: '0+30x20 stale _x33 1650+30x80' }),
      at: '28m',
    },
    {
      title: 'one read in two fails',
      series: sources({ ongoing: Array(50).fill('1 0').join(' ') }, { ongoing: fresh }),
      at: '40m',
    },
    {
      title: 'skills are an hour old, as they may be',
      series: sources({ ongoing: '1x200', skills: '1x200' }, { ongoing: fresh, skills: '0x200' }),
      at: '60m',
    },
    {
      title: 'queues were switched off, and are no longer remembered',
      series: sources({ ongoing: '1x10 stale' }, { ongoing: '0+30x10 stale' }),
      at: '67m',
    },
    { title: 'queues are off', series: { [of('vcc_up')]: '1x200' }, at: '60m' },
    {
      title: 'the agents cannot be read either, which is another alert',
      series: sources({ ongoing: '0x200' }, {}, '1x2 0x200'),
      at: '40m',
    },
    {
      title: 'another instance goes on, as after a deployment',
      series: {
        ...sources({ ongoing: '1x20 stale' }, { ongoing: '0+30x20 stale' }),
        [of('vcc_queue_up', { source: 'ongoing', instance: 'j' })]: '_x20 1x200',
        [of('vcc_queue_snapshot_timestamp_seconds', { source: 'ongoing', instance: 'j' })]: '_x20 600+30x200',
      },
      at: '50m',
    },
  ],
  VccWaitingWhileFree: [
    {
      title: 'callers of two queues, and as many agents',
      series: { ...presences(50, 0), ...waitingLonger({ 120: [2, 1] }), ...freeForLong(3) },
      at: '4m',
      fires: one({}, '3'),
    },
    {
      title: 'a scrape fails now and then',
      series: withGaps({ ...presences(50, 0), ...waitingLonger({ 120: [5] }), ...freeForLong(5) }),
      at: '20m',
      fires: one({}, '5'),
    },
    {
      title: 'for a moment',
      series: {
        ...presences(50, 0),
        [of('vcc_queue_waiting_longer_than', { queue: 'Q', seconds: '120' })]: '0x4 5x4 0x40',
        ...freeForLong(9),
      },
      at: '5m',
    },
    {
      title: 'one caller fewer',
      series: { ...presences(50, 0), ...waitingLonger({ 120: [2] }), ...freeForLong(9) },
      at: '9m',
    },
    {
      title: 'one agent fewer, as when all are busy',
      series: { ...presences(50, 0), ...waitingLonger({ 120: [9] }), ...freeForLong(2) },
      at: '9m',
    },
    {
      title: 'few callers of a large floor: those with another skill are busy',
      series: { ...presences(451, 0), ...waitingLonger({ 120: [9] }), ...freeForLong(90) },
      at: '9m',
    },
    { title: 'queues are off', series: { ...presences(50, 0), ...freeForLong(40) }, at: '9m' },
  ],
  VccManyWaiting: [
    {
      title: 'in two queues',
      series: { ...presences(40, 0), ...waiting(4, 6) },
      at: '6m',
      fires: one({}, '10'),
    },
    {
      title: 'nobody is logged in',
      series: { ...presences(0, 0), ...waiting(10) },
      at: '6m',
      fires: one({}, '10'),
    },
    {
      title: 'a scrape fails now and then',
      series: withGaps({ ...presences(40, 0), ...waiting(12) }),
      at: '20m',
      fires: one({}, '12'),
    },
    { title: 'one fewer', series: { ...presences(10, 0), ...waiting(4, 5) }, at: '6m' },
    { title: 'few for this number of agents', series: { ...presences(41, 0), ...waiting(4, 6) }, at: '6m' },
    { title: 'not for long yet', series: { ...presences(40, 0), ...waiting(10) }, at: '4m30s' },
    {
      title: 'few, in one queue after the other',
      series: {
        ...presences(10, 0),
        ...inTurn('vcc_queue_waiting', { interaction_plan: 'p', medium: 'Phone' }, 2),
      },
      at: '15m',
    },
    { title: 'queues are off', series: presences(40, 0), at: '6m' },
  ],
  VccWaitTooLong: [
    {
      title: 'one queue, and another in which fewer wait',
      series: waitingLonger({ 300: [3, 2] }),
      at: '3m',
      fires: one({ queue: 'Q0', seconds: '300' }, '3'),
    },
    {
      title: 'a queue without a name',
      series: { [of('vcc_queue_waiting_longer_than', { queue: '', seconds: '300' })]: '4x20' },
      at: '3m',
      fires: one({ queue: '', seconds: '300' }, '4'),
    },
    { title: 'by another bound', series: waitingLonger({ 120: [9] }), at: '5m' },
    { title: 'a few in each of many queues', series: waitingLonger({ 300: [2, 2, 2, 2] }), at: '5m' },
  ],
  VccServiceLevelLow: [
    {
      title: 'too few are answered within the target of the queue',
      series: left({ answered: 20, inTarget: 11, within: 20, abandoned: 8, breakouts: 2 }),
      at: '46m',
      fires: one({ queue: 'Q' }, '36.67%'),
    },
    {
      title: 'the queue has no target of its own',
      series: left({ answered: 30, within: 9 }),
      at: '46m',
      fires: one({ queue: 'Q' }, '30%'),
    },
    {
      title: 'agents who wait for transfers do not count',
      series: left({ answered: 30, inTarget: 9, transfers: 60 }),
      at: '46m',
      fires: one({ queue: 'Q' }, '30%'),
    },
    {
      title: 'all give up',
      series: left({ answered: 0, inTarget: 0, abandoned: 30 }),
      at: '46m',
      fires: one({ queue: 'Q' }, '0%'),
    },
    { title: 'as low as it may be', series: left({ answered: 30, inTarget: 12 }), at: '46m' },
    { title: 'not for long yet', series: left({ answered: 30, inTarget: 3 }), at: '44m' },
    { title: 'too few to judge', series: left({ answered: 9, inTarget: 0, abandoned: 20 }), at: '46m' },
    { title: 'nobody left', series: left({}), at: '46m' },
  ],
};
