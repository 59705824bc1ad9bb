import { AgeCounter, type Ages } from './ages.ts';
import { foldNames } from './fold.ts';
import type { Ongoing, OngoingField, UnclearReason } from './ongoing.ts';
import { unclearReasons } from './ongoing.ts';
import type { Snapshot } from './page.ts';
import { isIncluded, type NameOptions, QueueWords, toNameLabel } from './queue-names.ts';
import type { QueueTime, QueueTimeField } from './queue-time.ts';
import { type LeftQueue, type Passage, toLeftQueues } from './queues-left.ts';
import { directions, media } from './vocabulary.ts';

/** Limits on the number of series, and the window of queue times. */
export interface QueueOptions extends NameOptions {
  /** Bounds of waiting times, in seconds and ascending. */
  bounds: readonly number[];
  /** Most queues, and most pairs of queue and interaction plan, with their own series. */
  maxQueues: number;
  windowMs: number;
}

/** One queue of those who wait now. */
export interface WaitingQueue {
  name: string;
  /** How long its callers have waited. */
  ages: Ages;
}

/** The ongoing interactions of an account, counted. */
export interface OngoingCounts {
  waiting: { queue: string; plan: string; medium: string; interactions: number }[];
  queues: WaitingQueue[];
  /** All ongoing interactions by kind. */
  kinds: { direction: string; status: string; medium: string; interactions: number }[];
  /** External channels by the type of their last event. */
  lastEvents: { event: string; channels: number }[];
  /** Interactions that seem to wait, and do not count, by reason. */
  unclear: { reason: UnclearReason; interactions: number }[];
}

/** The interactions that left a queue within the window, counted. */
export interface LeftCounts {
  windowMs: number;
  queues: LeftQueue[];
  /** The skills that interactions of a queue asked for. */
  skills: { queue: string; skill: string }[];
  /** Items of another type than ACD. They do not count: the same interaction has an item of ACD. */
  otherTypes: number;
}

/** The queues of an account, counted. */
export interface QueueCounts {
  /** The bounds of all waiting times, in seconds. */
  bounds: readonly number[];
  /** Undefined when the ongoing interactions are unknown. */
  ongoing: OngoingCounts | undefined;
  /** Undefined when the queue times are unknown. */
  left: LeftCounts | undefined;
  /** The number of queues that are added up under `other`. */
  folded: number;
}

/** What was read of the queues. Each part may be unknown without the other. */
export interface QueueSnapshots {
  ongoing: Snapshot<Ongoing, OngoingField> | undefined;
  queueTimes: Snapshot<QueueTime, QueueTimeField> | undefined;
}

/**
 * Counts who waits now, and who left a queue within the window that ends at the time of the queue
 * times. A queue that occurs in one part has rows in both, so that a queue without callers shows 0
 * for as long as the window has some.
 */
export function toQueues({ ongoing, queueTimes }: QueueSnapshots, options: QueueOptions): QueueCounts {
  const { bounds, maxQueues } = options;
  const placeOf = placing(options);
  const waiting = ongoing?.items.flatMap(({ waiting, medium }) => {
    const place = waiting && placeOf(waiting.queue, waiting.plan, medium);
    return place ? [{ place, sinceMs: waiting.sinceMs }] : [];
  });
  const acd = queueTimes?.items.filter(({ type }) => type === 'ACD');
  const passages = acd?.flatMap((item) => {
    const place = placeOf(item.queue, item.plan, item.medium);
    return place && hasLeftWithin(item, queueTimes!.takenAtMs, options.windowMs) ? [{ place, item }] : [];
  });
  const places = new Set([...(waiting ?? []), ...(passages ?? [])].map(({ place }) => place));
  const { labelOf, folded } = foldNames(
    [...places].map(({ queue }) => queue),
    maxQueues,
  );
  const toLabel = (queue: string) => labelOf.get(queue)!;
  const names = [...new Set(labelOf.values())];
  const left = passages?.map(({ place, item }) => ({ queue: toLabel(place.queue), item }));
  return {
    bounds,
    folded,
    ongoing: ongoing && {
      ...countWaiting(ongoing.takenAtMs, waiting!, places, { toLabel, names, bounds, maxQueues }),
      ...countOngoing(ongoing.items),
    },
    left: left && {
      windowMs: options.windowMs,
      queues: toLeftQueues(left, names, bounds),
      skills: toSkillPairs(left, maxQueues),
      otherTypes: queueTimes!.items.length - acd!.length,
    },
  };
}

/** Where interactions wait or waited, in labels. */
interface Place {
  queue: string;
  plan: string;
  medium: string;
}

/** Returns a function that finds the place of an interaction. An excluded queue has none. */
function placing(options: QueueOptions) {
  const placeOf = (queue: string, plan: string, medium: string): Place => ({
    queue: toNameLabel(queue, options),
    plan: toNameLabel(plan, options),
    medium,
  });
  const places = perName((queue) =>
    isIncluded(queue, options)
      ? perName((plan) => perName((medium) => placeOf(queue, plan, medium)))
      : undefined,
  );
  return (queue: string, plan: string, medium: string) => places(queue)?.(plan)(medium);
}

