import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Left, QueueTruth } from '../../src/simulator/callers.ts';
import { fillIn, panelsOf, readDashboards } from '../support/dashboards.ts';
import { describeWith } from './support/parts.ts';
import { run } from './support/process.ts';
import { openPrometheus, type Receiver } from './support/push.ts';
import { queryAt, queryRange } from './support/query.ts';
import {
  liveQueueHours,
  queueBeginMs,
  queueMinutes,
  withoutQueues,
  withQueues,
} from './support/queue-hours.ts';

const targetsOf = (uid: string, title: string) => {
  const [, dashboard] = readDashboards().find(([each]) => each === uid)!;
  return panelsOf(dashboard).find((panel) => panel.title === title)!.targets!;
};

interface Case {
  title: string;
  /** By series: values half a minute apart, in the notation of promtool. */
  series: Readonly<Record<string, string>>;
  at: string;
  /** The results of each query of the panel. */
  gives: readonly (number | undefined)[];
}

/** Series of an account that is read for an hour, and then ends or goes on. */
const account = (name: string, job: string, up: string) => ({
  [`vcc_up{job="${job}", instance="i", account="${name}"}`]: up,
  [`vcc_snapshot_timestamp_seconds{job="${job}", instance="i", account="${name}"}`]: up.startsWith('1x59')
    ? '0+30x59 stale'
    : '0+30x400',
});
const goesOn = '1x400';
const ends = '1x59 stale';
const configured = (job: string, values: string) => ({
  [`vcc_exporter_accounts{job="${job}", instance="i"}`]: values,
  [`up{job="${job}", instance="i"}`]: goesOn,
});

const missing: readonly Case[] = [
  {
    title: 'all are there',
    series: { ...configured('vcc', '2x400'), ...account('a', 'vcc', goesOn), ...account('b', 'vcc', goesOn) },
    at: '2h',
    gives: [0],
  },
  {
    title: 'one stops sending',
    series: { ...configured('vcc', '2x400'), ...account('a', 'vcc', goesOn), ...account('b', 'vcc', ends) },
    at: '2h',
    gives: [1],
  },
  {
    title: 'one was taken out of the configuration',
    series: {
      ...configured('vcc', '2x59 1x400'),
      ...account('a', 'vcc', goesOn),
      ...account('b', 'vcc', ends),
    },
    at: '2h',
    gives: [0],
  },
  {
    title: 'one was taken out, and one stops sending',
    series: {
      ...configured('vcc', '3x59 2x400'),
      ...account('a', 'vcc', goesOn),
      ...account('b', 'vcc', ends),
      ...account('c', 'vcc', ends),
    },
    at: '2h',
    // The series cannot show which of the two is gone.
    gives: [2],
  },
  {
    title: 'another target of the job is down',
    series: {
      ...configured('vcc', '1x400'),
      'up{job="vcc", instance="j"}': '1x59 0x400',
      ...account('a', 'vcc', goesOn),
      ...account('b', 'vcc', ends),
    },
    at: '2h',
    gives: [1],
  },
  {
    title: 'the exporter of another job is gone',
    series: {
      ...configured('vcc', '1x400'),
      ...account('a', 'vcc', goesOn),
      ...account('b', 'vcc-2', ends),
    },
    at: '2h',
    gives: [1],
  },
];

/** The number of interactions in a state, and of agents on shift. */
const unexpected = (count: number, onShift: number) => ({
  'vcc_agents{job="vcc", account="a", presence="Ready"}': `${onShift}x20`,
  ...Object.fromEntries(
    ['Away', 'ExtendedAway'].map((presence) => [
      `vcc_agents_longer_than{job="vcc", account="a", presence="${presence}", seconds="7200"}`,
      '0x20',
    ]),
  ),
  'vcc_interactions_by_reason{job="vcc", account="a", state="Unexpected", reason="NoAnswer"}': `${count}x20`,
  'vcc_interactions_by_reason{job="vcc", account="a", state="Unexpected", reason="LineFailed"}': '1x20',
});

