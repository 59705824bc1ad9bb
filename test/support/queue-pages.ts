import type { Ongoing, UnclearReason, Waiting } from '../../src/snapshot/ongoing.ts';
import type { QueueTime } from '../../src/snapshot/queue-time.ts';
import { isCount, isName, isObject, readList, readTime } from './page.ts';

// biome-ignore lint/suspicious/noExplicitAny: it may be anything
type Any = any;

const name = (value: Any) => (isName(value) ? value : '');
const text = (value: Any) => (typeof value === 'string' ? value : '');
const listOf = (value: Any): Any[] => (Array.isArray(value) && value.every(isObject) ? value : []);

/**
 * Reads a page of GET /stats/interactions/ongoing anew, from the words of the issue, without its
 * gaps. Undefined when it must be rejected.
 */
export function readOngoingPage(body: string) {
  return readList(body, (item) => isName(item.guid), readInteraction);
}

function readInteraction(item: Any): Ongoing {
  const external = listOf(item.channels)
    .filter(({ party }) => isObject(party) && party.role === 'External')
    .map(({ party, endReason, duration, events }) => ({
      touchpoint: party.touchpoint,
      endReason,
      duration,
      events: listOf(events),
    }));
  const { waiting, unclear } = judge(item, external);
  return {
    id: item.guid,
    direction: name(item.direction),
    status: name(item.status),
    medium: name(item.medium),
    lastEvents: external.map(({ events }) => name(events.at(-1)?.type)),
    waiting,
    unclear,
  };
}

function judge(
  item: Any,
  external: readonly { touchpoint: unknown; endReason: unknown; duration: unknown; events: Any[] }[],
): { waiting: Waiting | undefined; unclear: UnclearReason | undefined } {
  const none = (unclear?: UnclearReason) => ({ waiting: undefined, unclear });
  const open = external.filter(({ endReason }) => !isName(endReason));
  for (const { events } of open) {
    const times = events.map(({ offset }) => offset).filter(isCount);
    const inOrder = times.every((time, index) => time === Math.max(...times.slice(0, index + 1)));
    if (events.some(({ type }) => type === 'Queue') && !inOrder) return none('event_order');
  }
  const queued = open.filter(({ events }) => events.at(-1)?.type === 'Queue');
  if (queued.length === 0) return none();
  if (item.direction !== 'Inbound') return none('direction');
  if (item.status !== 'Ongoing') return none('status');
  const callers = queued.filter(({ touchpoint }) => isName(touchpoint) && touchpoint === item.connectFrom);
  if (callers.length === 0) return none('touchpoint');
  if (callers.length > 1) return none('several_channels');
  const [{ endReason, duration } = {}] = callers;
  if (endReason !== null || typeof duration === 'number') return none('end_reason');
  const last = callers[0]!.events.at(-1);
  const startMs = readTime(item.start);
  return {
    waiting: {
      queue: name(last.name).trim(),
      plan: isObject(last.properties) ? text(last.properties.interactionPlan).trim() : '',
      sinceMs: startMs !== undefined && isCount(last.offset) ? startMs + last.offset : undefined,
    },
    unclear: undefined,
  };
}

/**
 * Reads a page of GET /stats/queue-times anew, without its gaps. Undefined when it must be
 * rejected.
 */
export function readQueueTimesPage(body: string) {
  return readList(
    body,
    (item) => isName(item.interactionGuid),
    (item): QueueTime => ({
      id: JSON.stringify([item.interactionGuid, readTime(item.start), name(item.queue), name(item.type)]),
      queue: name(item.queue).trim(),
      plan: text(item.interactionPlan).trim(),
      medium: text(item.medium),
      type: name(item.type),
      category: name(item.category),
      reason: text(item.reason),
      partyRole: isObject(item.party) ? text(item.party.role) : '',
      skills:
        Array.isArray(item.presentedSkills) &&
        item.presentedSkills.every((skill: Any) => typeof skill === 'string')
          ? item.presentedSkills.map((skill: string) => skill.trim())
          : [],
      startMs: readTime(item.start),
      durationMs: item.duration === null ? null : isCount(item.duration) ? item.duration : undefined,
      targetMs:
        isObject(item.targets) && isCount(item.targets.targetTimeToAnswer)
          ? item.targets.targetTimeToAnswer
          : undefined,
    }),
  );
}
