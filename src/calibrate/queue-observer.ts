import { type Ongoing, type OngoingField, ongoingFields, type UnclearReason } from '../snapshot/ongoing.ts';
import type { Snapshot } from '../snapshot/page.ts';
import { looksLikeNumber } from '../snapshot/queue-names.ts';
import { type QueueTime, type QueueTimeField, queueTimeFields } from '../snapshot/queue-time.ts';
import { type FieldGaps, MostGaps } from './most-gaps.ts';
import { type QueueQuestion, queueQuestions } from './queue-questions.ts';
import { type Spread, toSpread } from './spread.ts';
import { toVerdict } from './tally.ts';
import { Waits } from './waits.ts';
import { isWord } from './words.ts';

/** The sources that a calibration reads, as the API calls them. */
export type WatchedSource = 'ongoing' | 'queue-times';

/** The readings of one source. */
export interface SourceReadings {
  readings: number;
  failures: number;
  /** The message of the last failure. */
  message: string | undefined;
}

/** The verdict about a question, with the number of interactions for each answer. */
export interface QueueVerdict {
  question: QueueQuestion;
  outcome: string;
  answers: readonly { answer: string; interactions: number }[];
}

/** A value of the API, and how often it occurred. */
export interface CountedWord {
  /** Empty when the API gave none. Undefined for values that are not words. */
  word: string | undefined;
  count: number;
}

/** The fields of queue-times whose values are listed. */
export const listedFields = ['category', 'reason', 'type', 'partyRole'] as const;

/**
 * The findings about the queues of an account. They contain no guid, phone number, or name of a
 * queue.
 */
export interface QueueFindings {
  sources: Readonly<Record<WatchedSource, SourceReadings>>;
  verdicts: readonly QueueVerdict[];
  /** How often an interaction seemed to wait in a queue. */
  waits: number;
  /** The start in queue-times minus `since` while it seemed to wait, in ms. */
  differences: Spread | undefined;
  /** From the end of a queue time until queue-times listed it, in ms. */
  lags: Spread | undefined;
  /** The average time between two readings of queue-times, in ms. Undefined with fewer than two. */
  intervalMs: number | undefined;
  /** Queue times that had not ended. Only processed ones were requested. */
  unfinished: number;
  /** External channels by the type of their last event, added up over all readings. */
  lastEvents: readonly CountedWord[];
  /** The number of different interactions that were unclear for a reason. */
  unclear: readonly { reason: UnclearReason; interactions: number; readings: number }[];
  /** The values in queue-times, with the number of queue times. */
  words: Readonly<Record<(typeof listedFields)[number], readonly CountedWord[]>>;
  /** The numbers of different names, and of those that look like a phone number or an address. */
  names: { queues: number; plans: number; likeNumbers: number };
  gaps: readonly FieldGaps[];
}

/**
 * Collects findings about queues from what waits and what left. It has no clock, and sends no
 * requests.
 */
