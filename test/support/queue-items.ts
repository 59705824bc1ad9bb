import { noGaps } from '../../src/snapshot/gaps.ts';
import { type Ongoing, type OngoingField, ongoingFields } from '../../src/snapshot/ongoing.ts';
import type { Snapshot } from '../../src/snapshot/page.ts';
import { type QueueTime, type QueueTimeField, queueTimeFields } from '../../src/snapshot/queue-time.ts';
import type { QueueOptions } from '../../src/snapshot/queues.ts';
import { takenAtMs } from './agents.ts';

/** Every queue has series under its own name, for 30 minutes. */
export const queueOptions: QueueOptions = {
  bounds: [5, 10, 20, 30, 60, 120, 300, 600],
  maxQueues: 100,
  windowMs: 1_800_000,
  include: undefined,
  exclude: undefined,
  labelOfNumber: () => 'number',
};

/** An ongoing interaction whose caller waits in a queue, except for what the test sets. */
export function ongoingOf(id: string, more: Partial<Ongoing> = {}): Ongoing {
  return {
    id,
    direction: 'Inbound',
    status: 'Ongoing',
    medium: 'Phone',
    lastEvents: ['Queue'],
    waiting: { queue: 'Support', plan: 'Support Plan', sinceMs: takenAtMs - 45_000 },
    unclear: undefined,
    ...more,
  };
}

/** An answered call that left its queue 10 seconds ago, except for what the test sets. */
export function queueTimeOf(id: string, more: Partial<QueueTime> = {}): QueueTime {
  return {
    id,
    queue: 'Support',
    plan: 'Support Plan',
    medium: 'Phone',
    type: 'ACD',
    category: 'Answered',
    partyRole: 'External',
    reason: 'Delivered',
    skills: ['Support'],
    startMs: takenAtMs - 30_000,
    durationMs: 20_000,
    targetMs: 20_000,
    ...more,
  };
}

/** A snapshot of ongoing interactions. */
export function ongoingSnapshot(items: readonly Ongoing[]): Snapshot<Ongoing, OngoingField> {
  return { items, takenAtMs, duplicates: 0, pages: 1, gaps: noGaps(ongoingFields) };
}

/** A snapshot of queue times. */
export function queueTimesSnapshot(items: readonly QueueTime[]): Snapshot<QueueTime, QueueTimeField> {
  return { items, takenAtMs, duplicates: 0, pages: 1, gaps: noGaps(queueTimeFields) };
}
