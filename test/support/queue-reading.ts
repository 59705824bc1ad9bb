import { noGaps } from '../../src/snapshot/gaps.ts';
import { type Ongoing, ongoingFields } from '../../src/snapshot/ongoing.ts';
import type { QueueReading } from '../../src/snapshot/queue-reading.ts';
import { type QueueTime, queueTimeFields } from '../../src/snapshot/queue-time.ts';
import { type QueueOptions, toQueues } from '../../src/snapshot/queues.ts';
import { takenAtMs } from './agents.ts';

/** The default settings of queues. */
export const queueOptions: QueueOptions = {
  bounds: [5, 10, 20, 30, 60, 120, 300, 600],
  maxQueues: 100,
  windowMs: 1_800_000,
  include: undefined,
  exclude: undefined,
  labelOfNumber: () => 'number',
};

/** A caller who waits for half a minute, except for what the test sets. */
export function waitingCall(id: string, more: Partial<Ongoing> = {}): Ongoing {
  return {
    id,
    direction: 'Inbound',
    status: 'Ongoing',
    medium: 'Phone',
    lastEvents: ['Queue'],
    waiting: { queue: 'Sales', plan: 'Sales Plan', sinceMs: takenAtMs - 30_000 },
    unclear: undefined,
    ...more,
  };
}

/** A call that was answered after 5 s, a minute ago, except for what the test sets. */
export function queueTime(id: string, more: Partial<QueueTime> = {}): QueueTime {
  return {
    id,
    queue: 'Sales',
    plan: 'Sales Plan',
    medium: 'Phone',
    type: 'ACD',
    category: 'Answered',
    reason: 'Delivered',
    partyRole: 'External',
    skills: ['Sales'],
    startMs: takenAtMs - 65_000,
    durationMs: 5000,
    targetMs: 20_000,
    ...more,
  };
}

/** The queues of these items, read without a failure, and one skill. */
export function queueReadingOf(
  ongoing: readonly Ongoing[] = [waitingCall('a')],
  queueTimes: readonly QueueTime[] = [queueTime('b')],
  more: Partial<QueueReading> = {},
): QueueReading {
  const status = { error: undefined, requests: 1, takenAtMs, flawed: 0 };
  const whole = { takenAtMs, duplicates: 0, pages: 1 };
  return {
    sources: [
      { ...status, source: 'ongoing' },
      { ...status, source: 'queue_times' },
      { ...status, source: 'skills', flawed: undefined },
    ],
    counts: toQueues(
      {
        ongoing: { ...whole, items: ongoing, gaps: noGaps(ongoingFields) },
        queueTimes: { ...whole, items: queueTimes, gaps: noGaps(queueTimeFields) },
      },
      queueOptions,
    ),
    skills: {
      skills: [
        {
          name: 'Sales',
          available: 1,
          idle: { count: 2, oldestMs: takenAtMs - 90_000, medianMs: takenAtMs - 60_000, longerThan: [] },
        },
      ],
      folded: 0,
    },
    ...more,
  };
}
