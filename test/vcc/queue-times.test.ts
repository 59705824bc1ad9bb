import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { noGaps } from '../../src/snapshot/gaps.ts';
import { type QueueTime, type QueueTimeField, queueTimeFields } from '../../src/snapshot/queue-time.ts';
import { ShapeError } from '../../src/vcc/errors.ts';
import { parseQueueTimes, queueTimesSince } from '../../src/vcc/queue-times.ts';
import { hostileItemBodies } from '../support/bodies.ts';
import { pageOf } from '../support/ongoing.ts';
import { readQueueTimesPage } from '../support/queue-pages.ts';

const example = readFileSync(new URL('../fixtures/queue-times-example.json', import.meta.url), 'utf8');

// biome-ignore lint/suspicious/noExplicitAny: the tests below break the items wherever they like
type Broken = any;

/** The example of the API reference with one item changed. */
function changed(change: (item: Broken) => void): string {
  const page = JSON.parse(example);
  change(page.items[0]);
  return JSON.stringify(page);
}

describe('parseQueueTimes', () => {
  test("reads every field of the reference's example", () => {
    expect(parseQueueTimes(example, 1)).toEqual({
      number: 1,
      count: 2,
      pageCount: 1,
      totalCount: 2,
      upToMs: Date.parse('2019-12-23T10:32:30.012Z'),
      items: [
        {
          id: JSON.stringify([
            '016f3105-0854-43e2-9d2a-33ef02aff410',
            Date.parse('2019-12-23T09:55:21.791Z'),
            'VirtualQueue1',
            'Virtual',
          ]),
          queue: 'VirtualQueue1',
          plan: '0123456789',
          medium: 'Phone',
          type: 'Virtual',
          category: 'Answered',
          reason: 'Delivered',
          partyRole: 'Agent',
          skills: ['Billing'],
          startMs: Date.parse('2019-12-23T09:55:21.791Z'),
          durationMs: 5189,
          targetMs: 5000,
        },
        {
          id: JSON.stringify([
            '016f3105-085f-4db1-be2e-b1ec61d0c6f5',
            Date.parse('2019-12-23T10:32:05.133Z'),
            'ACD1',
            'ACD',
          ]),
          queue: 'ACD1',
          plan: '',
          medium: '',
          type: 'ACD',
          category: 'Breakout',
          reason: 'NoAgentsBreakout',
          partyRole: '',
          skills: [],
          startMs: Date.parse('2019-12-23T10:32:05.133Z'),
          durationMs: 982,
          targetMs: undefined,
        },
      ],
      gaps: {
        ...noGaps(queueTimeFields),
        // The second example has none of these, so their absence is no flaw.
        absent: {
          ...noGaps(queueTimeFields).absent,
          interaction_plan: 1,
          medium: 1,
          party_role: 1,
          presented_skills: 1,
          target: 1,
        },
      },
    });
  });

  test('drops the blanks around names of queues, plans and skills', () => {
    const body = changed((item) =>
      Object.assign(item, {
        queue: ' \u00a0Support\t',
        interactionPlan: ' Plan\n',
        presentedSkills: [' Billing ', 'Sales'],
      }),
    );
    expect(parseQueueTimes(body, 1).items[0]).toMatchObject({
      queue: 'Support',
      plan: 'Plan',
      skills: ['Billing', 'Sales'],
    });
  });

  test('reads an empty page, which has no pages at all', () => {
    const meta = { page: 1, count: 0, pageCount: 0, totalCount: 0 };
    expect(parseQueueTimes(pageOf([], { meta }), 1)).toMatchObject({ pageCount: 0, items: [] });
  });

  test.each<[string, (item: Broken) => void, boolean]>([
    ['the interaction', (item) => (item.interactionGuid = 'another'), false],
    ['the start', (item) => (item.start = '2019-12-23T09:55:21.792Z'), false],
    ['the queue', (item) => (item.queue = 'Another'), false],
    ['the type', (item) => (item.type = 'ACD'), false],
    ['the category', (item) => (item.category = 'Abandoned'), true],
    ['the duration', (item) => (item.duration = 1), true],
    ['the plan and the party', (item) => Object.assign(item, { interactionPlan: 'x', party: {} }), true],
  ])('has ids that differ by %s: the same item is %s', (_, change, same) => {
    const [before] = parseQueueTimes(example, 1).items;
    const [after] = parseQueueTimes(changed(change), 1).items;
    expect(after!.id === before!.id).toBe(same);
  });

  test('an item that is still in the queue has no duration and no category, which is no flaw', () => {
    const page = parseQueueTimes(
      changed((item) => Object.assign(item, { duration: null, category: null, reason: null })),
      1,
    );
    expect(page.items[0]).toMatchObject({ durationMs: null, category: '' });
    expect(page.gaps).toMatchObject({ flawed: 0, absent: { category: 1, duration: 0 } });
  });

  describe('knows nothing of a field', () => {
    const name = 'a string that is not empty';
    const secret = '+447700900123';
    const item = (its: Broken) => its;
    const fields: [
      QueueTimeField,
      parent: (item: Broken) => Broken,
      path: string,
      read: keyof QueueTime,
      unknown: unknown,
      wrong: unknown,
      expected: string,
      optional?: boolean,
    ][] = [
      [
        'start',
        item,
        'start',
        'startMs',
        undefined,
        secret,
        'a UTC date in ISO 8601, like 2019-12-19T16:00:23.249Z',
      ],
      ['queue', item, 'queue', 'queue', '', [secret], name],
      ['interaction_plan', item, 'interactionPlan', 'plan', '', 447700900123, 'a string', true],
      ['medium', item, 'medium', 'medium', '', { secret }, 'a string', true],
      ['type', item, 'type', 'type', '', '', name],
      ['category', item, 'category', 'category', '', 7, name],
      ['reason', item, 'reason', 'reason', '', 7, 'a string', true],
      ['party_role', (its) => its.party, 'party.role', 'partyRole', '', [secret], 'a string', true],
      ['presented_skills', item, 'presentedSkills', 'skills', [], [7, secret], 'an array of strings', true],
      ['duration', item, 'duration', 'durationMs', undefined, secret, 'a whole number from 0'],
      [
        'target',
        (its) => its.targets,
        'targets.targetTimeToAnswer',
        'targetMs',
        undefined,
        -5,
        'a whole number from 0',
        true,
      ],
    ];
    const ofOther = noGaps(queueTimeFields).absent;
    const other = {
      ...ofOther,
      interaction_plan: 1,
      medium: 1,
      party_role: 1,
      presented_skills: 1,
      target: 1,
    };
    const plusOne = (counts: typeof ofOther, field: QueueTimeField) => ({
      ...counts,
      [field]: counts[field] + 1,
    });

    test('the table has every field', () => {
      expect(fields.map(([field]) => field)).toEqual([...queueTimeFields]);
    });

    describe.each(fields)('%s', (field, parent, path, read, unknown, wrong, expected, optional) => {
      const key = path.split('.').at(-1)!;

      test.each<[string, (item: Broken) => void]>([
        ['absent', (its) => delete parent(its)[key]],
        ['null', (its) => (parent(its)[key] = null)],
      ])('that is %s', (how, change) => {
        const page = parseQueueTimes(changed(change), 3);
        // A duration of null means that it is still in the queue.
        const inQueue = field === 'duration' && how === 'null';
        expect(page.items[0]![read]).toEqual(inQueue ? null : unknown);
        expect(page.gaps).toMatchObject({
          absent: inQueue ? other : plusOne(other, field),
          invalid: ofOther,
          flawed: optional || inQueue ? 0 : 1,
        });
      });

      test('that is of a wrong kind, and gives the place without the value', () => {
        const page = parseQueueTimes(
          changed((its) => (parent(its)[key] = wrong)),
          3,
        );
        expect(page.items[0]![read]).toEqual(unknown);
        expect(page.gaps).toMatchObject({
          absent: other,
          invalid: plusOne(ofOther, field),
          flawed: 1,
          first: { path: `queue-times, page 3: items[0].${path}`, expected },
        });
        expect(JSON.stringify(page.gaps)).not.toContain('7700900123');
      });
    });

    test.each(['party', 'targets'])('inside %s of another kind', (field) => {
      const page = parseQueueTimes(
        changed((its) => (its[field] = secret)),
        3,
      );
      expect(page.gaps.flawed).toBe(0);
      expect(page.items[0]).toMatchObject(field === 'party' ? { partyRole: '' } : { targetMs: undefined });
    });
  });

  test.each([
    [undefined, 'received nothing'],
    ['', 'received an empty string'],
    [447700900123, 'received a number'],
  ])('refuses an item without a guid: %p', (guid, received) => {
    const parse = () =>
      parseQueueTimes(
        changed((item) => (item.interactionGuid = guid)),
        2,
      );
    expect(parse).toThrow(ShapeError);
    expect(parse).toThrow(
      new Error(
        `queue-times, page 2: items[0].interactionGuid: expected a string that is not empty, ${received}`,
      ),
    );
  });

  test('reads any page as a second reader does', () => {
    const names = [
      'start',
      'queue',
      'interactionPlan',
      'medium',
      'type',
      'category',
      'party',
      'duration',
      'targets',
    ];
    fc.assert(
      fc.property(hostileItemBodies('interactionGuid', names), (body) => {
        const expected = readQueueTimesPage(body);
        let page: ReturnType<typeof parseQueueTimes> | undefined;
        try {
          page = parseQueueTimes(body, 1);
        } catch (error) {
          expect(error).toBeInstanceOf(ShapeError);
        }
        const { gaps: _, ...rest } = page ?? {};
        expect(page && rest).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });
});

test('queue times are requested by when they were processed, and without virtual queues', () => {
  let startMs = Date.parse('2026-01-15T10:00:00.007Z');
  const { path, query } = queueTimesSince(
    () => startMs,
    () => false,
  );
  expect(path).toBe('/stats/queue-times');
  expect(query!()).toEqual({ start: '2026-01-15T10:00:00.007Z', include: 'Processed', queueType: 'ACD' });
  startMs += 60_000.5;
  expect(query!().start).toBe('2026-01-15T10:01:00.007Z');
});