/** A series of an account whose queues are read. */
const queued = (metric: string, labels: string, value: number, job = 'vcc') => ({
  [`${metric}{job="${job}", account="a", ${labels}}`]: `${value}x20`,
});
const isRead = (source: string, up = 1) => queued('vcc_queue_up', `source="${source}"`, up);
const waits = (queue: string, count: number, job?: string) =>
  queued('vcc_queue_waiting', `queue="${queue}", interaction_plan="", medium="Phone"`, count, job);
const since = (queue: string, time: number) => ({
  ...queued('vcc_queue_snapshot_timestamp_seconds', 'source="ongoing"', 1000),
  ...queued('vcc_queue_oldest_since_timestamp_seconds', `queue="${queue}"`, time),
});
const left = (queue: string, category: string, count: number, role = 'External') =>
  queued('vcc_queue_window_left', `queue="${queue}", category="${category}", party_role="${role}"`, count);
const inTarget = (queue: string, count: number, role = 'External') =>
  queued(
    'vcc_queue_window_left_in_target',
    `queue="${queue}", category="Answered", party_role="${role}"`,
    count,
  );
/** Eight of ten are answered, six of them in time. The rest has no target, or is an agent. */
const window = {
  ...left('Sales', 'Answered', 8),
  ...left('Sales', 'Abandoned', 1),
  ...left('Sales', 'Breakout', 1),
  ...left('Sales', 'Answered', 5, 'Agent'),
  ...left('', 'Answered', 9),
  ...left('', 'Abandoned', 1),
  ...inTarget('Sales', 6),
  ...inTarget('Sales', 5, 'Agent'),
};
const nobodyLeft = {
  ...left('Sales', 'Answered', 0),
  ...left('Sales', 'Abandoned', 0),
  ...inTarget('Sales', 0),
};

const panels: readonly [uid: string, title: string, cases: readonly Case[]][] = [
  ['vcc-floor', 'Accounts missing', missing],
  [
    'vcc-exporter',
    'Can these numbers be trusted?',
    missing.map((each) => ({ ...each, gives: [each.gives[0] ? 2 : 0] })),
  ],
  [
    'vcc-interactions',
    'Unexpected now',
    [
      { title: 'few: green', series: unexpected(2, 10), at: '5m', gives: [undefined, 3] },
      { title: 'a small share: green', series: unexpected(3, 1000), at: '5m', gives: [undefined, 4] },
      { title: 'the alert fires: orange', series: unexpected(3, 20), at: '5m', gives: [4, undefined] },
      { title: 'no data', series: { node_uname_info: '1x20' }, at: '5m', gives: [undefined, undefined] },
    ],
  ],
  [
    'vcc-queues',
    'Waiting now',
    [
      { title: 'no queue is known: nobody', series: isRead('ongoing'), at: '5m', gives: [0] },
      { title: 'the read failed', series: isRead('ongoing', 0), at: '5m', gives: [undefined] },
      {
        title: 'no name, folded queues and numbers; two exporters',
        series: {
          ...waits('', 1),
          ...waits('other', 2),
          ...waits('number', 4),
          ...waits('Sales', 8),
          ...waits('Sales', 7, 'vcc-2'),
        },
        at: '5m',
        gives: [15],
      },
    ],
  ],
  [
    'vcc-queues',
    'Longest wait',
    [
      { title: 'no queue is known: nobody', series: isRead('ongoing'), at: '5m', gives: [0] },
      { title: 'nobody waits', series: { ...isRead('ongoing'), ...waits('', 0) }, at: '5m', gives: [0] },
      {
        title: 'since when is unknown',
        series: { ...isRead('ongoing'), ...waits('', 1) },
        at: '5m',
        gives: [undefined],
      },
      {
        title: 'in a queue without a name',
        series: { ...waits('', 1), ...since('', 940) },
        at: '5m',
        gives: [60],
      },
      { title: 'they left', series: { ...waits('', 0), ...since('', 940) }, at: '5m', gives: [0] },
    ],
  ],
  [
    'vcc-queues',
    'Service level',
    [
      { title: "Vonage's formula", series: window, at: '5m', gives: [0.6] },
      { title: 'nobody left', series: nobodyLeft, at: '5m', gives: [undefined] },
    ],
  ],
  [
    'vcc-queues',
    'Abandoned',
    [
      { title: 'agents do not count', series: window, at: '5m', gives: [0.1] },
      { title: 'nobody left', series: nobodyLeft, at: '5m', gives: [undefined] },
    ],
  ],
  [
    'vcc-queues',
    'Offered',
    [
      { title: 'agents do not count', series: window, at: '5m', gives: [20] },
      { title: 'no queue is known: nobody', series: isRead('queue_times'), at: '5m', gives: [0] },
      { title: 'the read failed', series: isRead('queue_times', 0), at: '5m', gives: [undefined] },
    ],
  ],
];