/** Computes the result for each name once. Thousands of interactions share a few names. */
function perName<T>(compute: (name: string) => T): (name: string) => T {
  const results = new Map<string, T>();
  return (name) => {
    if (!results.has(name)) results.set(name, compute(name));
    return results.get(name)!;
  };
}

/**
 * Whether an interaction left its queue within the window. So each one counts for exactly as long
 * as the window. An item of unknown start or duration is a flaw, and does not count.
 */
function hasLeftWithin({ startMs, durationMs }: QueueTime, takenAtMs: number, windowMs: number): boolean {
  if (startMs === undefined || durationMs === undefined || durationMs === null) return false;
  const leftMs = startMs + durationMs;
  return leftMs > takenAtMs - windowMs && leftMs <= takenAtMs;
}

/** Returns each pair of queue and skill once, with at most `max` names of skills. */
function toSkillPairs(left: readonly Passage[], max: number): LeftCounts['skills'] {
  const { labelOf } = foldNames(
    left.flatMap(({ item }) => item.skills),
    max,
  );
  const skillsOf = new Map<string, Set<string>>();
  for (const { queue, item } of left) {
    const labels = skillsOf.get(queue) ?? new Set();
    skillsOf.set(queue, labels);
    for (const skill of item.skills) labels.add(labelOf.get(skill)!);
  }
  return [...skillsOf].flatMap(([queue, labels]) => [...labels].map((skill) => ({ queue, skill })));
}

function countWaiting(
  takenAtMs: number,
  waiting: readonly { place: Place; sinceMs: number | undefined }[],
  places: ReadonlySet<Place>,
  {
    toLabel,
    names,
    bounds,
    maxQueues,
  }: {
    toLabel(queue: string): string;
    names: readonly string[];
    bounds: readonly number[];
    maxQueues: number;
  },
): Pick<OngoingCounts, 'waiting' | 'queues'> {
  const boundsMs = bounds.map((seconds) => seconds * 1000);
  const ages = new Map(names.map((name) => [name, new AgeCounter(takenAtMs, boundsMs)]));
  const mediumNames = new QueueWords(media);
  const shown = new Set(waiting.map(({ place }) => place));
  // The plan or the medium of a passage may be unknown. It must not use up the limit for plans.
  for (const place of places) if (place.plan !== '' && place.medium !== '') shown.add(place);
  const pairOf = ({ queue, plan }: Place) => JSON.stringify([toLabel(queue), plan]);
  const { labelOf } = foldNames([...shown].map(pairOf), maxQueues);
  const rows = new Map<string, OngoingCounts['waiting'][number]>();
  const rowOf = (place: Place) => {
    const medium = mediumNames.label(place.medium);
    const queue = toLabel(place.queue);
    const plan = labelOf.get(pairOf(place)) === 'other' ? 'other' : place.plan;
    const key = JSON.stringify([queue, plan, medium]);
    const row = rows.get(key) ?? { queue, plan, medium, interactions: 0 };
    rows.set(key, row);
    return row;
  };
  for (const { place, sinceMs } of waiting) {
    rowOf(place).interactions++;
    ages.get(toLabel(place.queue))!.add(sinceMs);
  }
  for (const place of shown) rowOf(place);
  const withRows = new Set([...rows.values()].map(({ queue }) => queue));
  for (const queue of names) {
    if (!withRows.has(queue)) rows.set(queue, { queue, plan: '', medium: '', interactions: 0 });
  }
  return {
    waiting: [...rows.values()],
    queues: [...ages].map(([name, counter]) => ({ name, ages: counter.ages() })),
  };
}

function countOngoing(
  interactions: readonly Ongoing[],
): Pick<OngoingCounts, 'kinds' | 'lastEvents' | 'unclear'> {
  const names = {
    direction: new QueueWords(directions),
    status: new QueueWords(['Ongoing']),
    medium: new QueueWords(media),
    event: new QueueWords(['', 'Ringing', 'Connected', 'Queue']),
  };
  const kinds = new Map<string, OngoingCounts['kinds'][number]>();
  const lastEvents = new Map(['Ringing', 'Connected', 'Queue'].map((event) => [event, 0]));
  const unclear = new Map<UnclearReason, number>(unclearReasons.map((reason) => [reason, 0]));
  for (const each of interactions) {
    const direction = names.direction.label(each.direction);
    const status = names.status.label(each.status);
    const medium = names.medium.label(each.medium);
    const key = JSON.stringify([direction, status, medium]);
    const kind = kinds.get(key) ?? { direction, status, medium, interactions: 0 };
    kind.interactions++;
    kinds.set(key, kind);
    for (const type of each.lastEvents) {
      const event = names.event.label(type);
      lastEvents.set(event, (lastEvents.get(event) ?? 0) + 1);
    }
    if (each.unclear) unclear.set(each.unclear, unclear.get(each.unclear)! + 1);
  }
  return {
    kinds: [...kinds.values()],
    lastEvents: [...lastEvents].map(([event, channels]) => ({ event, channels })),
    unclear: [...unclear].map(([reason, count]) => ({ reason, interactions: count })),
  };
}
