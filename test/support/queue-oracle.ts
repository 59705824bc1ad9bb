import type { QueueReading } from '../../src/snapshot/queue-reading.ts';
import { type QueueOptions, type QueueSnapshots, toQueues } from '../../src/snapshot/queues.ts';
import { type Series, seriesKey, toSeries } from './oracle.ts';
import { queueOptions } from './queue-items.ts';
import { familiesOf, readingOf } from './reading.ts';

/** The series of the metrics of queues and skills only. */
export async function queueSeriesOf(queues: Partial<QueueReading>): Promise<Series> {
  const none = { bounds: queueOptions.bounds, ongoing: undefined, left: undefined, folded: 0 };
  const reading = readingOf([], { queues: { sources: [], counts: none, skills: undefined, ...queues } });
  return new Map(
    [...toSeries(await familiesOf(reading))].filter(([key]) => /^vcc_(queue|ongoing|skill)/.test(key)),
  );
}

/** The same of these snapshots. */
export const countedSeriesOf = (snapshots: QueueSnapshots, options = queueOptions): Promise<Series> =>
  queueSeriesOf({ counts: toQueues(snapshots, options) });

const words = {
  direction: ['Inbound', 'Outbound', 'Internal'],
  event: ['Ringing', 'Connected', 'Queue'],
  unclear: ['direction', 'status', 'touchpoint', 'end_reason', 'event_order', 'several_channels'],
  category: ['Answered', 'Abandoned', 'Breakout'],
};

/**
 * Every metric of the queues, counted anew by brute force from the words of the issue: a filter per
 * number, no code shared with the exporter. `labelOf` says what the name of a queue or a plan
 * becomes. Assumes fewer unknown words than are folded.
 */
