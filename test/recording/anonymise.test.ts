import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createAnonymiser } from '../../src/recording/anonymise.ts';
import { encodeRecording, parseRecording } from '../../src/recording/format.ts';
import { formOf } from '../../src/recording/times.ts';
import { agentListing, assemble } from '../../src/snapshot/assemble.ts';
import { toFloor } from '../../src/snapshot/floor.ts';
import { parseAgentStatus } from '../../src/vcc/agent-status.ts';
import { ShapeError } from '../../src/vcc/errors.ts';
import { parseTimestamp } from '../../src/vcc/timestamp.ts';
import { anyAgents } from '../support/agents.ts';
import { anyHostileBody, toBody } from '../support/bodies.ts';
import { comparable } from '../support/floors.ts';
import { floorOptions } from '../support/reading.ts';

// biome-ignore lint/suspicious/noExplicitAny: the tests below break bodies wherever they like
type Broken = any;
const byMs = 400 * 86_400_000 + 12_345;
const example = JSON.parse(
  readFileSync(new URL('../fixtures/reference-example.json', import.meta.url), 'utf8'),
);
const anonymous = (value: unknown, status = 200) =>
  createAnonymiser([value], byMs).json(value, status) as Broken;

/** A body with one agent that the test defines. */
const of = (agent: object, more: object = {}) => ({ items: [agent], ...more });

