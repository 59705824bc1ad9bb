import { describe, expect, test } from '@jest/globals';
import { toSpread } from '../../src/calibrate/spread.ts';
import { Waits } from '../../src/calibrate/waits.ts';
import type { Ongoing } from '../../src/snapshot/ongoing.ts';
import { type QueueTime, toQueueTimeId } from '../../src/snapshot/queue-time.ts';

const ongoing = (more: Partial<Ongoing> = {}): Ongoing => ({
  id: 'a',
  direction: 'Inbound',
  status: 'Ongoing',
  medium: 'Phone',
  lastEvents: ['Queue'],
  waiting: { queue: 'Sales', plan: 'Plan', sinceMs: 100_000 },
  unclear: undefined,
  ...more,
});

/** It was in Sales for 30 s. */
function item(more: Partial<QueueTime> & { interaction?: string } = {}): QueueTime {
  const { interaction = 'a', ...others } = more;
  const its = {
    queue: 'Sales',
    plan: 'Plan',
    medium: 'Phone',
    type: 'ACD',
    category: 'Answered',
    reason: 'Delivered',
    partyRole: 'External',
    skills: [],
    startMs: 100_000 as number | undefined,
    durationMs: 30_000 as number | null | undefined,
    targetMs: undefined,
    ...others,
  };
  return { id: toQueueTimeId(interaction, its.startMs, its.queue, its.type), ...its };
}

/** An interaction that seems to wait at 105 and 115 s, and is then listed as `later` says. */
function compared(items: QueueTime[], { later = [] as Ongoing[], readAtMs = 600_000 } = {}) {
  const waits = new Waits();
  for (const atMs of [105_000, 115_000]) waits.add([ongoing()], atMs);
  for (const atMs of [140_000, readAtMs]) waits.add(later, atMs);
  return waits.compare(items, readAtMs);
}

describe('who seemed to wait', () => {
  test.each<[string, QueueTime[], string[]]>([
    ['agrees with the same queue and start', [item()], ['agrees']],
    ['agrees with a start of nearly the same time', [item({ startMs: 104_000 })], ['agrees']],
    ['agrees with a start 5 s later, at most', [item({ startMs: 105_000 })], ['agrees']],
    ['agrees with an end 5 s before it last seemed to wait', [item({ durationMs: 10_000 })], ['agrees']],
    ['agrees with one of two passes', [item({ startMs: 1000 }), item()], ['agrees']],
    ['agrees with the first of two passes', [item(), item({ startMs: 1000 })], ['agrees']],
    ['has another start', [item({ startMs: 94_999 })], ['other_start']],
    ['waited in another queue', [item({ queue: 'Support' })], ['other_queue']],
    ['waited longer', [item({ durationMs: 9000 })], ['waited_longer']],
    ['has another guid', [item({ interaction: 'b', startMs: 100_400 })], ['other_guid']],
    ['has another guid, within a second', [item({ interaction: 'b', startMs: 101_000 })], ['other_guid']],
    ['is missing', [], ['missing']],
    ['is missing without a known start', [item({ startMs: undefined })], ['missing']],
    ['is missing if only others are there', [item({ interaction: 'b', startMs: 80_000 })], ['missing']],
    ['is missing if it is in a virtual queue only', [item({ type: 'Virtual' })], ['missing']],
    ['is missing if it has not ended', [item({ durationMs: null })], ['missing']],
  ])('%s', (_, items, answers) => {
    expect(compared(items).agrees).toEqual(answers);
  });

  test('may appear within two minutes', () => {
    expect(compared([], { readAtMs: 234_999 }).agrees).toEqual([]);
    expect(compared([], { readAtMs: 235_000 }).agrees).toEqual(['missing']);
  });

  test.each<[string, QueueTime[], string[]]>([
    ['agrees', [item()], ['agrees']],
    ['waited longer', [item({ durationMs: 9000 })], ['waited_longer']],
    ['perhaps has another start', [item({ startMs: 94_999 })], []],
    ['perhaps waited in another queue', [item({ queue: 'Support' })], []],
  ])('%s before two minutes are over', (_, items, answers) => {
    expect(compared(items, { readAtMs: 150_000 }).agrees).toEqual(answers);
  });

  test('counts once per interaction, queue and start', () => {
    const waits = new Waits();
    const wait = { queue: 'Sales', plan: 'Plan', sinceMs: 100_000 };
    const all = [
      ongoing(),
      ongoing({ id: 'b' }),
      ongoing({ waiting: { ...wait, queue: 'Support' } }),
      ongoing({ waiting: { ...wait, sinceMs: 100_001 } }),
    ];
    for (const atMs of [105_000, 115_000]) waits.add(all, atMs);
    expect(waits.count).toBe(4);
  });

  test('is not missing while it may wait for a callback', () => {
    const hungUp = ongoing({ waiting: undefined });
    expect(compared([], { later: [hungUp] }).agrees).toEqual([]);
    const connected = ongoing({ waiting: undefined, lastEvents: ['Connected'] });
    expect(compared([], { later: [connected] }).agrees).toEqual(['missing']);
  });

  test('has a difference of the starts if queue and interaction are the same', () => {
    expect(compared([item({ startMs: 99_500 })]).differencesMs).toEqual([-500]);
    expect(compared([item({ queue: 'Support' })]).differencesMs).toEqual([]);
  });

  test('without a known time, is not compared', () => {
    const waits = new Waits();
    waits.add([ongoing({ waiting: { queue: 'Sales', plan: '', sinceMs: undefined } })], 105_000);
    expect([waits.count, waits.compare([], 600_000).agrees]).toEqual([0, []]);
  });
});