export class QueueObserver {
  readonly #sources: Record<WatchedSource, SourceReadings> = {
    ongoing: { readings: 0, failures: 0, message: undefined },
    'queue-times': { readings: 0, failures: 0, message: undefined },
  };
  readonly #waits = new Waits();
  readonly #lastEvents = new WordCount();
  readonly #unclear = new Map<UnclearReason, { ids: Set<string>; readings: number }>();
  readonly #items = new Map<string, QueueTime>();
  readonly #ended = new Set<string>();
  readonly #lagsMs: number[] = [];
  readonly #queues = new Set<string>();
  readonly #plans = new Set<string>();
  readonly #gaps = {
    ongoing: new MostGaps(ongoingFields),
    queueTimes: new MostGaps(queueTimeFields),
  };
  #firstMs: number | undefined;
  #lastMs = 0;

  /** Adds a complete reading of the ongoing interactions. */
  addOngoing({ items, takenAtMs, gaps }: Snapshot<Ongoing, OngoingField>): void {
    this.#sources.ongoing.readings++;
    this.#gaps.ongoing.add(gaps);
    this.#waits.add(items, takenAtMs);
    const reasons = new Set<UnclearReason>();
    for (const { id, waiting, unclear, lastEvents } of items) {
      for (const event of lastEvents) this.#lastEvents.add(event);
      if (waiting) this.#addNames(waiting);
      if (!unclear) continue;
      reasons.add(unclear);
      const of = this.#unclear.get(unclear) ?? { ids: new Set(), readings: 0 };
      this.#unclear.set(unclear, of);
      of.ids.add(id);
    }
    for (const reason of reasons) this.#unclear.get(reason)!.readings++;
  }

  /** Adds a complete reading of a window of queue times. */
  addQueueTimes({ items, takenAtMs, gaps }: Snapshot<QueueTime, QueueTimeField>): void {
    this.#sources['queue-times'].readings++;
    this.#gaps.queueTimes.add(gaps);
    for (const item of items) {
      const { id, startMs, durationMs } = item;
      this.#items.set(id, item);
      this.#addNames(item);
      if (typeof durationMs !== 'number' || this.#ended.has(id)) continue;
      this.#ended.add(id);
      // What is in the first reading may have been listed for a long time.
      if (this.#firstMs !== undefined && startMs !== undefined)
        this.#lagsMs.push(takenAtMs - startMs - durationMs);
    }
    this.#firstMs ??= takenAtMs;
    this.#lastMs = takenAtMs;
  }

  /** Adds a reading that failed. */
  addFailure(source: WatchedSource, message: string): void {
    const readings = this.#sources[source];
    readings.failures++;
    readings.message = message;
  }

  #addNames({ queue, plan }: { queue: string; plan: string }): void {
    if (queue !== '') this.#queues.add(queue);
    if (plan !== '') this.#plans.add(plan);
  }

  findings(): QueueFindings {
    const items = [...this.#items.values()];
    const { agrees, seen, differencesMs } = this.#waits.compare(items, this.#lastMs);
    const { readings } = this.#sources['queue-times'];
    const words = (field: (typeof listedFields)[number]) => {
      const count = new WordCount();
      for (const item of items) count.add(item[field]);
      return count.words();
    };
    return {
      sources: this.#sources,
      verdicts: [toQueueVerdict('waiting_agrees', agrees), toQueueVerdict('waiting_seen', seen)],
      waits: this.#waits.count,
      differences: toSpread(differencesMs),
      lags: toSpread(this.#lagsMs),
      intervalMs: readings < 2 ? undefined : (this.#lastMs - this.#firstMs!) / (readings - 1),
      unfinished: items.filter(({ durationMs }) => durationMs === null).length,
      lastEvents: this.#lastEvents.words(),
      unclear: [...this.#unclear].map(([reason, { ids, readings: times }]) => ({
        reason,
        interactions: ids.size,
        readings: times,
      })),
      words: {
        category: words('category'),
        reason: words('reason'),
        type: words('type'),
        partyRole: words('partyRole'),
      },
      names: {
        queues: this.#queues.size,
        plans: this.#plans.size,
        likeNumbers: [...new Set([...this.#queues, ...this.#plans])].filter(looksLikeNumber).length,
      },
      gaps: [
        ...this.#gaps.ongoing.fields().map((gap) => ({ ...gap, field: `ongoing ${gap.field}` })),
        ...this.#gaps.queueTimes.fields().map((gap) => ({ ...gap, field: `queue-times ${gap.field}` })),
      ],
    };
  }
}

function toQueueVerdict(question: QueueQuestion, given: readonly string[]): QueueVerdict {
  const answers = Object.keys(queueQuestions[question].answers).map((answer) => ({
    answer,
    interactions: given.filter((each) => each === answer).length,
  }));
  const counted = answers.map(({ answer, interactions }) => ({
    answer,
    observations: interactions,
    agents: interactions,
  }));
  return { question, outcome: toVerdict(question, counted).outcome, answers };
}

/** Most words to keep apart. All further words count as values that are not words. */
const maxWords = 20;

/** Counts values of the API that may be words. */
class WordCount {
  readonly #counts = new Map<string | undefined, number>();

  add(value: string): void {
    const word = value === '' || isWord(value) ? value : undefined;
    const kept = this.#counts.has(word) || this.#counts.size < maxWords ? word : undefined;
    this.#counts.set(kept, (this.#counts.get(kept) ?? 0) + 1);
  }

  /** Returns the values, the most frequent one first. */
  words(): CountedWord[] {
    return [...this.#counts].map(([word, count]) => ({ word, count })).toSorted((a, b) => b.count - a.count);
  }
}
