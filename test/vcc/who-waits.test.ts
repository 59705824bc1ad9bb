import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseOngoing } from '../../src/vcc/ongoing.ts';
import { whoWaits } from '../../src/vcc/who-waits.ts';
import {
  anyInteraction,
  caller,
  channel,
  event,
  interactionOf,
  ongoingExample,
  pageOf,
  queueEvent,
  type WireChannel,
  type WireInteraction,
} from '../support/ongoing.ts';

/** What the exporter says about one interaction: the queue, why it is unclear, or nothing. */
function verdictOn(item: unknown): string | undefined {
  const [read] = parseOngoing(pageOf([item]), 1).items;
  return read!.waiting ? `waits in ${read!.waiting.queue}` : read!.unclear;
}

const withChannel = (more: Parameters<typeof channel>[0]) => interactionOf({ channels: [channel(more)] });

/** Channels that are in no queue. */
const agent = channel({
  party: { id: '100001', role: 'Agent', touchpoint: null },
  events: [event('Ringing'), event('Connected', { offset: 3000 })],
});
const talking = channel({ events: [event('Ringing'), event('Connected', { offset: 3000 })] });
const third = channel({ party: { touchpoint: '447700900999' }, events: [event('Connected')] });
/** Two events of a channel at two times. */
const events = (first: unknown, firstMs: unknown, second: unknown, secondMs: unknown) => [
  event(first, { offset: firstMs }),
  (second === 'Queue' ? queueEvent : (more: object) => event(second, more))({ offset: secondMs }),
];

