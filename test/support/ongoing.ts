import { readFileSync } from 'node:fs';
import fc from 'fast-check';

/** The example of GET /stats/interactions/ongoing in the API reference. */
export const ongoingExample = readFileSync(
  new URL('../fixtures/ongoing-example.json', import.meta.url),
  'utf8',
);

/** An event of a channel, as the API returns it. */
export interface WireEvent {
  type: unknown;
  offset: unknown;
  name: unknown;
  duration: unknown;
  properties: unknown;
}

/** A channel of an ongoing interaction, as the API returns it. */
export interface WireChannel {
  endReason: unknown;
  duration: unknown;
  party: { id: unknown; role: unknown; touchpoint: unknown };
  events: WireEvent[];
}

/** An ongoing interaction, as the API returns it. */
export interface WireInteraction {
  guid: string;
  status: unknown;
  direction: unknown;
  medium: unknown;
  start: unknown;
  connectFrom: unknown;
  connectTo: unknown;
  channels: WireChannel[];
}

/** An event, except for what the test sets. */
export function event(type: unknown, more: Partial<WireEvent> = {}): WireEvent {
  return { type, offset: 0, name: null, duration: null, properties: null, ...more };
}

/** A caller enters a queue. */
export function queueEvent(more: Partial<WireEvent> = {}): WireEvent {
  const properties = { interactionPlan: 'Support Plan' };
  return event('Queue', { offset: 8000, name: 'Support', properties, ...more });
}

/** The number of the caller in {@link interactionOf}. */
export const caller = '447700900123';

/** An external channel of the caller who queues, except for what the test sets. */
export function channel(
  more: Partial<Omit<WireChannel, 'party'>> & { party?: Partial<WireChannel['party']> } = {},
): WireChannel {
  return {
    endReason: null,
    duration: null,
    events: [event('Ringing'), queueEvent()],
    ...more,
    party: { id: null, role: 'External', touchpoint: caller, ...more.party },
  };
}

/** An interaction whose caller waits in a queue, except for what the test sets. */
export function interactionOf(more: Partial<WireInteraction> = {}): WireInteraction {
  return {
    guid: 'guid-1',
    status: 'Ongoing',
    direction: 'Inbound',
    medium: 'Phone',
    start: '2026-01-15T09:59:00.000Z',
    connectFrom: caller,
    connectTo: '02079460123',
    channels: [channel()],
    ...more,
  };
}

/** One page of the API with these items. */
export function pageOf(items: readonly unknown[], more: object = {}): string {
  const meta = { page: 1, count: items.length, pageCount: 1, totalCount: items.length };
  return JSON.stringify({ items, meta, upTo: '2026-01-15T10:00:00.500Z', ...more });
}

const oneOf = (...values: unknown[]) => fc.constantFrom(...values);

const anyEvent: fc.Arbitrary<WireEvent> = fc.record({
  type: fc.oneof(
    { weight: 4, arbitrary: fc.constant('Queue') },
    oneOf('Ringing', 'Connected', 'Held', 'Parked', 'Ivr', 'Wrap', 'queue', 'Queued', '', null, 7),
  ),
  offset: oneOf(0, 0, 1000, 2000, 5000, null, undefined, -1, 0.5, '1000'),
  name: oneOf('Support', ' Sales ', 'Q', '', null, 5),
  duration: oneOf(null, 0, 100),
  properties: oneOf({ interactionPlan: ' Plan' }, { interactionPlan: '' }, null, {}, 'x'),
});

const anyChannel: fc.Arbitrary<WireChannel> = fc.record({
  endReason: oneOf(null, null, null, undefined, 'HungUp', '', 0, false),
  duration: oneOf(null, null, null, undefined, 0, 9000),
  party: fc.record({
    id: oneOf(null, '100001'),
    role: oneOf('External', 'External', 'External', 'Agent', 'external', '', null),
    touchpoint: oneOf(caller, caller, caller, '447700900999', '', null, undefined, 7),
  }),
  events: fc.array(anyEvent, { maxLength: 3 }),
});

/** Any interaction, often one whose caller waits. */
export const anyInteraction: fc.Arbitrary<WireInteraction> = fc.record({
  guid: fc.constant('guid-1'),
  status: oneOf('Ongoing', 'Ongoing', 'Ongoing', 'Ended', '', null),
  direction: oneOf('Inbound', 'Inbound', 'Inbound', 'Outbound', 'Internal', 'inbound', null),
  medium: oneOf('Phone', 'Email', '', null),
  start: oneOf('2026-01-15T09:59:00.000Z', '2026-01-15T09:59:00.000Z', null, 'soon'),
  connectFrom: oneOf(caller, caller, caller, '', null, undefined, 7),
  connectTo: oneOf('02079460123', null),
  channels: fc.array(anyChannel, { maxLength: 4 }),
});