export function recountQueues(
  { ongoing, queueTimes }: QueueSnapshots,
  { bounds, maxQueues, windowMs }: Pick<QueueOptions, 'bounds' | 'maxQueues' | 'windowMs'>,
  isIncluded: (queue: string) => boolean = () => true,
  labelOf: (name: string) => string = (name) => name,
): Series {
  const series: Series = new Map();
  const put = (name: string, labels: Record<string, string>, value: number | undefined) => {
    if (value !== undefined) series.set(seriesKey(name, { account: 'test', ...labels }), value);
  };
  const waiting = (ongoing?.items ?? []).flatMap(({ waiting: place, medium }) =>
    place && isIncluded(place.queue)
      ? [{ queue: labelOf(place.queue), plan: labelOf(place.plan), medium, sinceMs: place.sinceMs }]
      : [],
  );
  const endMs = queueTimes?.takenAtMs ?? 0;
  const left = (queueTimes?.items ?? [])
    .filter(({ type, queue, startMs, durationMs }) => {
      if (type !== 'ACD' || !isIncluded(queue)) return false;
      if (startMs === undefined || durationMs === undefined || durationMs === null) return false;
      const agoMs = endMs - (startMs + durationMs);
      return agoMs >= 0 && agoMs < windowMs;
    })
    .map((item) => ({ ...item, queue: labelOf(item.queue), plan: labelOf(item.plan) }));
  const queues = [...new Set([...waiting, ...left].map(({ queue }) => queue))].toSorted();
  const kept = new Set(queues.slice(0, maxQueues));
  const queueOf = ({ queue }: { queue: string }) => (kept.has(queue) ? queue : 'other');
  const shown = new Set(queues.map((queue) => queueOf({ queue })));
  if (ongoing || queueTimes) put('vcc_queues_folded', {}, Math.max(0, queues.length - maxQueues));

  if (ongoing) {
    const rows = [...waiting, ...left.filter(({ plan, medium }) => plan !== '' && medium !== '')];
    const pair = (row: { queue: string; plan: string }) => JSON.stringify([queueOf(row), row.plan]);
    const keptPairs = new Set([...new Set(rows.map(pair))].toSorted().slice(0, maxQueues));
    const planOf = (row: { queue: string; plan: string }) => (keptPairs.has(pair(row)) ? row.plan : 'other');
    const same = (a: (typeof rows)[number], b: (typeof rows)[number]) =>
      queueOf(a) === queueOf(b) && planOf(a) === planOf(b) && a.medium === b.medium;
    for (const row of rows) {
      const labels = { queue: queueOf(row), interaction_plan: planOf(row), medium: row.medium };
      put('vcc_queue_waiting', labels, waiting.filter((each) => same(each, row)).length);
    }
    for (const queue of shown) {
      if (!rows.some((row) => queueOf(row) === queue)) {
        put('vcc_queue_waiting', { queue, interaction_plan: '', medium: '' }, 0);
      }
      const sinces = waiting
        .filter((each) => queueOf(each) === queue)
        .flatMap(({ sinceMs }) => (sinceMs === undefined ? [] : [sinceMs]));
      const oldestMs = sinces.toSorted((a, b) => a - b)[0];
      put(
        'vcc_queue_oldest_since_timestamp_seconds',
        { queue },
        oldestMs === undefined ? undefined : oldestMs / 1000,
      );
      for (const bound of bounds) {
        const longer = sinces.filter((sinceMs) => (ongoing.takenAtMs - sinceMs) / 1000 > bound);
        put('vcc_queue_waiting_longer_than', { queue, seconds: `${bound}` }, longer.length);
      }
    }
    const { items } = ongoing;
    for (const { direction, status, medium } of items) {
      const alike = items.filter(
        (each) => each.direction === direction && each.status === status && each.medium === medium,
      );
      put('vcc_ongoing_interactions', { direction, status, medium }, alike.length);
    }
    const events = items.flatMap(({ lastEvents }) => lastEvents);
    for (const event of [...words.event, ...events]) {
      put('vcc_ongoing_by_last_event', { event }, events.filter((each) => each === event).length);
    }
    for (const reason of words.unclear) {
      put('vcc_queue_unclear', { reason }, items.filter(({ unclear }) => unclear === reason).length);
    }
  }

  if (queueTimes) {
    put('vcc_queue_window_seconds', {}, windowMs / 1000);
    put('vcc_queue_window_other_types', {}, queueTimes.items.filter(({ type }) => type !== 'ACD').length);
    for (const queue of shown) {
      const own = left.filter((item) => queueOf(item) === queue);
      const timed = own.filter(({ targetMs }) => targetMs !== undefined);
      const kinds = new Map<string, readonly [string, string]>(
        words.category.map((category) => [`${category}/External`, [category, 'External'] as const]),
      );
      for (const { category, partyRole } of own) kinds.set(`${category}/${partyRole}`, [category, partyRole]);
      for (const [category, party_role] of kinds.values()) {
        const labels = { queue, category, party_role };
        const those = own.filter((item) => item.category === category && item.partyRole === party_role);
        put('vcc_queue_window_left', labels, those.length);
        const waitsMs = those.map(({ durationMs }) => durationMs!);
        put('vcc_queue_window_wait_seconds', labels, waitsMs.reduce((sum, each) => sum + each, 0) / 1000);
        for (const bound of bounds) {
          const within = waitsMs.filter((waitMs) => waitMs / 1000 <= bound);
          put('vcc_queue_window_left_within', { ...labels, seconds: `${bound}` }, within.length);
        }
        const inTarget = those.filter(({ durationMs, targetMs }) => durationMs! <= (targetMs ?? -1));
        const allHave = own.every((item) => item.category !== category || item.targetMs !== undefined);
        put(
          'vcc_queue_window_left_in_target',
          labels,
          timed.length > 0 && allHave ? inTarget.length : undefined,
        );
      }
      const lastMs = Math.max(...timed.map(({ startMs }) => startMs!));
      const targets = timed.flatMap(({ startMs, targetMs }) => (startMs === lastMs ? [targetMs!] : []));
      put('vcc_queue_target_seconds', { queue }, timed.length > 0 ? Math.max(...targets) / 1000 : undefined);
    }
  }
  if (queueTimes) {
    const names = [...new Set(left.flatMap(({ skills }) => skills))].toSorted();
    for (const item of left) {
      for (const name of item.skills) {
        const skill = names.indexOf(name) < maxQueues ? name : 'other';
        put('vcc_queue_skill_info', { queue: queueOf(item), skill }, 1);
      }
    }
  }
  return series;
}

/** As an object with sorted names, so that a difference is easy to read. */
export const inOrder = (series: Series) =>
  Object.fromEntries([...series].toSorted(([a], [b]) => (a < b ? -1 : 1)));