describe('who waits', () => {
  test('nobody in the example of the API reference, which rings', () => {
    expect(verdictOn(JSON.parse(ongoingExample).items[0])).toBeUndefined();
  });

  test('the caller in the same example, once the last event is a queue', () => {
    const item = JSON.parse(ongoingExample).items[0];
    item.channels[0].events.push({
      ...{ type: 'Queue', offset: 9116, name: 'ACD1', duration: null },
      properties: { interactionPlan: ' Customer Support Plan' },
    });
    expect(parseOngoing(pageOf([item]), 1).items[0]).toEqual({
      id: '016f3105-0863-44bf-a036-41b689b49978',
      direction: 'Inbound',
      status: 'Ongoing',
      medium: 'Phone',
      lastEvents: ['Queue'],
      waiting: {
        queue: 'ACD1',
        plan: 'Customer Support Plan',
        sinceMs: Date.parse('2019-12-23T10:32:36.000Z'),
      },
      unclear: undefined,
    });
  });

  test.each<[string, WireInteraction, string | undefined]>([
    ['a caller in a queue', interactionOf(), 'waits in Support'],
    ['a caller by e-mail', sentFrom('jo@mail.example'), 'waits in Support'],
    ['no channel', interactionOf({ channels: [] }), undefined],
    ['a channel without events', withChannel({ events: [] }), undefined],
    ...['Ringing', 'Connected', 'Held', 'Parked', 'Ivr', 'Voicemail', 'queue', 'QUEUE', 'Queue '].map(
      (type): [string, WireInteraction, undefined] => [
        `the last event ${JSON.stringify(type)} after a queue`,
        withChannel({ events: [queueEvent({ offset: 0 }), event(type, { offset: 9000 })] }),
        undefined,
      ],
    ),
    [
      'a second queue, which counts',
      withChannel({ events: [queueEvent(), queueEvent({ name: 'Sales', offset: 9000 })] }),
      'waits in Sales',
    ],
    ['a queue without a name', withChannel({ events: [queueEvent({ name: null })] }), 'waits in '],
    ['a channel that ended in the queue', withChannel({ endReason: 'HungUp' }), undefined],
    ['an end without a text', withChannel({ endReason: '' }), 'end_reason'],
    ['an end that is false', withChannel({ endReason: false }), 'end_reason'],
    ['an end that is absent', withChannel({ endReason: undefined }), 'end_reason'],
    ['a duration without an end', withChannel({ duration: 0 }), 'end_reason'],
    ['no duration', withChannel({ duration: undefined }), 'waits in Support'],
    ['an agent who queues for a caller', withChannel({ party: { role: 'Agent' } }), undefined],
    ['a channel of another role', withChannel({ party: { role: 'external' } }), undefined],
    ['a channel without a role', withChannel({ party: { role: null } }), undefined],
    ['an outbound call in a queue', interactionOf({ direction: 'Outbound' }), 'direction'],
    ['no direction', interactionOf({ direction: null }), 'direction'],
    ['a direction in small letters', interactionOf({ direction: 'inbound' }), 'direction'],
    ['an interaction that ended', interactionOf({ status: 'Ended' }), 'status'],
    ['no status', interactionOf({ status: undefined }), 'status'],
    ['another touchpoint', withChannel({ party: { touchpoint: '447700900999' } }), 'touchpoint'],
    ['another form of the same number', withChannel({ party: { touchpoint: `+${caller}` } }), 'touchpoint'],
    ['no touchpoint', withChannel({ party: { touchpoint: null } }), 'touchpoint'],
    ['neither a touchpoint nor a caller', from(null, null), 'touchpoint'],
    ['both absent', from(undefined, undefined), 'touchpoint'],
    ['both empty', from('', ''), 'touchpoint'],
    ['both numbers of JSON', from(7, 7), 'touchpoint'],
    [
      'two channels of the caller in queues',
      interactionOf({ channels: [channel(), channel()] }),
      'several_channels',
    ],
    [
      'one channel of the caller in a queue, and one that ended in it',
      interactionOf({ channels: [channel({ endReason: 'HungUp' }), channel()] }),
      'waits in Support',
    ],
    [
      'events in the wrong order',
      withChannel({ events: events('Ringing', 9000, 'Queue', 8000) }),
      'event_order',
    ],
    [
      'a queue that seems to be over, in the wrong order',
      withChannel({ events: events('Queue', 9000, 'Connected', 8000) }),
      'event_order',
    ],
    [
      'events in the wrong order without a queue',
      withChannel({ events: events('Ringing', 9000, 'Connected', 8000) }),
      undefined,
    ],
    [
      'events at the same time',
      withChannel({ events: events('Ringing', 8000, 'Queue', 8000) }),
      'waits in Support',
    ],
    // An unknown time does not contradict the order.
    [
      'a queue at an unknown time',
      withChannel({ events: events('Ringing', 9000, 'Queue', null) }),
      'waits in Support',
    ],
    [
      'an unknown time before it',
      withChannel({ events: events('Ringing', null, 'Queue', 0) }),
      'waits in Support',
    ],
    [
      'an unknown time between two in the wrong order',
      withChannel({
        events: [event('Ringing', { offset: 9000 }), event('Ivr', { offset: null }), queueEvent()],
      }),
      'event_order',
    ],
    [
      'a caller in a queue, and an agent',
      interactionOf({ channels: [agent, channel()] }),
      'waits in Support',
    ],
    [
      'a caller in a queue, and a third party',
      interactionOf({ channels: [third, channel()] }),
      'waits in Support',
    ],
    [
      'a caller in a queue, and a third party in another',
      interactionOf({
        channels: [
          channel({ party: { touchpoint: '447700900999' }, events: [queueEvent({ name: 'Sales' })] }),
          channel(),
        ],
      }),
      'waits in Support',
    ],
    ['a caller who talks', interactionOf({ channels: [talking, agent] }), undefined],
    [
      'a third party in a queue, while the caller talks',
      interactionOf({ channels: [talking, channel({ party: { touchpoint: '447700900999' } })] }),
      'touchpoint',
    ],
  ])('%s', (_, item, verdict) => {
    expect(verdictOn(item)).toBe(verdict);
  });

  test('an agent in a queue does not wait, even from the same touchpoint', () => {
    const queue = { type: 'Queue', offsetMs: 0, name: 'Support', plan: '' };
    const party = { touchpoint: caller, endReason: null, duration: null, events: [queue] };
    const verdictOnRole = (role: string) =>
      whoWaits({
        ...{ direction: 'Inbound', status: 'Ongoing', connectFrom: caller },
        channels: [{ role, ...party }],
      });
    expect(verdictOnRole('External')).toEqual({ queued: queue });
    expect(verdictOnRole('Agent')).toBeUndefined();
  });

  test('the order of channels does not matter', () => {
    fc.assert(
      fc.property(
        anyInteraction.chain((item) =>
          fc.record({
            item: fc.constant(item),
            channels: fc.shuffledSubarray(item.channels, { minLength: item.channels.length }),
          }),
        ),
        ({ item, channels }) => {
          expect(verdictOn({ ...item, channels })).toBe(verdictOn(item));
        },
      ),
    );
  });

  test('channels that are not External, or are in no queue, do not matter', () => {
    const others = fc.array(
      fc.constantFrom(
        agent,
        third,
        talking,
        channel({ party: { role: 'Agent' } }),
        channel({ party: { role: 'Ghost' } }),
        channel({ endReason: 'HungUp' }),
        channel({ events: [] }),
      ),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(anyInteraction, others, fc.nat(4), (item, more, at) => {
        const channels = item.channels.toSpliced(at, 0, ...more);
        expect(verdictOn({ ...item, channels })).toBe(verdictOn(item));
      }),
    );
  });

  test('an interaction waits exactly when all parts of the rule hold, else it is unclear or not queued', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyInteraction, (item) => {
        const verdict = verdictOn(item);
        expect(verdict?.startsWith('waits') ?? false).toBe(waits(item));
        // Anyone who seems to wait is visible.
        if (item.channels.some(seemsToWait)) expect(verdict).toBeDefined();
        seen.add(verdict?.startsWith('waits') ? 'waits' : `${verdict}`);
      }),
      { numRuns: 3000, seed: 21 },
    );
    expect([...seen].toSorted()).toEqual(
      [
        'waits',
        'undefined',
        'direction',
        'status',
        'touchpoint',
        'end_reason',
        'event_order',
        'several_channels',
      ].toSorted(),
    );
  });
});