/** Strings and names of fields in a value. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => [
    ...(Array.isArray(value) ? [] : [name]),
    ...textsIn(each),
  ]);
}

describe('an anonymous answer', () => {
  test('is unchanged except for ids, guids and times', () => {
    expect(anonymous(example)).toEqual({
      meta: example.meta,
      items: [
        {
          agentId: 'agent-aaa',
          presence: {
            since: '2021-01-22T16:00:35.594Z',
            name: 'Ready',
            description: 'Ready',
            eligibleForRouting: false,
          },
          workload: { since: '2021-01-22T16:05:42.557Z', calls: 1, semiLive: 0, nonLive: 0 },
          interaction: [
            {
              guid: 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaab',
              channelGuid: null,
              since: '2021-01-22T16:05:42.557Z',
              medium: 'Phone',
              mediumManager: 'CC',
              direction: 'Outbound',
              state: 'Connected',
              reason: null,
            },
          ],
        },
        {
          agentId: 'agent-aab',
          presence: {
            since: '2021-01-22T16:00:42.490Z',
            name: 'Ready',
            description: 'Ready',
            eligibleForRouting: true,
          },
          workload: { since: '2021-01-22T15:49:12.857Z', calls: 0, semiLive: 0, nonLive: 0 },
          interaction: [],
        },
      ],
      upTo: '2021-01-26T09:39:19.357Z',
    });
  });

  test.each<[what: string, body: object, expected: object]>([
    [
      'words that the reference does not name, by field',
      of({
        presence: { name: 'Sabbatical' },
        interaction: [{ state: 'Fault', medium: 'Phone', reason: '' }],
      }),
      of({
        presence: { name: 'unknown-presence-a' },
        interaction: [{ state: 'unknown-state-a', medium: 'Phone', reason: '' }],
      }),
    ],
    [
      'descriptions, except those that are a name of a presence',
      {
        items: ['Lunch', 'Away', 'Lunch', 'Alice’s tea'].map((description) => ({
          presence: { description },
        })),
      },
      {
        items: ['description-a', 'Away', 'description-a', 'description-b'].map((description) => ({
          presence: { description },
        })),
      },
    ],
    [
      'fields that the reference does not have, and all that is in them',
      of({ manager: { Alice: 'Alice', count: 7, phone: 447700900123, active: true, none: null } }),
      of({ 'field-a': { 'field-b': 'text-a', count: 7, 'field-c': 1, 'field-d': true, 'field-e': null } }),
    ],
    [
      'values of a wrong kind, by others of that kind',
      of({
        agentId: 4471,
        presence: ['Ready', 12],
        workload: { calls: '2', since: 1576771200 },
        interaction: 'none',
      }),
      of({ agentId: 1, presence: ['text-a', 1], workload: { calls: '0', since: 1 }, interaction: 'text-b' }),
    ],
    [
      'numbers that are no counts of agents or of work',
      of(
        { workload: { calls: 447, semiLive: -447, nonLive: 4.47 } },
        {
          meta: {
            page: 1,
            count: 44_770,
            pageCount: 4_477_009,
            totalCount: 447_700_900_123_456_000,
            other: 44,
          },
        },
      ),
      of(
        { workload: { calls: 100, semiLive: -1, nonLive: 0.5 } },
        { meta: { page: 1, count: 44_770, pageCount: 1_000_000, totalCount: 2 ** 53, 'field-a': 1 } },
      ),
    ],
    [
      'a guid that is none',
      of({ interaction: [{ guid: 'call 4471' }] }),
      of({ interaction: [{ guid: 'guid-a' }] }),
    ],
    [
      'a time that is none by its form',
      of({ presence: { since: '19/12/2019 16:00' } }),
      of({ presence: { since: '99/99/9999 99:99' } }),
    ],
    [
      'halves of surrogate pairs, as the exporter does',
      { items: [{ agentId: 'a\ud83d' }, { agentId: 'a\ufffd' }] },
      { items: [{ agentId: 'agent-aaa' }, { agentId: 'agent-aaa' }] },
    ],
  ])('has others for %s', (_, body, expected) => {
    expect(anonymous(body)).toEqual(expected);
  });

  test('may have a field __proto__', () => {
    const body = JSON.parse('{"items":[{"__proto__":{"agentId":"Alice"}}],"constructor":"Bob"}');
    expect(JSON.stringify(anonymous(body))).toBe(
      '{"items":[{"field-a":{"agentId":"agent-aaa"}}],"field-b":"text-a"}',
    );
  });

  test('ends at a depth that no answer has', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}"Alice"${']'.repeat(100_000)}`);
    expect(JSON.stringify(anonymous(deep))).toBe(`${'['.repeat(31)}${']'.repeat(31)}`);
  });

  test('has whole seconds if no time shows more', () => {
    const body = { items: [{ presence: { since: '2019-12-19T16:00:23Z' } }], upTo: '2019-12-19T17:00:23Z' };
    expect(anonymous(body)).toEqual({
      items: [{ presence: { since: '2021-01-22T16:00:35Z' } }],
      upTo: '2021-01-22T17:00:35Z',
    });
  });

  test('is an error with its status and the messages of the reference', () => {
    const body = { statusCode: 400, error: 'Bad Request', message: 'No such account: Acme' };
    expect(anonymous(body, 400)).toEqual({ statusCode: 400, error: 'Bad Request', message: 'text-a' });
    expect(anonymous({ ...body, statusCode: 447 }, 400)).toMatchObject({ statusCode: 1 });
  });

  test('keeps the order of more agents than three letters can name', () => {
    const ids = Array.from({ length: 26 ** 3 + 1 }, (_, index) => String(index).padStart(6, '0'));
    const body = { items: ids.map((agentId) => ({ agentId })) };
    const named = anonymous(body).items.map(({ agentId }: { agentId: string }) => agentId);
    expect(named).toEqual([...new Set(named)].sort());
    expect(named[0]).toBe('agent-aaaa');
  });

  test('has only headers that identify nobody', () => {
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'max-age=5, must-revalidate, private, account="acme"',
      date: 'Thu, 19 Dec 2019 16:00:23 GMT',
      'retry-after': '30',
      'x-ratelimit-remaining': '4987',
      'x-acme-rate-limit': '10;w=60',
      'x-ratelimit-reset': '1576771223',
      'x-ratelimit-until': '2019-12-19T16:00:23.5Z',
      'x-ratelimit-after': 'Thu, 19 Dec 2019 16:00:23 GMT',
      'x-ratelimit-account': '44 20 7946 0018',
      ratelimit: '"default";q=100;w=60, remaining = 9',
      'x-corporate-id': '4477',
      'set-cookie': ['session=1'],
      via: 'proxy.acme.example',
      server: 'acme',
    };
    const anonymiser = createAnonymiser([{ upTo: '2019-12-19T16:00:23.000Z' }], byMs);
    expect(anonymiser.headers(headers)).toEqual({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'max-age=5, must-revalidate, private',
      date: 'Fri, 22 Jan 2021 16:00:35 GMT',
      'retry-after': '30',
      'x-ratelimit-remaining': '4987',
      'x-other-rate-limit': '10, 60',
      'x-ratelimit-reset': '1000000',
      'x-ratelimit-other': '',
      'x-ratelimit-after': '',
      'x-ratelimit-account': '',
      ratelimit: '100, 60, 9',
    });
    const odd = {
      'content-type': 'text/alice',
      'retry-after': 'Alice',
      date: '4477',
      'cache-control': 'alice',
    };
    expect(anonymiser.headers(odd)).toEqual({ 'content-type': 'text/other' });
  });
});

test('a header full of spaces is read quickly', () => {
  const started = performance.now();
  const headers = createAnonymiser([], byMs).headers({ ratelimit: `1,${'\t'.repeat(60_000)}x` });
  expect(headers).toEqual({ ratelimit: '1' });
  expect(performance.now() - started).toBeLessThan(2000);
});

test('written headers can be read, whatever they were', () => {
  const anyName = fc
    .array(fc.constantFrom('x', 'alice', 'limit', 'rate', '4', ''), { maxLength: 40 })
    .map((parts) => parts.join('-'));
  const anyValue = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom(...['public, '.repeat(300), '9;'.repeat(300), 'max-age=5, '.repeat(99)]),
  );
  fc.assert(
    fc.property(
      fc.constantFrom('cache-control', 'date', 'retry-after', 'content-type'),
      anyName,
      anyValue,
      (...of) => {
        const [known, name, value] = of;
        const headers = createAnonymiser([], byMs).headers({ [known]: value, [name]: value });
        const result = { status: 200, headers, json: null };
        const recording = { readings: [{ afterMs: 0, answers: [{ page: 1, result }] }] };
        expect(parseRecording(encodeRecording(recording, '1.2.3'), 'a.json')).toEqual(recording);
      },
    ),
  );
});

test('nothing that may identify somebody survives, wherever it is', () => {
  fc.assert(
    fc.property(fc.array(anyHostileBody, { minLength: 1, maxLength: 3 }), (bodies) => {
      const anonymiser = createAnonymiser(bodies, byMs);
      const out = bodies.map((body) => anonymiser.json(body, 200));
      const written = new Set(textsIn(out));
      const clean = JSON.stringify(out)
        // Moved times or those that mean none, their forms, and our own numbers. A meta count may
        // be any.
        .replace(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]0[01]:00)?"/g, '""')
        .replace(/0001-01-01T|9{3,}|\b9007199254740992\b|\b1000000\b|\b100\b/g, '')
        .replace(/"(page|count|pageCount|totalCount)":\d{1,6}\b/g, '');
      expect(clean).not.toMatch(/\p{Nd}{3}/u);
      // The rest is ASCII that this module has chosen.
      expect(clean).toMatch(/^[ -~]*$/);
      for (const text of textsIn(bodies)) {
        if (harmless(text)) continue;
        expect([text, written.has(text)]).toEqual([text, false]);
        if (text.length >= 8)
          expect([text, clean.includes(JSON.stringify(text).slice(1, -1))]).toEqual([text, false]);
      }
    }),
    { numRuns: 300 },
  );
});

/** Words of the reference, times that mean none, and our own texts that occur by chance. */
const harmless = (text: string) =>
  known.has(text) || text === formOf(text) || /^(0?|0001-01-01T.*|a{1,4})$/.test(text);
