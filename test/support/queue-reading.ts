import type { QueueReading } from '../../src/snapshot/queue-reading.ts';
import { toQueues } from '../../src/snapshot/queues.ts';
import { takenAtMs } from './agents.ts';
import { ongoingOf, ongoingSnapshot, queueOptions, queueTimeOf, queueTimesSnapshot } from './queue-items.ts';

/** The queues of these items, read without a failure, and one skill. */
export function queueReadingOf(
  ongoing = [ongoingOf('a')],
  queueTimes = [queueTimeOf('b')],
  more: Partial<QueueReading> = {},
): QueueReading {
  const status = { error: undefined, requests: 1, takenAtMs, flawed: 0 };
  return {
    sources: [
      { ...status, source: 'ongoing' },
      { ...status, source: 'queue_times' },
      { ...status, source: 'skills', flawed: undefined },
    ],
    counts: toQueues(
      { ongoing: ongoingSnapshot(ongoing), queueTimes: queueTimesSnapshot(queueTimes) },
      queueOptions,
    ),
    skills: {
      skills: [
        {
          name: 'Support',
          available: 1,
          idle: { count: 2, oldestMs: takenAtMs - 90_000, medianMs: takenAtMs - 60_000, longerThan: [] },
        },
      ],
      folded: 0,
    },
    ...more,
  };
}