describeWith(['prometheus'], 'panels, judged by promtool', ({ prometheus: { promtool } }) => {
  describe.each(panels)('%s › %s', (uid, title, cases) => {
    test.each(cases.map((each) => [each.title, each] as const))('%s', async (_, { series, at, gives }) => {
      const targets = targetsOf(uid, title);
      expect(targets).toHaveLength(gives.length);
      const folder = mkdtempSync(join(tmpdir(), 'vcc-panels-'));
      const file = join(folder, 'panel.test.yml');
      const unitTest = {
        tests: [
          {
            interval: '30s',
            input_series: Object.entries(series).map(([each, values]) => ({ series: each, values })),
            promql_expr_test: targets.map(({ expr }, index) => ({
              expr: fillIn(expr),
              eval_time: at,
              exp_samples: gives[index] === undefined ? [] : [{ labels: '{}', value: gives[index] }],
            })),
          },
        ],
      };
      writeFileSync(file, JSON.stringify(unitTest));
      const { status, stdout, stderr } = await run(promtool, ['test', 'rules', file], { folder });
      rmSync(folder, { recursive: true, force: true });
      expect({ status, said: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, said: '' });
    });
  });
});

/** Moments at which the numbers are compared with the simulator's. */
const moments = [40, 68, 90, 125, 150].map((at) => queueBeginMs + at * 60_000);
const endMs = queueBeginMs + queueMinutes * 60_000;

/** What became of customers, counted by brute force. Without anybody there is no number. */
function toWindow(left: readonly Left[]) {
  const own = left.filter(({ type, party }) => type === 'ACD' && party === 'External');
  const as = (category: string) => own.filter((each) => each.category === category);
  const answered = as('Answered');
  const withTarget = own.filter(({ targetMs }) => targetMs !== undefined);
  const inTarget = withTarget.filter(
    ({ category, waitedMs, targetMs }) => category === 'Answered' && waitedMs <= targetMs!,
  );
  const sum = answered.reduce((total, { waitedMs }) => total + waitedMs / 1000, 0);
  const ratio = (part: number, whole: number) => (whole === 0 ? undefined : part / whole);
  return {
    Offered: own.length,
    Answered: answered.length,
    'Gave up': as('Abandoned').length,
    Breakouts: as('Breakout').length,
    'Service level': ratio(inTarget.length, withTarget.length),
    Abandoned: ratio(as('Abandoned').length, own.length),
    'Speed of answer': ratio(sum, answered.length),
  };
}

/** The large numbers of the dashboard Queues by their titles. */
function toNumbers({ waiting, left }: QueueTruth, timeMs: number, queue?: string) {
  const callers = waiting.filter(
    (each) => each.type === 'ACD' && each.party === 'External' && each.queue === (queue ?? each.queue),
  );
  const ages = callers.map(({ sinceMs }) => (timeMs - sinceMs) / 1000);
  return {
    'Waiting now': callers.length,
    'Longest wait': Math.max(0, ...ages),
    ...toWindow(left.filter((each) => each.queue === (queue ?? each.queue))),
  };
}