const known = new Set([
  ...textsIn(example).filter((text) => /^[A-Za-z]+$/.test(text)),
  ...[
    'statusCode',
    'error',
    'error_description',
    'message',
    'Away',
    'LoggedOut',
    'Wrap',
    'Monitor',
    'Bad Request',
  ],
]);

test('the same agent has the same pseudonym, and the order of all stays', () => {
  const anyId = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.constantFrom('002', '003', '10', '9'),
  );
  fc.assert(
    fc.property(fc.array(fc.array(anyId), { minLength: 1, maxLength: 3 }), (lists) => {
      const bodies = lists.map((ids) => ({ items: ids.map((agentId) => ({ agentId })) }));
      const anonymiser = createAnonymiser(bodies, byMs);
      const pairs = bodies.flatMap((body) => {
        const { items } = anonymiser.json(body, 200) as typeof body;
        return items.map(({ agentId }, at) => [body.items[at]!.agentId.toWellFormed(), agentId] as const);
      });
      for (const [a, b] of pairs) {
        for (const [c, d] of pairs) expect([a < c, a === c]).toEqual([b < d, b === d]);
      }
    }),
  );
});

test('an account has the same counts, with all times moved, and fails in the same way', () => {
  const breakage = fc.constantFrom<(body: Broken) => void>(
    () => {},
    ({ items }) => delete items[0]?.workload,
    ({ items }) => items[0] && Object.assign(items[0].presence, { since: '19.12.2019' }),
    ({ items }) => items[0] && Object.assign(items[0], { presence: null }),
    ({ items }) => items[0] && Object.assign(items[0], { agentId: '' }),
    ({ items }) => items[0] && items.push(items[0]),
    (body) => Object.assign(body, { upTo: '0001-01-01T00:00:00Z' }),
    (body) => Object.assign(body.meta, { totalCount: '7' }),
    (body) => Object.assign(body, { items: {} }),
  );
  const outcome = (body: unknown) => {
    try {
      const snapshot = assemble(new Map([[1, parseAgentStatus(JSON.stringify(body), 1)]]), agentListing);
      return 'reason' in snapshot ? snapshot.reason : toFloor(snapshot, floorOptions);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      return error.message;
    }
  };
  fc.assert(
    fc.property(anyAgents, breakage, (agents, damage) => {
      const body = toBody(agents) as Broken;
      damage(body);
      const replaced = anonymous(body);
      const [before, after] = [outcome(body), outcome(replaced)];
      if (typeof before === 'string') return expect(after).toBe(before);
      const movedMs = parseTimestamp(replaced.upTo) - parseTimestamp(body.upTo);
      expect(comparable(after, movedMs)).toEqual(comparable(before));
    }),
    { numRuns: 200 },
  );
});
