import type { Ongoing } from '../snapshot/ongoing.ts';
import { interactionOf, type QueueTime } from '../snapshot/queue-time.ts';
import type { QueueAnswer } from './queue-questions.ts';

/** The time in which an interaction seemed to wait in one queue. */
interface Wait {
  interaction: string;
  queue: string;
  sinceMs: number;
  /** The times of the first and the last reading in which it seemed to wait. */
  firstMs: number;
  lastMs: number;
  /**
   * The time of the last reading in which it may still have been in the queue. A customer who hangs
   * up for a callback keeps the place.
   */
  perhapsMs: number;
}

/** The time of an interaction in a queue, by queue-times. */
interface Pass {
  interaction: string;
  queue: string;
  startMs: number;
  endMs: number;
}

/** What the comparison of the two endpoints found. */
export interface WaitFindings {
  /** An answer for each interaction that seemed to wait, where it is certain. */
  agrees: QueueAnswer<'waiting_agrees'>[];
  /** An answer for each pass through a queue that a reading fell into. */
  seen: QueueAnswer<'waiting_seen'>[];
  /** For each pair of the same interaction and queue: the start in queue-times minus `since`. */
  differencesMs: number[];
}

/** Differences up to this are normal: the API may answer from a cache for this time. */
const toleranceMs = 5000;
/** An item may be absent from queue-times for this time after the end. */
const patienceMs = 120_000;

/** Collects who seemed to wait. */
export class Waits {
  readonly #waits = new Map<string, Wait>();
  /** By interaction. */
  readonly #open = new Map<string, Wait[]>();
  readonly #readingsMs: number[] = [];

  /** Adds the ongoing interactions of one reading. */
  add(interactions: readonly Ongoing[], takenAtMs: number): void {
    this.#readingsMs.push(takenAtMs);
    for (const { id, waiting, lastEvents } of interactions) {
      if (waiting?.sinceMs !== undefined) this.#note(id, waiting.queue, waiting.sinceMs, takenAtMs);
      else if (lastEvents.includes('Queue'))
        for (const wait of this.#open.get(id) ?? []) wait.perhapsMs = takenAtMs;
    }
  }

  #note(interaction: string, queue: string, sinceMs: number, takenAtMs: number): void {
    const key = JSON.stringify([interaction, queue, sinceMs]);
    let wait = this.#waits.get(key);
    if (!wait) {
      wait = { interaction, queue, sinceMs, firstMs: takenAtMs, lastMs: takenAtMs, perhapsMs: takenAtMs };
      this.#waits.set(key, wait);
      this.#open.set(interaction, [...(this.#open.get(interaction) ?? []), wait]);
    }
    wait.lastMs = takenAtMs;
    wait.perhapsMs = takenAtMs;
  }

  /** The number of times that an interaction seemed to wait in a queue. */
  get count(): number {
    return this.#waits.size;
  }

  /** Compares them with the queue times, which were last read at `readAtMs`. */
  compare(items: Iterable<QueueTime>, readAtMs: number): WaitFindings {
    const passes: Pass[] = [];
    const customers: Pass[] = [];
    for (const item of items) {
      const pass = toPass(item);
      if (!pass) continue;
      passes.push(pass);
      // While an agent waits for a transfer, the customer does not.
      if (item.partyRole !== 'Agent') customers.push(pass);
    }
    const byInteraction = groupBy(passes, ({ interaction }) => interaction);
    const byQueue = groupBy(passes, ({ queue }) => queue);
    const found: WaitFindings = { agrees: [], seen: [], differencesMs: [] };
    for (const wait of this.#waits.values()) {
      const its = byInteraction.get(wait.interaction) ?? [];
      const pass = closest(
        its.filter(({ queue }) => queue === wait.queue),
        wait,
      );
      const answer = judge(wait, its, pass, byQueue.get(wait.queue) ?? []);
      // Without agreement, its item may still be missing.
      const isCertain =
        ['agrees', 'waited_longer'].includes(answer) || wait.perhapsMs + patienceMs <= readAtMs;
      if (!isCertain) continue;
      found.agrees.push(answer);
      if (pass) found.differencesMs.push(pass.startMs - wait.sinceMs);
    }
    for (const pass of customers) {
      const wasRead = this.#readingsMs.some(
        (atMs) => atMs >= pass.startMs + toleranceMs && atMs <= pass.endMs - toleranceMs,
      );
      if (wasRead) found.seen.push(this.#sawWaiting(pass) ? 'seen' : 'unseen');
    }
    return found;
  }

  #sawWaiting({ interaction, queue, startMs, endMs }: Pass): boolean {
    const waits = this.#open.get(interaction) ?? [];
    return waits.some(
      (wait) =>
        wait.queue === queue && wait.lastMs >= startMs - toleranceMs && wait.firstMs <= endMs + toleranceMs,
    );
  }
}

/** Undefined for what is still in the queue, has unknown times, or is of another type than ACD. */
function toPass(item: QueueTime): Pass | undefined {
  const { type, queue, startMs, durationMs } = item;
  if (type !== 'ACD' || startMs === undefined || typeof durationMs !== 'number') return undefined;
  return { interaction: interactionOf(item), queue, startMs, endMs: startMs + durationMs };
}

function groupBy(passes: readonly Pass[], keyOf: (pass: Pass) => string): Map<string, Pass[]> {
  const groups = new Map<string, Pass[]>();
  for (const pass of passes) {
    const group = groups.get(keyOf(pass));
    if (group) group.push(pass);
    else groups.set(keyOf(pass), [pass]);
  }
  return groups;
}

const distance = ({ startMs }: Pass, { sinceMs }: Wait) => Math.abs(startMs - sinceMs);

function closest(passes: readonly Pass[], wait: Wait): Pass | undefined {
  return passes.toSorted((a, b) => distance(a, wait) - distance(b, wait))[0];
}

function judge(
  wait: Wait,
  its: readonly Pass[],
  pass: Pass | undefined,
  inQueue: readonly Pass[],
): QueueAnswer<'waiting_agrees'> {
  if (pass) {
    if (distance(pass, wait) > toleranceMs) return 'other_start';
    return wait.lastMs > pass.endMs + toleranceMs ? 'waited_longer' : 'agrees';
  }
  if (its.length > 0) return 'other_queue';
  // By chance, two interactions rarely enter a queue within a second.
  return inQueue.some((each) => distance(each, wait) <= 1000) ? 'other_guid' : 'missing';
}
