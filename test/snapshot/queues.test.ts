import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pattern } from '../../src/config/parse.ts';
import { assemble } from '../../src/snapshot/assemble.ts';
import { noGaps } from '../../src/snapshot/gaps.ts';
import { type QueueTime, queueTimeFields, queueTimeListing } from '../../src/snapshot/queue-time.ts';
import type { QueueOptions } from '../../src/snapshot/queues.ts';
import { takenAtMs } from '../support/agents.ts';
import { anyOngoings, anyQueueTimes } from '../support/any-queues.ts';
import { type Series, seriesKey } from '../support/oracle.ts';
import {
  ongoingOf,
  ongoingSnapshot,
  queueOptions,
  queueTimeOf,
  queueTimesSnapshot,
} from '../support/queue-items.ts';
import { countedSeriesOf, inOrder, queueSeriesOf, recountQueues } from '../support/queue-oracle.ts';

const anySnapshots = fc.record({
  ongoing: fc.option(anyOngoings.map(ongoingSnapshot), { nil: undefined, freq: 8 }),
  queueTimes: fc.option(anyQueueTimes.map(queueTimesSnapshot), { nil: undefined, freq: 8 }),
});

const isNumber = (name: string) => name === '0123456789' || name === 'jo@x.example';
const anyOptions = fc.record({
  maxQueues: fc.constantFrom(0, 1, 2, 3, 100),
  windowMs: fc.constantFrom(60_000, 1_800_000),
  bounds: fc.constantFrom([5], [0.5, 5, 60, 600], queueOptions.bounds),
  filter: fc.constantFrom<['.*' | 'S.*|other' | undefined, 'Sales' | undefined]>(
    [undefined, undefined],
    ['.*', undefined],
    ['S.*|other', undefined],
    ['S.*|other', 'Sales'],
    [undefined, 'Sales'],
  ),
  numbers: fc.constantFrom<(name: string) => string>(
    (name) => name,
    () => 'number',
    (name) => `number-${name.length}`,
  ),
});

function optionsOf({
  filter: [include, exclude],
  numbers,
  ...rest
}: ReturnType<typeof anyOptions.generate>['value']) {
  const options: QueueOptions = {
    ...rest,
    include: include === undefined ? undefined : pattern(include),
    exclude: exclude === undefined ? undefined : pattern(exclude),
    labelOfNumber: numbers,
  };
  const isIncluded = (queue: string) =>
    (include !== 'S.*|other' || queue.startsWith('S') || queue === 'other') && queue !== exclude;
  return { options, isIncluded, labelOf: (name: string) => (isNumber(name) ? numbers(name) : name) };
}

/** The sum of the values of the series of one metric whose labels have all of these. */
function sumOf(series: Series, name: string, labels: Readonly<Record<string, string>> = {}): number {
  const parts = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  const own = [...series].filter(
    ([key]) => key.startsWith(`${name}{`) && parts.every((part) => key.includes(part)),
  );
  return own.reduce((sum, [, value]) => sum + value, 0);
}

const of = (name: string, labels: Record<string, string>) => seriesKey(name, { account: 'test', ...labels });

