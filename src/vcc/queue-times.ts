import type { Trip } from '../http/fetch.ts';
import type { Page } from '../snapshot/page.ts';
import { type QueueTime, type QueueTimeField, toQueueTimeId } from '../snapshot/queue-time.ts';
import {
  expectedCount,
  expectedName,
  expectedTime,
  type Fields,
  type GapCounter,
  isFields,
  type Knowledge,
  parseList,
  type Strict,
  toCount,
  toName,
  toText,
  toTime,
} from './answer.ts';
import type { Endpoint } from './fetch-page.ts';

/**
 * Parses one page of GET /stats/queue-times, as {@link parseList} says. Each `interactionGuid` must
 * match the API reference.
 * @throws ShapeError with the page and the path
 */
export function parseQueueTimes(body: string, page: number): Page<QueueTime, QueueTimeField> {
  return parseList(body, `queue-times, page ${page}`, knowledge, parseQueueTime);
}

/**
 * The endpoint of what became of interactions that queued. It lists those that were processed since
 * `startMs` returns, without those in virtual queues: these are the same interactions again.
 * `isWrong` returns whether the start is known to be wrong by now.
 */
export function queueTimesSince(
  startMs: () => number,
  isWrong: (trip: Trip) => boolean,
): Endpoint<QueueTime, QueueTimeField> {
  return {
    path: '/stats/queue-times',
    isWrong,
    query: () => ({
      start: new Date(startMs()).toISOString(),
      include: 'Processed',
      queueType: 'ACD',
    }),
    parse: parseQueueTimes,
  };
}

function parseQueueTime(item: Fields, strict: Strict, gaps: GapCounter<QueueTimeField>): QueueTime {
  const guid = strict.name(item.interactionGuid, 'interactionGuid');
  // An interaction that is still in the queue has no category yet.
  gaps.lenient = item.duration === null;
  const startMs = toTime(item.start, 'start', gaps);
  const name = toName(item.queue, 'queue', gaps);
  const type = toName(item.type, 'type', gaps);
  const party = isFields(item.party) ? item.party : undefined;
  const targets = isFields(item.targets) ? item.targets : undefined;
  return {
    id: toQueueTimeId(guid, startMs, name, type),
    queue: name.trim(),
    plan: (toText(item.interactionPlan, 'interaction_plan', gaps) ?? '').trim(),
    medium: toText(item.medium, 'medium', gaps) ?? '',
    type,
    category: toName(item.category, 'category', gaps),
    reason: toText(item.reason, 'reason', gaps) ?? '',
    partyRole: toText(party?.role, 'party_role', gaps) ?? '',
    skills: parseSkills(item.presentedSkills, gaps),
    startMs,
    durationMs: item.duration === null ? null : toCount(item.duration, 'duration', gaps),
    targetMs: toCount(targets?.targetTimeToAnswer, 'target', gaps),
  };
}

function parseSkills(list: unknown, gaps: GapCounter<QueueTimeField>): string[] {
  if (!Array.isArray(list) || !list.every((skill) => typeof skill === 'string')) {
    return gaps.miss('presented_skills', list) ?? [];
  }
  return list.map((skill) => skill.trim());
}

const knowledge: Record<QueueTimeField, Knowledge> = {
  start: { path: 'start', expected: expectedTime },
  queue: { path: 'queue', expected: expectedName },
  interaction_plan: { path: 'interactionPlan', expected: 'a string', optional: true },
  medium: { path: 'medium', expected: 'a string', optional: true },
  type: { path: 'type', expected: expectedName },
  category: { path: 'category', expected: expectedName },
  reason: { path: 'reason', expected: 'a string', optional: true },
  party_role: { path: 'party.role', expected: 'a string', optional: true },
  presented_skills: { path: 'presentedSkills', expected: 'an array of strings', optional: true },
  duration: { path: 'duration', expected: expectedCount },
  target: { path: 'targets.targetTimeToAnswer', expected: expectedCount, optional: true },
};