describeWith(['prometheus'], 'queues', ({ prometheus: { prometheus } }) => {
  let folder: string;
  let receiver: Receiver;
  let truths: Map<number, QueueTruth>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vcc-queues-'));
    receiver = await openPrometheus(prometheus, folder);
    await receiver.start();
    truths = await liveQueueHours(receiver, moments);
  }, 240_000);
  afterAll(async () => {
    await receiver?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const queriesOf = (uid: string) =>
    panelsOf(readDashboards().find(([each]) => each === uid)![1]).flatMap(({ title, targets = [] }) =>
      targets.map(({ refId, expr }) => [`${title} (${refId})`, expr] as const),
    );
  const valuesOf = async (title: string, chosen: Record<string, string>, timeMs: number) => {
    const [target] = targetsOf('vcc-queues', title);
    const found = await queryAt(receiver.origin, fillIn(target!.expr, chosen), timeMs);
    return found.map(({ value }) => Number(value.toFixed(6)));
  };

  test.each(queriesOf('vcc-queues'))('%s has data, and no number that is none', async (_, expr) => {
    const series = await queryRange(receiver.origin, fillIn(expr), queueBeginMs, endMs, 60);
    expect(series.length).toBeGreaterThan(0);
    expect(series.flatMap(({ values }) => values).filter(([, value]) => !Number.isFinite(value))).toEqual([]);
  });

  test.each(queriesOf('vcc-queues').filter(([title]) => !title.startsWith('Can these numbers')))(
    '%s is empty where queues are not read',
    async (_, expr) => {
      const query = fillIn(expr, { account: withoutQueues });
      expect(await queryRange(receiver.origin, query, queueBeginMs, endMs, 60)).toEqual([]);
    },
  );

  test('the line on Floor has numbers only where queues are read', async () => {
    const { targets = [] } = panelsOf(readDashboards()[0]![1]).at(-1)!;
    const countFor = async (account: string) => {
      const found = targets.map(({ expr }) => queryAt(receiver.origin, fillIn(expr, { account }), endMs));
      return (await Promise.all(found)).map(({ length }) => length);
    };
    expect(await countFor(withQueues)).toEqual([1, 1, 1, 1, 1]);
    expect(await countFor('.*')).toEqual([1, 1, 1, 1, 1]);
    expect(await countFor(withoutQueues)).toEqual([0, 0, 0, 0, 0]);
  });

  test.each(moments.map((timeMs) => [new Date(timeMs).toISOString(), timeMs] as const))(
    "at %s the numbers equal the simulator's",
    async (_, timeMs) => {
      const truth = truths.get(timeMs)!;
      for (const queue of [undefined, 'Billing', 'Complaints']) {
        const chosen = queue === undefined ? {} : { queue };
        const expected = toNumbers(truth, timeMs, queue);
        const found = await Promise.all(
          Object.keys(expected).map(async (title) => [title, await valuesOf(title, chosen, timeMs)]),
        );
        const rounded = Object.entries(expected).map(([title, value]) => [
          title,
          value === undefined ? [] : [Number(value.toFixed(6))],
        ]);
        expect({ queue, ...Object.fromEntries(found) }).toEqual({ queue, ...Object.fromEntries(rounded) });
      }
    },
  );

  test('the hours have customers who wait, and a target for some queues only', () => {
    const numbers = moments.map((timeMs) => toNumbers(truths.get(timeMs)!, timeMs));
    expect(Math.max(...numbers.map((each) => each['Waiting now']))).toBeGreaterThan(2);
    const ofComplaints = toNumbers(truths.get(endMs)!, endMs, 'Complaints');
    expect(ofComplaints.Offered).toBeGreaterThan(0);
    expect(ofComplaints['Service level']).toBeUndefined();
  });
});