describe('an interaction of queue-times', () => {
  test.each<[string, QueueTime, string[]]>([
    ['was seen', item(), ['seen']],
    ['was not seen', item({ interaction: 'b' }), ['unseen']],
    ['was not seen in this queue', item({ queue: 'Support' }), ['unseen']],
    ['was in the queue too short for a reading', item({ interaction: 'b', durationMs: 9000 }), []],
    ['was an agent who waited for a transfer', item({ interaction: 'b', partyRole: 'Agent' }), []],
    ['has an unknown duration', item({ interaction: 'b', durationMs: undefined }), []],
    // Readings were at 105, 115, 140 and 600 s.
    ['was there 5 s before and after a reading', item({ interaction: 'b', durationMs: 10_000 }), ['unseen']],
    ['came too late', item({ interaction: 'b', startMs: 100_001, durationMs: 10_000 }), []],
    ['was seen up to 5 s before its start', item({ startMs: 120_000 }), ['seen']],
    ['was seen too long before its start', item({ startMs: 120_001 }), ['unseen']],
  ])('%s', (_, given, answers) => {
    expect(compared([given]).seen).toEqual(answers);
  });

  test.each([
    [100_000, 'seen'],
    [99_999, 'unseen'],
  ])('that ended at %i ms, and seemed to wait since a reading at 105 s: %s', (endMs, answer) => {
    const waits = new Waits();
    waits.add([], 80_000);
    waits.add([ongoing()], 105_000);
    const given = item({ startMs: 70_000, durationMs: endMs - 70_000 });
    expect(waits.compare([given], 600_000).seen).toEqual([answer]);
  });

  test('was seen from the first to the last reading in which it seemed to wait', () => {
    const waits = new Waits();
    waits.add([ongoing()], 105_000);
    waits.add([], 120_000);
    waits.add([ongoing()], 135_000);
    const given = item({ startMs: 112_000, durationMs: 16_000 });
    expect(waits.compare([given], 600_000).seen).toEqual(['seen']);
  });
});

test('a spread has the middle, and what nine in ten are below', () => {
  expect(toSpread([])).toBeUndefined();
  expect(toSpread([7])).toEqual({ count: 1, least: 7, median: 7, ninetieth: 7, most: 7 });
  const ten = [3, 1, 2, 10, 9, 8, 4, 5, 6, 7];
  expect(toSpread(ten)).toEqual({ count: 10, least: 1, median: 5, ninetieth: 9, most: 10 });
});
