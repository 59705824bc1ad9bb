import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AgentField, agentFields, noGaps } from '../../src/snapshot/gaps.ts';
import { agentStatus, parseAgentStatus } from '../../src/vcc/agent-status.ts';
import { ShapeError } from '../../src/vcc/errors.ts';

const example = readFileSync(new URL('../fixtures/reference-example.json', import.meta.url), 'utf8');

// biome-ignore lint/suspicious/noExplicitAny: the tests below break the example wherever they like
type Broken = any;

function changed(change: (page: Broken) => void): string {
  const page = JSON.parse(example);
  change(page);
  return JSON.stringify(page);
}

describe('parseAgentStatus', () => {
  test.each(['[],', '{},'])('refuses a page of more than a million %p, without parsing it', (each) => {
    const page = (count: number) => `{"meta":{},"items":[${each.repeat(count)}0]}`;
    expect(() => parseAgentStatus(page(1_000_001), 1)).toThrow(
      new ShapeError('page 1', 'at most 1000000 lists and objects', 'more'),
    );
    expect(() => parseAgentStatus(page(999_000), 1)).toThrow('page 1: upTo: expected');
  });

  test("reads every field of the reference's example", () => {
    expect(parseAgentStatus(example, 1)).toEqual({
      number: 1,
      count: 2,
      pageCount: 1,
      totalCount: 2,
      upToMs: Date.parse('2019-12-23T09:39:07.012Z'),
      items: [
        {
          id: '002',
          presence: 'Ready',
          presenceSinceMs: Date.parse('2019-12-19T16:00:23.249Z'),
          description: 'Ready',
          eligibleForRouting: false,
          workloadSinceMs: Date.parse('2019-12-19T16:05:30.212Z'),
          live: 1,
          semiLive: 0,
          nonLive: 0,
          interactions: [
            {
              guid: 'b6c01065-a5fa-432f-981b-649f98518878',
              sinceMs: Date.parse('2019-12-19T16:05:30.212Z'),
              medium: 'Phone',
              mediumManager: 'CC',
              direction: 'Outbound',
              state: 'Connected',
              reason: null,
            },
          ],
        },
        {
          id: '003',
          presence: 'Ready',
          presenceSinceMs: Date.parse('2019-12-19T16:00:30.145Z'),
          description: 'Ready',
          eligibleForRouting: true,
          workloadSinceMs: Date.parse('2019-12-19T15:49:00.512Z'),
          live: 0,
          semiLive: 0,
          nonLive: 0,
          interactions: [],
        },
      ],
      gaps: noGaps(agentFields),
    });
  });

  test('reads answers of the path of the API reference', () => {
    expect(agentStatus.path).toBe('/stats/agent-status');
    expect(agentStatus.parse(example, 1)).toEqual(parseAgentStatus(example, 1));
  });

  test('ignores fields that the reference does not have', () => {
    const more = changed((page) => {
      page.links = {};
      page.items[0].team = { name: 'x' };
      page.items[0].interaction[0].queue = 1;
    });
    expect(parseAgentStatus(more, 1)).toEqual(parseAgentStatus(example, 1));
  });

  test.each([
    ['\ud83d\ude00 \u00e4 \ud55c', '😀 ä 한'],
    ['a\ud83d', 'a\ufffd'],
    ['\ude00b', '\ufffdb'],
    ['\ud83d\ud83d\ude00', '\ufffd😀'],
  ])('takes halves of surrogate pairs for what they become in UTF-8: %j', (given, expected) => {
    const body = changed((page) => {
      page.items[0].presence.description = given;
    }).replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
    expect(body).toMatch(/\\u[0-9a-f]{4}/);
    expect(parseAgentStatus(body, 1).items[0]!.description).toBe(expected);
  });

  test('ignores a byte order mark', () => {
    expect(parseAgentStatus(`\ufeff${example}`, 1)).toEqual(parseAgentStatus(example, 1));
  });

  test('keeps unknown words unchanged', () => {
    const body = changed((page) => {
      page.items[0].presence.name = 'Sabbatical';
      page.items[0].interaction[0].state = 'Fault';
    });
    expect(parseAgentStatus(body, 1).items[0]).toMatchObject({
      presence: 'Sabbatical',
      interactions: [{ state: 'Fault' }],
    });
  });

  test.each([
    '0001-01-01T00:00:00Z',
    '0001-01-01T00:00:00',
    '0001-01-01T00:00:00.0000000Z',
    '0001-01-01T05:00:00+01:00',
  ])("reads .NET's zero as an unknown time: %s", (since) => {
    const body = changed((page) => {
      page.items[0].presence.since = since;
      page.items[0].workload.since = since;
      page.items[0].interaction[0].since = since;
    });
    const {
      items: [first],
      gaps,
    } = parseAgentStatus(body, 1);
    expect(first).toMatchObject({ presenceSinceMs: undefined, workloadSinceMs: undefined });
    expect(gaps).toMatchObject({
      flawed: 0,
      absent: { presence_since: 1, workload_since: 1, interaction_since: 1 },
    });
    expect(first?.interactions?.[0]).toMatchObject({ sinceMs: undefined });
  });

  describe('knows nothing of a field', () => {
    const agentOf = ({ items: [first] }: ReturnType<typeof parseAgentStatus>) => first as unknown as Broken;
    const legOf = (page: ReturnType<typeof parseAgentStatus>) => agentOf(page).interactions?.[0];
    const presence = (page: Broken) => page.items[0].presence;
    const workload = (page: Broken) => page.items[0].workload;
    const leg = (page: Broken) => page.items[0].interaction[0];
    const item = (page: Broken) => page.items[0];
    const time = 'a UTC date in ISO 8601, like 2019-12-19T16:00:23.249Z';
    const count = 'a whole number from 0';
    const name = 'a string that is not empty';

    /**
     * Where each field is, the result when it is absent, a wrong value for it, and whether it may
     * be absent.
     */
    const fields: [
      AgentField,
      parent: (page: Broken) => Broken,
      key: string,
      read: (page: ReturnType<typeof parseAgentStatus>) => unknown,
      unknown: unknown,
      wrong: unknown,
      expected: string,
      optional?: boolean,
    ][] = [
      ['presence_since', presence, 'since', (page) => agentOf(page).presenceSinceMs, undefined, 12, time],
      [
        'description',
        presence,
        'description',
        (page) => agentOf(page).description,
        undefined,
        {},
        'a string',
        true,
      ],
      [
        'eligible_for_routing',
        presence,
        'eligibleForRouting',
        (page) => agentOf(page).eligibleForRouting,
        undefined,
        'true',
        'true or false',
        true,
      ],
      ['workload', item, 'workload', (page) => agentOf(page).live, undefined, [], 'an object'],
      ['workload_since', workload, 'since', (page) => agentOf(page).workloadSinceMs, undefined, true, time],
      ['calls', workload, 'calls', (page) => agentOf(page).live, undefined, '1', count],
      ['semi_live', workload, 'semiLive', (page) => agentOf(page).semiLive, 0, -1, count, true],
      ['non_live', workload, 'nonLive', (page) => agentOf(page).nonLive, 0, 0.5, count, true],
      [
        'interaction',
        item,
        'interaction',
        (page) => agentOf(page).interactions,
        undefined,
        [7],
        'an array of objects',
        true,
      ],
      ['interaction_guid', leg, 'guid', (page) => legOf(page).guid, '', 7, name],
      ['interaction_since', leg, 'since', (page) => legOf(page).sinceMs, undefined, 'yesterday', time],
      ['medium', leg, 'medium', (page) => legOf(page).medium, '', '', name],
      ['medium_manager', leg, 'mediumManager', (page) => legOf(page).mediumManager, '', [], name],
      ['direction', leg, 'direction', (page) => legOf(page).direction, '', false, name],
      ['state', leg, 'state', (page) => legOf(page).state, '', {}, name],
    ];
    const pathOf = (parent: unknown) =>
      new Map<unknown, string>([
        [presence, 'presence.'],
        [workload, 'workload.'],
        [item, ''],
        [leg, 'interaction[0].'],
      ]).get(parent);
    const only = (field: AgentField) => ({ ...noGaps(agentFields).absent, [field]: 1 });

    test('the table has every field, except for the reason, which may be null', () => {
      expect([...fields.map(([field]) => field), 'reason']).toEqual([...agentFields]);
    });

    describe.each(fields)('%s', (field, parent, key, read, unknown, wrong, expected, optional) => {
      test.each<[string, (page: Broken) => void]>([
        ['absent', (page) => delete parent(page)[key]],
        ['null', (page) => (parent(page)[key] = null)],
      ])('that is %s', (_, change) => {
        const page = parseAgentStatus(changed(change), 3);
        expect(read(page)).toEqual(unknown);
        expect(page.gaps.absent).toEqual(only(field));
        expect(page.gaps.invalid).toEqual(noGaps(agentFields).invalid);
        expect(page.gaps.flawed).toBe(optional ? 0 : 1);
        expect(page.items[1]).toEqual(parseAgentStatus(example, 3).items[1]);
      });

      test('that is of a wrong kind, and gives the place without the value', () => {
        const page = parseAgentStatus(
          changed((its) => (parent(its)[key] = wrong)),
          3,
        );
        expect(read(page)).toEqual(unknown === 0 ? undefined : unknown);
        expect(page.gaps.invalid).toEqual(only(field));
        expect(page.gaps.absent).toEqual(noGaps(agentFields).absent);
        expect(page.gaps).toMatchObject({
          flawed: 1,
          first: { path: `page 3: items[0].${pathOf(parent)}${key}`, expected },
        });
        expect(JSON.stringify(page.gaps)).not.toContain('yesterday');
      });
    });

    test.each([
      ['bob@example.org 0123', 'aaa@aaaaaaa.aaa 9999'],
      ['\u0660\u0667\u0669 \u00b2', '999 9'],
      ['x'.repeat(30), 'a'.repeat(30)],
      ['x'.repeat(31), `${'a'.repeat(30)}…`],
      ['e\u0301\n\u001b[2J\ud83d\ude00', 'a???[9a?'],
    ])('of a time of which it shows only the form: %j', (since, form) => {
      const { gaps } = parseAgentStatus(
        changed((its) => (its.items[0].presence.since = since)),
        3,
      );
      expect(gaps.first).toMatchObject({ received: `a string like "${form}"` });
    });

    test('of a reason of a wrong kind', () => {
      const page = parseAgentStatus(
        changed((its) => (leg(its).reason = 5)),
        3,
      );
      expect(legOf(page).reason).toBeNull();
      expect(page.gaps).toMatchObject({
        flawed: 1,
        first: {
          path: 'page 3: items[0].interaction[0].reason',
          expected: 'a string',
          received: 'a number',
        },
      });
    });

    test('of no reason when there is none', () => {
      const page = parseAgentStatus(
        changed((its) => delete leg(its).reason),
        3,
      );
      expect(legOf(page).reason).toBeNull();
      expect(page.gaps).toEqual(noGaps(agentFields));
    });

    test('of an agent who never logged in, which is no flaw', () => {
      const body = changed((page) => {
        page.items[1] = { agentId: '004', presence: { name: 'LoggedOut', since: null }, interaction: null };
      });
      const { items: agents, gaps } = parseAgentStatus(body, 3);
      expect(agents[1]).toEqual({
        id: '004',
        presence: 'LoggedOut',
        presenceSinceMs: undefined,
        description: undefined,
        eligibleForRouting: undefined,
        workloadSinceMs: undefined,
        live: undefined,
        semiLive: undefined,
        nonLive: undefined,
        interactions: undefined,
      });
      expect(gaps).toMatchObject({ flawed: 0, first: undefined });
      expect(gaps.absent).toMatchObject({
        presence_since: 1,
        workload: 1,
        interaction: 1,
        workload_since: 0,
      });
    });

    test('and counts an agent with several flaws once', () => {
      const body = changed((page) => {
        delete page.items[0].workload.since;
        page.items[0].interaction[0] = {};
      });
      expect(parseAgentStatus(body, 3).gaps).toMatchObject({
        flawed: 1,
        first: { path: 'page 3: items[0].workload.since', received: 'nothing' },
      });
    });

    test('whatever is broken, and counts every value', () => {
      const breakable = fields.map(([, parent, key, , , wrong], index) => ({ parent, key, wrong, index }));
      const plan = fc.array(fc.constantFrom('keep', 'delete', 'null', 'wrong'), {
        minLength: fields.length,
        maxLength: fields.length,
      });
      fc.assert(
        fc.property(plan, (chosen) => {
          const expected = noGaps(agentFields);
          const body = changed((page) => {
            // Inner fields first, while the outer ones are there.
            for (const { parent, key, wrong, index } of breakable.toReversed()) {
              const how = chosen[index]!;
              if (how === 'keep') continue;
              const field = fields[index]![0];
              if (field === 'workload')
                for (const inner of ['workload_since', 'calls', 'semi_live', 'non_live']) drop(inner);
              if (field === 'interaction') {
                for (const inner of agentFields.slice(agentFields.indexOf('interaction') + 1)) drop(inner);
              }
              expected[how === 'wrong' ? 'invalid' : 'absent'][field]++;
              if (how === 'delete') delete parent(page)[key];
              else parent(page)[key] = how === 'null' ? null : wrong;
            }
          });
          const { gaps } = parseAgentStatus(body, 3);
          expect([gaps.absent, gaps.invalid]).toEqual([expected.absent, expected.invalid]);

          /** A field inside a missing field is not counted separately. */
          function drop(inner: string): void {
            expected.absent[inner as AgentField] = 0;
            expected.invalid[inner as AgentField] = 0;
          }
        }),
      );
    });
  });

  const date = 'a UTC date in ISO 8601, like 2019-12-19T16:00:23.249Z';
  test.each<[string, (page: Broken) => void, string]>([
    ['no meta', (page) => delete page.meta, 'page 3: meta: expected an object, received nothing'],
    ['meta an array', (page) => (page.meta = []), 'page 3: meta: expected an object, received an array'],
    [
      'meta.page',
      (page) => (page.meta.page = '1'),
      'page 3: meta.page: expected a whole number from 0, received a string',
    ],
    [
      'meta.count',
      (page) => (page.meta.count = -1),
      'page 3: meta.count: expected a whole number from 0, received number -1',
    ],
    [
      'meta.pageCount',
      (page) => (page.meta.pageCount = 1.5),
      'page 3: meta.pageCount: expected a whole number from 0, received number 1.5',
    ],
    [
      'meta.totalCount',
      (page) => (page.meta.totalCount = null),
      'page 3: meta.totalCount: expected a whole number from 0, received null',
    ],
    [
      'upTo',
      (page) => (page.upTo = '0001-01-01T00:00:00Z'),
      `page 3: upTo: expected ${date}, received the year 1`,
    ],
    ['upTo', (page) => delete page.upTo, `page 3: upTo: expected ${date}, received nothing`],
    ['items', (page) => (page.items = {}), 'page 3: items: expected an array, received an object'],
    ['an item', (page) => (page.items[1] = 'x'), 'page 3: items[1]: expected an object, received a string'],
    [
      'agentId number',
      (page) => (page.items[1].agentId = 3),
      'page 3: items[1].agentId: expected a string that is not empty, received a number',
    ],
    [
      'agentId empty',
      (page) => (page.items[1].agentId = ''),
      'page 3: items[1].agentId: expected a string that is not empty, received an empty string',
    ],
    [
      'presence',
      (page) => (page.items[1].presence = null),
      'page 3: items[1].presence: expected an object, received null',
    ],
    [
      'presence.name',
      (page) => delete page.items[1].presence.name,
      'page 3: items[1].presence.name: expected a string that is not empty, received nothing',
    ],
  ])('refuses a bad %s', (_, change, message) => {
    const parse = () => parseAgentStatus(changed(change), 3);
    expect(parse).toThrow(ShapeError);
    expect(parse).toThrow(new Error(message));
  });

  test.each([
    ['', 'page 2: expected JSON, received 0 characters that are not JSON'],
    [example.slice(0, 400), 'page 2: expected JSON, received 400 characters that are not JSON'],
    ['<html>', 'page 2: expected JSON, received 6 characters that are not JSON'],
    ['[]', 'page 2: expected a JSON object, received an array'],
    ['null', 'page 2: expected a JSON object, received null'],
  ])('refuses a body that is no object', (body, message) => {
    expect(() => parseAgentStatus(body, 2)).toThrow(new Error(message));
  });
});
