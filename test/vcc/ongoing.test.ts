import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { noGaps } from '../../src/snapshot/gaps.ts';
import { type OngoingField, ongoingFields } from '../../src/snapshot/ongoing.ts';
import { ShapeError } from '../../src/vcc/errors.ts';
import { ongoing, parseOngoing } from '../../src/vcc/ongoing.ts';
import { anyHostile, hostileItemBodies } from '../support/bodies.ts';
import {
  anyInteraction,
  caller,
  interactionOf,
  ongoingExample,
  pageOf,
  queueEvent,
} from '../support/ongoing.ts';
import { readOngoingPage } from '../support/queue-pages.ts';

// biome-ignore lint/suspicious/noExplicitAny: the tests below break the items wherever they like
type Broken = any;

/** One interaction whose caller waits, after a change, and another one without. */
function changed(change: (item: Broken) => void): string {
  const item = interactionOf();
  change(item);
  return pageOf([item, interactionOf({ guid: 'guid-2' })]);
}

describe('parseOngoing', () => {
  test("reads every field of the reference's example", () => {
    expect(parseOngoing(ongoingExample, 1)).toEqual({
      number: 1,
      count: 1,
      pageCount: 1,
      totalCount: 1,
      upToMs: Date.parse('2019-12-23T10:32:30.012Z'),
      items: [
        {
          id: '016f3105-0863-44bf-a036-41b689b49978',
          direction: 'Inbound',
          status: 'Ongoing',
          medium: 'Phone',
          lastEvents: ['Ringing'],
          waiting: undefined,
          unclear: undefined,
        },
      ],
      gaps: noGaps(ongoingFields),
    });
  });

  test('reads answers of the path of the API reference', () => {
    expect(ongoing.path).toBe('/stats/interactions/ongoing');
    expect(ongoing.parse(ongoingExample, 1)).toEqual(parseOngoing(ongoingExample, 1));
  });

  test('reads an empty page, which has no pages at all', () => {
    const meta = { page: 1, count: 0, pageCount: 0, totalCount: 0 };
    expect(parseOngoing(pageOf([], { meta }), 1)).toMatchObject({ pageCount: 0, totalCount: 0, items: [] });
  });

  test('drops the blanks around names of queues and plans, and counts the time from the start', () => {
    const body = changed((item) => {
      item.channels[0].events[1] = queueEvent({
        name: ' \u00a0Support\t',
        properties: { interactionPlan: ' 0123456789\n', other: 1 },
      });
    });
    expect(parseOngoing(body, 1).items[0]!.waiting).toEqual({
      queue: 'Support',
      plan: '0123456789',
      sinceMs: Date.parse('2026-01-15T09:59:08.000Z'),
    });
  });

  test('has the last event of each External channel, also of one that ended', () => {
    const body = changed((item) => {
      const [first] = item.channels;
      item.channels.push(
        { ...first, endReason: 'HungUp' },
        { ...first, party: { role: 'Agent' } },
        { ...first, events: [] },
        { ...first, events: [{ type: 'Applet42', offset: 1 }] },
      );
    });
    expect(parseOngoing(body, 1).items[0]!.lastEvents).toEqual(['Queue', 'Queue', '', 'Applet42']);
  });

  test('keeps no number or address of a customer, and no field that the exporter does not use', () => {
    const body = changed((item) => {
      item.serviceName = 'Reports';
      item.interactionPlanMapping = { addressName: 'Main', interactionPlanName: 'Plan' };
      item.more = { [caller]: caller };
    });
    const text = JSON.stringify(parseOngoing(body, 1));
    for (const secret of [caller, '02079460123', 'Reports', 'Main']) expect(text).not.toContain(secret);
  });

  test.each<[string, (item: Broken) => void]>([
    ['half of a surrogate pair', (item) => (item.serviceName = '\ud83d')],
    ['a number in place of a time', (item) => (item.start = caller)],
  ])('leaves nothing of a body with %s in the last match of a regular expression', (_, change) => {
    parseOngoing(changed(change), 1);
    const { $_: input, lastMatch } = RegExp;
    expect(`${input} ${lastMatch}`).not.toContain(caller);
  });

  describe('knows nothing of a field', () => {
    const name = 'a string that is not empty';
    const objects = 'an array of objects';
    const channel = (item: Broken) => item.channels[0];
    const queued = (item: Broken) => channel(item).events[1];
    const waiting = (item: Broken) => item.waiting;
    /**
     * Where each field is, its path, what becomes of the interaction without it, a wrong value, and
     * whether it may be absent.
     */
    const fields: [
      OngoingField,
      parent: (item: Broken) => Broken,
      path: string,
      unknown: object,
      wrong: unknown,
      expected: string,
      optional?: boolean,
    ][] = [
      ['direction', (item) => item, 'direction', { direction: '', unclear: 'direction' }, '', name],
      ['status', (item) => item, 'status', { status: '', unclear: 'status' }, 5, name],
      ['medium', (item) => item, 'medium', { medium: '' }, [caller], name],
      [
        'start',
        (item) => item,
        'start',
        { waiting: expect.objectContaining({ queue: 'Support', sinceMs: undefined }) },
        `+${caller}`,
        'a UTC date in ISO 8601, like 2019-12-19T16:00:23.249Z',
      ],
      ['channels', (item) => item, 'channels', { lastEvents: [], waiting: undefined }, [caller], objects],
      ['role', (item) => channel(item).party, 'channels[0].party.role', { lastEvents: [] }, 7, name],
      [
        'events',
        channel,
        'channels[0].events',
        { lastEvents: [''], waiting: undefined },
        { caller },
        objects,
      ],
      ['event_type', queued, 'channels[0].events[1].type', { lastEvents: [''] }, 5, name],
      [
        'event_offset',
        queued,
        'channels[0].events[1].offset',
        { waiting: expect.objectContaining({ sinceMs: undefined }) },
        -1,
        'a whole number from 0',
      ],
      [
        'queue',
        queued,
        'channels[0].events[1].name',
        { waiting: expect.objectContaining({ queue: '' }) },
        {},
        name,
      ],
      [
        'interaction_plan',
        (item) => queued(item).properties,
        'channels[0].events[1].properties.interactionPlan',
        { waiting: expect.objectContaining({ plan: '' }) },
        Number(caller),
        'a string',
        true,
      ],
    ];
    const only = (field: OngoingField) => ({ ...noGaps(ongoingFields).absent, [field]: 1 });

    test('the table has every field', () => {
      expect(fields.map(([field]) => field)).toEqual([...ongoingFields]);
    });

    describe.each(fields)('%s', (field, parent, path, unknown, wrong, expected, optional) => {
      const key = path.split('.').at(-1)!;

      test.each<[string, (item: Broken) => void]>([
        ['absent', (item) => delete parent(item)[key]],
        ['null', (item) => (parent(item)[key] = null)],
      ])('that is %s', (_, change) => {
        const page = parseOngoing(changed(change), 3);
        expect(page.items[0]).toMatchObject(unknown);
        expect(page.gaps).toMatchObject({
          absent: only(field),
          invalid: noGaps(ongoingFields).invalid,
          flawed: optional ? 0 : 1,
        });
        expect(waiting(page.items[1])).toMatchObject({ queue: 'Support' });
      });

      test('that is of a wrong kind, and gives the place without the value', () => {
        const page = parseOngoing(
          changed((item) => (parent(item)[key] = wrong)),
          3,
        );
        expect(page.items[0]).toMatchObject(unknown);
        expect(page.gaps).toMatchObject({
          absent: noGaps(ongoingFields).absent,
          invalid: only(field),
          flawed: 1,
          first: { path: `interactions/ongoing, page 3: items[0].${path}`, expected },
        });
        expect(JSON.stringify(page.gaps)).not.toContain(caller);
      });
    });

    test.each<[string, (item: Broken) => void, object]>([
      ['a party', (item) => delete channel(item).party, { absent: only('role'), flawed: 1 }],
      [
        'a party that is a text',
        (item) => (channel(item).party = caller),
        { absent: only('role'), flawed: 1 },
      ],
      [
        'properties',
        (item) => delete queued(item).properties,
        { absent: only('interaction_plan'), flawed: 0 },
      ],
      [
        'events of which one is a text',
        (item) => channel(item).events.push(caller),
        { invalid: only('events'), flawed: 1 },
      ],
      ['properties that are a list', (item) => (queued(item).properties = [caller]), { flawed: 0 }],
    ])('inside %s', (_, change, gaps) => {
      expect(parseOngoing(changed(change), 3).gaps).toMatchObject(gaps);
    });

    test('of events that are in no queue, or of no External channel, only as far as it is used', () => {
      const body = changed((item) => {
        item.channels.push({ party: { role: 'Agent' }, events: caller });
        item.channels[0].events.unshift({ type: 'Ivr', offset: 0, name: 7, properties: 7 });
      });
      const page = parseOngoing(body, 3);
      expect(page.gaps).toEqual(noGaps(ongoingFields));
      expect(page.items[0]!.waiting).toMatchObject({ queue: 'Support' });
    });

    test('and counts an interaction with several flaws once', () => {
      const body = changed((item) => {
        delete item.start;
        item.channels.push({}, {});
      });
      expect(parseOngoing(body, 3).gaps).toMatchObject({ flawed: 1, absent: { start: 1, role: 2 } });
    });
  });

  test.each<[string, unknown, string]>([
    [
      'no guid',
      interactionOf({ guid: undefined as never }),
      'items[1].guid: expected a string that is not empty, received nothing',
    ],
    [
      'an empty guid',
      interactionOf({ guid: '' }),
      'items[1].guid: expected a string that is not empty, received an empty string',
    ],
    [
      'a guid that is a number',
      interactionOf({ guid: 447700900123 as never }),
      'items[1].guid: expected a string that is not empty, received a number',
    ],
    ['a text for an interaction', caller, 'items[1]: expected an object, received a string'],
  ])('refuses %s', (_, item, message) => {
    const parse = () => parseOngoing(pageOf([interactionOf(), item]), 2);
    expect(parse).toThrow(ShapeError);
    expect(parse).toThrow(new Error(`interactions/ongoing, page 2: ${message}`));
  });

  test.each([
    ['', 'expected JSON, received 0 characters that are not JSON'],
    [ongoingExample.slice(0, 300), 'expected JSON, received 300 characters that are not JSON'],
    ['[]', 'expected a JSON object, received an array'],
    ['{}', null],
    [pageOf([], { upTo: null }), null],
    [pageOf([], { meta: null }), null],
    [pageOf([], { items: {} }), null],
  ])('refuses the body %j', (body, message) => {
    const parse = () => parseOngoing(body, 2);
    expect(parse).toThrow(ShapeError);
    expect(parse).toThrow(
      message === null
        ? /^interactions\/ongoing, page 2: (meta|upTo|items): expected /
        : new Error(`interactions/ongoing, page 2${message.startsWith('expected') ? ': ' : ''}${message}`),
    );
  });

  test('reads any page as a second reader does, and names no text of it', () => {
    const secret = 'Zq81caller';
    const bodies = fc.oneof(
      fc.array(anyInteraction, { maxLength: 4 }).map((items) => pageOf(items)),
      hostileItemBodies('guid', ['direction', 'status', 'medium', 'start', 'connectFrom', 'channels']),
      fc
        .tuple(anyInteraction, anyHostile)
        .map(([item, other]) => pageOf([{ ...item, channels: [other, secret] }])),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        const expected = readOngoingPage(body);
        let page: ReturnType<typeof parseOngoing> | undefined;
        try {
          page = parseOngoing(body, 1);
        } catch (error) {
          expect(error).toBeInstanceOf(ShapeError);
          expect((error as Error).message).not.toContain(secret);
        }
        const { gaps, ...rest } = page ?? {};
        expect(page && rest).toEqual(expected);
        expect(JSON.stringify(gaps?.first ?? '')).not.toContain(secret);
      }),
      { numRuns: 600 },
    );
  });
});