describe('queues', () => {
  test('have the numbers of a recount, whatever is there, folded, excluded or hidden', async () => {
    await fc.assert(
      fc.asyncProperty(anySnapshots, anyOptions, async (snapshots, chosen) => {
        const { options, isIncluded, labelOf } = optionsOf(chosen);
        const series = await countedSeriesOf(snapshots, options);
        expect(inOrder(series)).toEqual(inOrder(recountQueues(snapshots, options, isIncluded, labelOf)));
      }),
      { numRuns: 300 },
    );
  });

  test('do not depend on the order of items', async () => {
    await fc.assert(
      fc.asyncProperty(anyOngoings, anyQueueTimes, fc.nat(20), fc.nat(20), async (ongoings, times, a, b) => {
        const turned = <T>(items: readonly T[], at: number) =>
          [...items.slice(at), ...items.slice(0, at)].reverse();
        const before = { ongoing: ongoingSnapshot(ongoings), queueTimes: queueTimesSnapshot(times) };
        const after = {
          ongoing: ongoingSnapshot(turned(ongoings, a)),
          queueTimes: queueTimesSnapshot(turned(times, b)),
        };
        const options = { ...queueOptions, maxQueues: 3 };
        expect(inOrder(await countedSeriesOf(after, options))).toEqual(
          inOrder(await countedSeriesOf(before, options)),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('add up: folding moves numbers and loses none', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyOngoings,
        anyQueueTimes,
        fc.constantFrom(0, 1, 2, 3),
        async (ongoings, times, maxQueues) => {
          const snapshots = { ongoing: ongoingSnapshot(ongoings), queueTimes: queueTimesSnapshot(times) };
          const all = await countedSeriesOf(snapshots);
          const few = await countedSeriesOf(snapshots, { ...queueOptions, maxQueues });
          const waiting = ongoings.filter((each) => each.waiting).length;
          for (const series of [all, few]) {
            expect(sumOf(series, 'vcc_queue_waiting')).toBe(waiting);
            expect(sumOf(series, 'vcc_ongoing_interactions')).toBe(ongoings.length);
            expect(sumOf(series, 'vcc_ongoing_by_last_event')).toBe(
              ongoings.flatMap((each) => each.lastEvents).length,
            );
            for (const name of ['vcc_queue_waiting_longer_than', 'vcc_queue_window_left_within']) {
              const byBound = queueOptions.bounds.map((bound) =>
                sumOf(series, name, { seconds: `${bound}` }),
              );
              const ascending = byBound.toSorted((a, b) => a - b);
              expect(byBound).toEqual(name.endsWith('within') ? ascending : ascending.reverse());
            }
            expect(sumOf(series, 'vcc_queue_window_left_within', { seconds: '600' })).toBeLessThanOrEqual(
              sumOf(series, 'vcc_queue_window_left'),
            );
            expect(sumOf(series, 'vcc_queue_waiting_longer_than', { seconds: '5' })).toBeLessThanOrEqual(
              waiting,
            );
          }
          for (const name of [
            'vcc_queue_window_left',
            'vcc_queue_window_wait_seconds',
            'vcc_queue_waiting_longer_than',
          ])
            expect(sumOf(few, name)).toBeCloseTo(sumOf(all, name), 6);
          const series = (name: string) => [...few.keys()].filter((key) => key.startsWith(`${name}{`)).length;
          expect(series('vcc_queue_oldest_since_timestamp_seconds')).toBeLessThanOrEqual(maxQueues + 1);
          expect(few.get('vcc_queues_folded{account="test"}')).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('without anybody have no series but the totals', async () => {
    const series = await countedSeriesOf({
      ongoing: ongoingSnapshot([]),
      queueTimes: queueTimesSnapshot([]),
    });
    expect([...series].filter(([key]) => /queue="/.test(key))).toEqual([]);
    expect(series.get('vcc_queues_folded{account="test"}')).toBe(0);
    expect(series.get('vcc_ongoing_by_last_event{account="test",event="Queue"}')).toBe(0);
    expect(series.get('vcc_queue_unclear{account="test",reason="touchpoint"}')).toBe(0);
    expect(series.get('vcc_queue_window_seconds{account="test"}')).toBe(1800);
  });

  test('that are unknown have no number, and hide no other', async () => {
    expect(await countedSeriesOf({ ongoing: undefined, queueTimes: undefined })).toEqual(new Map());
    const [waiting, left] = [
      await countedSeriesOf({ ongoing: ongoingSnapshot([ongoingOf('a')]), queueTimes: undefined }),
      await countedSeriesOf({ ongoing: undefined, queueTimes: queueTimesSnapshot([queueTimeOf('a')]) }),
    ];
    expect([...waiting.keys()].filter((key) => /^vcc_queue_(window|target)/.test(key))).toEqual([]);
    expect(sumOf(waiting, 'vcc_queue_waiting')).toBe(1);
    expect(
      [...left.keys()].filter((key) => /^vcc_(queue_(waiting|oldest|unclear)|ongoing)/.test(key)),
    ).toEqual([]);
    expect(sumOf(left, 'vcc_queue_window_left')).toBe(1);
  });

  test('show 0 while nobody waits, for as long as somebody left within the window', async () => {
    const snapshots = {
      ongoing: ongoingSnapshot([
        ongoingOf('a', { waiting: { queue: 'Sales', plan: 'P', sinceMs: undefined } }),
      ]),
      queueTimes: queueTimesSnapshot([queueTimeOf('b')]),
    };
    const series = await countedSeriesOf(snapshots);
    const labels = { queue: 'Support', interaction_plan: 'Support Plan', medium: 'Phone' };
    expect(series.get(of('vcc_queue_waiting', labels))).toBe(0);
    expect(series.get(of('vcc_queue_waiting_longer_than', { queue: 'Support', seconds: '5' }))).toBe(0);
    expect(series.has(of('vcc_queue_oldest_since_timestamp_seconds', { queue: 'Support' }))).toBe(false);
    // And the other way round.
    const sales = { queue: 'Sales', category: 'Answered', party_role: 'External' };
    expect(series.get(of('vcc_queue_window_left', sales))).toBe(0);
    expect(series.has(of('vcc_queue_window_left_in_target', sales))).toBe(false);
    // Who waits since an unknown time still waits.
    expect(sumOf(series, 'vcc_queue_waiting', { queue: 'Sales' })).toBe(1);
    expect(sumOf(series, 'vcc_queue_waiting_longer_than', { queue: 'Sales' })).toBe(0);
  });

  test.each([
    [1_800_001, 0],
    [1_800_000, 0],
    [1_799_999, 1],
    [1, 1],
    [0, 1],
    // Each one counts for exactly as long as the window: not before the window ends.
    [-1, 0],
  ])('count who left %i ms before the end of a window of 30 minutes: %i', async (agoMs, left) => {
    const item = queueTimeOf('a', { startMs: takenAtMs - agoMs - 20_000, durationMs: 20_000 });
    const series = await countedSeriesOf({ ongoing: undefined, queueTimes: queueTimesSnapshot([item]) });
    expect(sumOf(series, 'vcc_queue_window_left')).toBe(left);
  });

  test.each([
    [5_000, '5', 1, 0],
    [5_001, '5', 0, 1],
    [4_999, '5', 1, 0],
    // 1.005 * 1000 is 1004.9999999999999.
    [1_005, '1.005', 1, 0],
    [1_006, '1.005', 0, 1],
    [0, '0.5', 1, 0],
  ])('put a wait of %i ms in the right place of the bound %s s', async (ms, bound, within, longer) => {
    const series = await countedSeriesOf(
      {
        ongoing: ongoingSnapshot([
          ongoingOf('a', { waiting: { queue: 'Support', plan: '', sinceMs: takenAtMs - ms } }),
        ]),
        queueTimes: queueTimesSnapshot([queueTimeOf('a', { durationMs: ms })]),
      },
      { ...queueOptions, bounds: [Number(bound)] },
    );
    expect(sumOf(series, 'vcc_queue_window_left_within', { seconds: bound })).toBe(within);
    expect(sumOf(series, 'vcc_queue_waiting_longer_than', { seconds: bound })).toBe(longer);
  });

  test.each<[string, Partial<QueueTime>[], number | undefined, number | undefined]>([
    ['at most the target', [{ durationMs: 20_000, targetMs: 20_000 }], 1, 20],
    ['longer than the target', [{ durationMs: 20_001, targetMs: 20_000 }], 0, 20],
    ['a target of 0', [{ durationMs: 0, targetMs: 0 }], 1, 0],
    ['no target', [{ targetMs: undefined }], undefined, undefined],
    ['one of two without', [{ targetMs: undefined }, { startMs: takenAtMs - 25_000 }], undefined, 20],
    [
      "a breakout without one, as in Vonage's example",
      [{}, { category: 'Breakout', targetMs: undefined }],
      1,
      20,
    ],
    ['only a breakout, without one', [{ category: 'Breakout', targetMs: undefined }], undefined, undefined],
    ['the last one without', [{}, { startMs: takenAtMs - 25_000, targetMs: undefined }], undefined, 20],
    [
      'a target that changed',
      [{ targetMs: 5_000 }, { startMs: takenAtMs - 25_000, targetMs: 30_000 }],
      1,
      30,
    ],
    ['two at the same time', [{ targetMs: 30_000 }, { targetMs: 5_000 }], 1, 30],
    ['the same two in another order', [{ targetMs: 5_000 }, { targetMs: 30_000 }], 1, 30],
    ['none and 0 at the same time', [{ targetMs: undefined }, { targetMs: 0 }], undefined, 0],
    ['0 and none at the same time', [{ targetMs: 0 }, { targetMs: undefined }], undefined, 0],
    ['only one outside the window', [{ startMs: takenAtMs - 7_200_000 }], undefined, undefined],
  ])('with %s', async (_, items, inTarget, target) => {
    const snapshot = queueTimesSnapshot(items.map((item, index) => queueTimeOf(`${index}`, item)));
    const series = await countedSeriesOf({ ongoing: ongoingSnapshot([]), queueTimes: snapshot });
    const answered = { queue: 'Support', category: 'Answered', party_role: 'External' };
    expect(series.get(of('vcc_queue_window_left_in_target', answered))).toBe(inTarget);
    expect(series.get(of('vcc_queue_target_seconds', { queue: 'Support' }))).toBe(target);
  });

  test('count an interaction of an ACD queue and a virtual one once', async () => {
    const items = [queueTimeOf('a'), queueTimeOf('b', { queue: 'Support Callback', type: 'Virtual' })];
    const series = await countedSeriesOf({ ongoing: undefined, queueTimes: queueTimesSnapshot(items) });
    expect(sumOf(series, 'vcc_queue_window_left')).toBe(1);
    expect(series.get(of('vcc_queue_window_other_types', {}))).toBe(1);
    expect([...series.keys()].filter((key) => key.includes('Callback'))).toEqual([]);
  });

  test('count a transfer twice, and an agent who waited apart from customers', async () => {
    const items = [queueTimeOf('a'), queueTimeOf('b', { queue: 'Sales', partyRole: 'Agent' })];
    const series = await countedSeriesOf({ ongoing: undefined, queueTimes: queueTimesSnapshot(items) });
    expect(sumOf(series, 'vcc_queue_window_left', { party_role: 'External' })).toBe(1);
    expect(sumOf(series, 'vcc_queue_window_left', { party_role: 'Agent', queue: 'Sales' })).toBe(1);
  });

  test('with more pairs of queue and plan than the limit: passages without a plan take no place', async () => {
    const waiting = ['A', 'B'].map((plan) =>
      ongoingOf(plan, { waiting: { queue: 'Support', plan, sinceMs: takenAtMs } }),
    );
    const snapshots = {
      ongoing: ongoingSnapshot(waiting),
      queueTimes: queueTimesSnapshot([
        queueTimeOf('x', { plan: '' }),
        queueTimeOf('y', { plan: 'A', medium: '' }),
      ]),
    };
    const series = await countedSeriesOf(snapshots, { ...queueOptions, maxQueues: 2 });
    expect([...series.keys()].filter((key) => key.startsWith('vcc_queue_waiting{'))).toEqual(
      ['A', 'B'].map((plan) =>
        of('vcc_queue_waiting', { queue: 'Support', interaction_plan: plan, medium: 'Phone' }),
      ),
    );
  });

  test.each(['02079460123', 'anna@mail.example'])('show no word that looks like %s', async (word) => {
    const snapshots = {
      ongoing: ongoingSnapshot([
        ongoingOf('a', { direction: word, status: word, medium: word, lastEvents: [word] }),
      ]),
      queueTimes: queueTimesSnapshot([queueTimeOf('x', { category: word, partyRole: word, medium: word })]),
    };
    const series = await countedSeriesOf(snapshots);
    expect([...series.keys()].join('\n')).not.toContain(word);
    const labels = { queue: 'Support', category: 'other', party_role: 'other' };
    expect(series.get(of('vcc_queue_window_left', labels))).toBe(1);
    expect(series.get(of('vcc_ongoing_by_last_event', { event: 'other' }))).toBe(1);
  });

  test.each([{ plan: '' }, { medium: '' }])('has a row for a queue that only %p left', async (unknown) => {
    const queueTimes = queueTimesSnapshot([queueTimeOf('x', unknown)]);
    const series = await countedSeriesOf({ ongoing: ongoingSnapshot([]), queueTimes });
    const rows = [...series].filter(([key]) => key.startsWith('vcc_queue_waiting{'));
    const labels = { queue: 'Support', interaction_plan: '', medium: '' };
    expect(rows).toEqual([[of('vcc_queue_waiting', labels), 0]]);
  });

  test('have a bounded number of series, whatever names, media and words the API returns', async () => {
    const many = Array.from({ length: 400 }, (_, index) => `name-${index}`);
    const ongoings = many.map((name) =>
      ongoingOf(name, {
        waiting: { queue: name, plan: name, sinceMs: takenAtMs },
        ...{ direction: name, status: name, medium: name, lastEvents: [name] },
      }),
    );
    const times = many.map((name) =>
      queueTimeOf(name, { queue: name, plan: name, medium: name, category: name, partyRole: name }),
    );
    const snapshots = { ongoing: ongoingSnapshot(ongoings), queueTimes: queueTimesSnapshot(times) };
    const series = await countedSeriesOf(snapshots, { ...queueOptions, maxQueues: 10 });
    const count = (name: string) => [...series.keys()].filter((key) => key.startsWith(`${name}{`)).length;
    expect(series.get(of('vcc_queues_folded', {}))).toBe(390);
    expect(count('vcc_queue_oldest_since_timestamp_seconds')).toBe(11);
    expect(count('vcc_queue_waiting')).toBeLessThan(10 + 11 * 22);
    expect(count('vcc_ongoing_by_last_event')).toBe(3 + 20 + 1);
    expect(sumOf(series, 'vcc_queue_waiting')).toBe(400);
    expect(sumOf(series, 'vcc_queue_window_left')).toBe(400);
    expect(sumOf(series, 'vcc_ongoing_interactions')).toBe(400);
  });
});

test('words of the API reference have their own series, however many others there are', async () => {
  const others = Array.from({ length: 100 }, (_, index) => `word-${index}`);
  const directions = ['Inbound', 'Outbound', 'Internal'];
  const media = ['Phone', 'Email'];
  const events = ['', 'Ringing', 'Connected', 'Queue'];
  const ongoings = [
    ...others.map((word) =>
      ongoingOf(word, {
        waiting: { queue: 'Support', plan: 'Plan', sinceMs: takenAtMs },
        ...{ direction: word, status: word, medium: word, lastEvents: [word] },
      }),
    ),
    ...directions.map((direction) => ongoingOf(direction, { direction, lastEvents: events })),
    ...media.map((medium) => ongoingOf(medium, { medium })),
  ];
  const categories = ['', 'Answered', 'Abandoned', 'Breakout'];
  const roles = ['', 'External', 'Agent'];
  const times = [
    ...others.map((word) => queueTimeOf(word, { category: word, partyRole: word })),
    ...categories.map((category) => queueTimeOf(category, { category })),
    ...roles.map((partyRole) => queueTimeOf(partyRole, { partyRole })),
  ];
  const series = await countedSeriesOf({
    ongoing: ongoingSnapshot(ongoings),
    queueTimes: queueTimesSnapshot(times),
  });
  const valuesOf = (name: string, label: string) =>
    new Set(
      [...series]
        .filter(([key, value]) => key.startsWith(`${name}{`) && value > 0)
        .map(([key]) => new RegExp(`${label}="([^"]*)"`).exec(key)![1]),
    );
  for (const [name, label, words] of [
    ['vcc_ongoing_interactions', 'direction', directions],
    ['vcc_ongoing_interactions', 'status', ['Ongoing']],
    ['vcc_ongoing_interactions', 'medium', media],
    ['vcc_ongoing_by_last_event', 'event', events],
    ['vcc_queue_waiting', 'medium', media],
    ['vcc_queue_window_left', 'category', categories],
    ['vcc_queue_window_left', 'party_role', roles],
  ] as const) {
    const values = valuesOf(name, label);
    expect([...values]).toEqual(expect.arrayContaining([...words, 'other']));
  }
});

describe('queue times that the API returns more than once', () => {
  const page = (number: number, items: readonly QueueTime[], all: number) => ({
    ...{ number, items, count: items.length, pageCount: 2, totalCount: all },
    ...{ upToMs: takenAtMs, gaps: noGaps(queueTimeFields) },
  });
  const [early, late] = [queueTimeOf('a', { category: '', durationMs: 1 }), queueTimeOf('a')];
  const waiting = queueTimeOf('a', { category: '', durationMs: null });

  test.each([
    ['on one page', [[early, late], [queueTimeOf('b')]]],
    ['on two pages', [[queueTimeOf('b'), early], [late]]],
    ['after one that still waits', [[waiting, late], [queueTimeOf('b')]]],
    ['before one that still waits', [[late, waiting], [queueTimeOf('b')]]],
  ])('count once, by the later record that has ended: %s', async (_, [first, second]) => {
    const pages = new Map([
      [1, page(1, first!, 3)],
      [2, page(2, second!, 3)],
    ]);
    const snapshot = assemble(pages, queueTimeListing);
    if ('reason' in snapshot) throw new Error(snapshot.reason);
    expect(snapshot.duplicates).toBe(1);
    const series = await countedSeriesOf({ ongoing: undefined, queueTimes: snapshot });
    expect(sumOf(series, 'vcc_queue_window_left', { category: 'Answered' })).toBe(2);
    expect(sumOf(series, 'vcc_queue_window_left')).toBe(2);
  });
});

test('the status of each source has series of its own', async () => {
  const status = { requests: 2, takenAtMs: 1_500, flawed: 3 };
  const series = await queueSeriesOf({
    sources: [
      { source: 'ongoing', error: undefined, ...status },
      { source: 'skills', error: 'forbidden', requests: 1, takenAtMs: undefined, flawed: undefined },
    ],
  });
  const value = (name: string, source: string, more: object = {}) =>
    series.get(of(name, { source, ...more }));
  expect(['ongoing', 'skills', 'queue_times'].map((source) => value('vcc_queue_up', source))).toEqual([
    1,
    0,
    undefined,
  ]);
  expect(value('vcc_queue_api_requests', 'ongoing')).toBe(2);
  expect(value('vcc_queue_snapshot_timestamp_seconds', 'ongoing')).toBe(1.5);
  expect(value('vcc_queue_snapshot_timestamp_seconds', 'skills')).toBeUndefined();
  expect(value('vcc_queue_flawed_items', 'ongoing')).toBe(3);
  expect(value('vcc_queue_error', 'skills', { reason: 'forbidden' })).toBe(1);
  expect(sumOf(series, 'vcc_queue_error')).toBe(1);
});
