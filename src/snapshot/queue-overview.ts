import type { ScrapeErrorCode } from '../errors.ts';
import { longest } from './overview.ts';
import type { QueueReading, QueueSource } from './queue-reading.ts';

/** The interactions that wait in one queue. */
export interface QueueOverview {
  name: string;
  waiting: number;
  /** In the form of `toDuration`. Empty when nobody waits, or no time is known. */
  longest: string;
}

/** A summary of the queues of an account. */
export interface QueuesOverview {
  /** The sum of all queues. Undefined while it is unknown who waits. */
  all: QueueOverview | undefined;
  /** The queues in which somebody waits. The one with the longest wait is first. */
  queues: QueueOverview[];
  /** The sources whose last read failed. */
  failed: { source: QueueSource; error: ScrapeErrorCode }[];
}

/** Returns the summary of the queues of an account. */
export function queuesOverview({ sources, counts: { ongoing } }: QueueReading): QueuesOverview {
  const failed = sources.flatMap(({ source, error }) => (error === undefined ? [] : [{ source, error }]));
  const takenAtMs = sources.find(({ source }) => source === 'ongoing')?.takenAtMs;
  if (!ongoing || takenAtMs === undefined) return { all: undefined, queues: [], failed };
  // The queues are in the order of their names. Sorting keeps it for equal times.
  const sorted = ongoing.queues
    .filter(({ ages }) => ages.count > 0)
    .toSorted((a, b) => sinceOf(a) - sinceOf(b));
  const queues = sorted.map(({ name, ages }) => ({
    name: name === '' ? '(no name)' : name,
    waiting: ages.count,
    longest: longest(ages, takenAtMs),
  }));
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
  return { all: { name: 'all', waiting, longest: queues[0]?.longest ?? '' }, queues, failed };
}

/** Number.MAX_VALUE if no time is known: a difference of infinities would be no number. */
const sinceOf = ({ ages }: { ages: { oldestMs: number | undefined } }) => ages.oldestMs ?? Number.MAX_VALUE;