function from(connectFrom: unknown, touchpoint: unknown): WireInteraction {
  return interactionOf({ connectFrom, channels: [channel({ party: { touchpoint } })] });
}

function sentFrom(address: string): WireInteraction {
  return { ...from(address, address), medium: 'Email' };
}

/** The rule of sister-endpoints, written again, part by part. */
function waits({ direction, status, connectFrom, channels }: WireInteraction): boolean {
  if (direction !== 'Inbound' || status !== 'Ongoing') return false;
  if (typeof connectFrom !== 'string' || connectFrom.length === 0) return false;
  const open = channels.filter(({ party, endReason }) => party.role === 'External' && !hasEnded(endReason));
  if (!open.every(isInOrder)) return false;
  const callers = open.filter(({ party, events: all }) => {
    return party.touchpoint === connectFrom && all[all.length - 1]?.type === 'Queue';
  });
  const [only, ...others] = callers;
  return others.length === 0 && only?.endReason === null && !Number.isInteger(only.duration);
}

/** Only a word says that a channel has ended. */
function hasEnded(endReason: unknown): boolean {
  return typeof endReason === 'string' && endReason.length > 0;
}

function isInOrder({ events: all }: WireChannel): boolean {
  if (all.every(({ type }) => type !== 'Queue')) return true;
  const known = all
    .map(({ offset }) => offset)
    .filter((offset) => Number.isInteger(offset) && Number(offset) >= 0);
  return known.every((offset, index) =>
    known.slice(0, index).every((before) => Number(before) <= Number(offset)),
  );
}

/** An external channel that is not over, with a queue as its last event. */
function seemsToWait({ party, endReason, events: all }: WireChannel): boolean {
  return party.role === 'External' && !hasEnded(endReason) && all.at(-1)?.type === 'Queue';
}
