import { QueueWords } from './queue-names.ts';
import type { QueueTime } from './queue-time.ts';

/** The categories that Vonage names: what became of an interaction that queued. */
export const categories = ['Answered', 'Abandoned', 'Breakout'] as const;

/** The interactions of one category that left a queue within the window. */
export interface LeftCategory {
  category: string;
  /** `Agent` when an agent waited for a transfer. */
  partyRole: string;
  left: number;
  /** The sum of their waiting times. */
  waitMs: number;
  /** For each bound, in order: how many of them waited at most that long. */
  within: readonly number[];
  /**
   * How many of them waited at most as long as their target. Undefined when an interaction of the
   * same queue and category has no target, or none of the queue has one.
   */
  inTarget: number | undefined;
}

/** One queue of those who left. */
export interface LeftQueue {
  name: string;
  categories: LeftCategory[];
  /** The target of the interaction that entered last and has one. */
  targetMs: number | undefined;
}

/** An interaction that left a queue. Its start and duration are known. */
export interface Passage {
  /** The label of the queue. */
  queue: string;
  item: QueueTime;
}

/**
 * Counts the passages by queue, category and role of who waited. The result has a queue for each
 * name, with a row for each category that Vonage names.
 */
export function toLeftQueues(
  passages: readonly Passage[],
  names: readonly string[],
  bounds: readonly number[],
): LeftQueue[] {
  const labels = {
    category: new QueueWords(['', ...categories]),
    partyRole: new QueueWords(['', 'External', 'Agent']),
  };
  const queues = new Map(names.map((name) => [name, new QueueCounter(bounds)]));
  for (const { queue, item } of passages) {
    const category = labels.category.label(item.category);
    queues.get(queue)!.add(item, category, labels.partyRole.label(item.partyRole));
  }
  return [...queues].map(([name, counter]) => ({ name, ...counter.counts() }));
}

class QueueCounter {
  readonly #bounds: readonly number[];
  readonly #rows = new Map<string, Omit<LeftCategory, 'within'> & { within: number[]; inTarget: number }>();
  /** The last one that has a target. */
  #last: QueueTime | undefined;
  /** The categories in which an interaction has no target. */
  readonly #withoutTarget = new Set<string>();

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    for (const category of categories) this.#row(category, 'External');
  }

  add(item: QueueTime, category: string, partyRole: string): void {
    const row = this.#row(category, partyRole);
    const waitMs = item.durationMs!;
    row.left++;
    row.waitMs += waitMs;
    for (const [index, bound] of this.#bounds.entries()) if (waitMs / 1000 <= bound) row.within[index]!++;
    if (item.targetMs === undefined) {
      this.#withoutTarget.add(category);
      return;
    }
    if (waitMs <= item.targetMs) row.inTarget++;
    if (this.#last === undefined || isLater(item, this.#last)) this.#last = item;
  }

  counts(): Omit<LeftQueue, 'name'> {
    // In Vonage's example, a breakout has no target. The service level does not need one for it.
    const isKnown = (category: string) => this.#last !== undefined && !this.#withoutTarget.has(category);
    return {
      targetMs: this.#last?.targetMs,
      categories: [...this.#rows.values()].map((row) => ({
        ...row,
        inTarget: isKnown(row.category) ? row.inTarget : undefined,
      })),
    };
  }

  #row(category: string, partyRole: string) {
    const key = JSON.stringify([category, partyRole]);
    const row = this.#rows.get(key) ?? {
      category,
      partyRole,
      left: 0,
      waitMs: 0,
      within: this.#bounds.map(() => 0),
      inTarget: 0,
    };
    this.#rows.set(key, row);
    return row;
  }
}

/** Whether `a` entered later than `b`. The order of items at the same time must not matter. */
function isLater(a: QueueTime, b: QueueTime): boolean {
  return (a.startMs! - b.startMs! || a.targetMs! - b.targetMs!) > 0;
}
