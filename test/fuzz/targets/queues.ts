import assert from 'node:assert/strict';
import fc from 'fast-check';
import { looksLikeNumber } from '../../../src/snapshot/queue-names.ts';
import { anyText } from '../../support/any-points.ts';
import { anyOngoings, anyQueueTimes } from '../../support/any-queues.ts';
import { ongoingSnapshot, queueOptions, queueTimesSnapshot } from '../../support/queue-items.ts';
import { countedSeriesOf, inOrder, recountQueues } from '../../support/queue-oracle.ts';
import { target } from '../target.ts';

/** Names that occur in the items, and any. */
const renamed = fc.array(fc.tuple(fc.constantFrom('Billing', 'Sales', 'Support'), anyText), { maxLength: 2 });

/** Ongoing interactions and queue times, counted as queues. */
export const queues = target(
  'queues',
  fc.record({
    ongoings: anyOngoings,
    times: anyQueueTimes,
    names: renamed,
    maxQueues: fc.constantFrom(0, 1, 2, 3, 100),
    bounds: fc.uniqueArray(fc.integer({ min: 1, max: 900_000 }), { maxLength: 4 }),
    turn: fc.nat(20),
  }),
  async ({ ongoings, times, names, maxQueues, bounds, turn }) => {
    const rename = (name: string) => new Map<string, string>(names).get(name)?.trim() ?? name;
    const turned = <T>(items: readonly T[]) => [...items.slice(turn), ...items.slice(0, turn)];
    const ongoing = ongoings.map((item) => ({
      ...item,
      waiting: item.waiting && {
        ...item.waiting,
        queue: rename(item.waiting.queue),
        plan: rename(item.waiting.plan),
      },
    }));
    const queueTimes = times.map((item) => ({ ...item, queue: rename(item.queue), plan: rename(item.plan) }));
    const options = {
      ...queueOptions,
      maxQueues,
      // To the millisecond, where a product with 1000 is not exact.
      bounds: bounds.toSorted((a, b) => a - b).map((ms) => ms / 1000),
    };
    const snapshots = { ongoing: ongoingSnapshot(ongoing), queueTimes: queueTimesSnapshot(queueTimes) };
    const series = await countedSeriesOf(snapshots, options);
    const labelOf = (name: string) => (looksLikeNumber(name) ? 'number' : name);
    assert.deepEqual(inOrder(series), inOrder(recountQueues(snapshots, options, undefined, labelOf)));
    if (turn < 15) return;
    const others = {
      ongoing: ongoingSnapshot(turned(ongoing)),
      queueTimes: queueTimesSnapshot(turned(queueTimes)),
    };
    assert.deepEqual(inOrder(await countedSeriesOf(others, options)), inOrder(series));
  },
  { share: 0.1 },
);
