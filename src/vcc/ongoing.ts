import type { Ongoing, OngoingField } from '../snapshot/ongoing.ts';
import type { Page } from '../snapshot/page.ts';
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
import { type Channel, type ChannelEvent, whoWaits } from './who-waits.ts';

/**
 * Parses one page of GET /stats/interactions/ongoing, as {@link parseList} says. Each `guid` must
 * match the API reference. The numbers and addresses of customers are compared here and not kept.
 * @throws ShapeError with the page and the path
 */
export function parseOngoing(body: string, page: number): Page<Ongoing, OngoingField> {
  return parseList(body, `interactions/ongoing, page ${page}`, knowledge, parseInteraction);
}

/** The endpoint of the interactions that are going on. */
export const ongoing: Endpoint<Ongoing, OngoingField> = {
  path: '/stats/interactions/ongoing',
  parse: parseOngoing,
};

function parseInteraction(item: Fields, strict: Strict, gaps: GapCounter<OngoingField>): Ongoing {
  const id = strict.name(item.guid, 'guid');
  const [direction, status, medium] = [
    toName(item.direction, 'direction', gaps),
    toName(item.status, 'status', gaps),
    toName(item.medium, 'medium', gaps),
  ];
  const startMs = toTime(item.start, 'start', gaps);
  const channels = parseChannels(item.channels, gaps);
  const verdict = whoWaits({ direction, status, connectFrom: item.connectFrom, channels });
  return {
    id,
    direction,
    status,
    medium,
    lastEvents: channels
      .filter(({ role }) => role === 'External')
      .map(({ events }) => events.at(-1)?.type ?? ''),
    waiting:
      verdict && 'queued' in verdict
        ? {
            queue: verdict.queued.name,
            plan: verdict.queued.plan,
            sinceMs: sum(startMs, verdict.queued.offsetMs),
          }
        : undefined,
    unclear: verdict && 'unclear' in verdict ? verdict.unclear : undefined,
  };
}

function parseChannels(list: unknown, gaps: GapCounter<OngoingField>): Channel[] {
  if (!Array.isArray(list) || !list.every(isFields)) return gaps.miss('channels', list) ?? [];
  return list.map((channel, index) => {
    gaps.part = `channels[${index}]`;
    const party = isFields(channel.party) ? channel.party : {};
    const role = toName(party.role, 'role', gaps);
    return {
      role,
      touchpoint: party.touchpoint,
      endReason: channel.endReason,
      duration: channel.duration,
      events: role === 'External' ? parseEvents(channel.events, gaps) : [],
    };
  });
}

function parseEvents(list: unknown, gaps: GapCounter<OngoingField>): ChannelEvent[] {
  if (!Array.isArray(list) || !list.every(isFields)) return gaps.miss('events', list) ?? [];
  const channel = gaps.part;
  return list.map((event, index) => {
    gaps.part = `${channel}.events[${index}]`;
    const type = toName(event.type, 'event_type', gaps);
    const offsetMs = toCount(event.offset, 'event_offset', gaps);
    if (type !== 'Queue') return { type, offsetMs, name: '', plan: '' };
    const properties = isFields(event.properties) ? event.properties : {};
    return {
      type,
      offsetMs,
      name: toName(event.name, 'queue', gaps).trim(),
      plan: (toText(properties.interactionPlan, 'interaction_plan', gaps) ?? '').trim(),
    };
  });
}

const sum = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? undefined : a + b;

const knowledge: Record<OngoingField, Knowledge> = {
  direction: { path: 'direction', expected: expectedName },
  status: { path: 'status', expected: expectedName },
  medium: { path: 'medium', expected: expectedName },
  start: { path: 'start', expected: expectedTime },
  channels: { path: 'channels', expected: 'an array of objects' },
  role: { path: 'party.role', expected: expectedName },
  events: { path: 'events', expected: 'an array of objects' },
  event_type: { path: 'type', expected: expectedName },
  event_offset: { path: 'offset', expected: expectedCount },
  queue: { path: 'name', expected: expectedName },
  interaction_plan: { path: 'properties.interactionPlan', expected: 'a string', optional: true },
};
