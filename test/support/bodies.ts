import fc from 'fast-check';
import type { Agent } from '../../src/snapshot/agent.ts';
import { takenAtMs } from './agents.ts';

const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());

/** One page of the API with these agents. */
export function toBody(agents: readonly Agent[]) {
  return {
    meta: { page: 1, count: agents.length, pageCount: 1, totalCount: agents.length },
    items: agents.map((each) => ({
      agentId: each.id,
      presence: {
        since: iso(each.presenceSinceMs),
        name: each.presence,
        description: each.description,
        eligibleForRouting: each.eligibleForRouting,
      },
      workload: {
        since: iso(each.workloadSinceMs),
        calls: each.live,
        semiLive: each.semiLive,
        nonLive: each.nonLive,
      },
      interaction: each.interactions?.map(({ sinceMs, ...leg }) => ({
        ...leg,
        channelGuid: null,
        since: iso(sinceMs),
      })),
    })),
    upTo: iso(takenAtMs),
  };
}

/** Texts that identify somebody, or may break a reader. */
const hostileText = fc.oneof(
  fc.constantFrom(
    '+44 7700 900123',
    '447700900123',
    '0447',
    'alice.miller@acme.example',
    'Alice Miller',
    'Müller-Lüdenscheidt, Jörg',
    '١٢٣٤٥٦٧',
    '４４７７００',
    'B6C01065-A5FA-432F-981B-649F98518878',
    'b6c01065-a5fa-432f-981b-649f98518878',
    '2019-12-19T16:00:23.249Z',
    '2019-12-19T16:00:23.447700900Z',
    '2019-12-19T16:00:23+05:30',
    '0001-01-01TAlice 447700900123',
    '0001-01-01T00:00:00.447Z',
    '1447-07-07T00:09:00Z',
    '/Date(1576771223249)/',
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'a\ud83dlice',
    '\ude00',
    '"},{"agentId":"4477',
    '',
  ),
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^\+?\d{3,15}$/),
);

/** Names of fields: the reference's, and any. */
const fieldNames = [
  ...['meta', 'items', 'upTo', 'page', 'count', 'pageCount', 'totalCount', 'agentId', 'presence', 'workload'],
  ...['interaction', 'since', 'name', 'description', 'eligibleForRouting', 'calls', 'semiLive', 'nonLive'],
  ...['guid', 'channelGuid', 'medium', 'mediumManager', 'direction', 'state', 'reason'],
  ...['statusCode', 'error', 'message'],
];
const fieldName = fc.oneof(fc.constantFrom(...fieldNames), hostileText);

const { hostile } = fc.letrec((tie) => ({
  hostile: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    { weight: 4, arbitrary: hostileText },
    {
      weight: 2,
      arbitrary: fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: -10_000_000, max: 10_000_000 }),
        fc.constantFrom(447700900123, 4.477009, -447, 0),
      ),
    },
    fc.constantFrom(null, true, false),
    fc.array(tie('hostile'), { maxLength: 4 }),
    fc.array(fc.tuple(fieldName, tie('hostile')), { maxLength: 4 }).map(Object.fromEntries),
  ),
}));

const fields = (names: readonly string[], value: fc.Arbitrary<unknown>) =>
  fc
    .tuple(fc.tuple(...names.map(() => value)), fc.array(fc.tuple(hostileText, value), { maxLength: 1 }))
    .map(([values, more]) => Object.fromEntries([...names.map((name, at) => [name, values[at]]), ...more]));

const orHostile = (usual: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 5, arbitrary: usual }, { weight: 1, arbitrary: hostile });

const anyAgent = fc
  .tuple(
    fields(['since', 'name', 'description', 'eligibleForRouting'], hostile),
    fields(['since', 'calls', 'semiLive', 'nonLive'], hostile),
    fc.array(
      orHostile(
        fields(
          ['guid', 'channelGuid', 'since', 'medium', 'mediumManager', 'direction', 'state', 'reason'],
          hostile,
        ),
      ),
      { maxLength: 2 },
    ),
    fields(['agentId'], hostile),
    fc.tuple(orHostile(fc.constant(undefined)), orHostile(fc.constant(undefined))),
  )
  .map(([presence, workload, interaction, agent, [otherPresence, otherWorkload]]) => ({
    ...agent,
    presence: otherPresence ?? presence,
    workload: otherWorkload ?? workload,
    interaction,
  }));

/** Any value with hostile texts, names and numbers in it. */
export const anyHostile: fc.Arbitrary<unknown> = hostile;

/** A body of the API with hostile texts, names and numbers at every place, or of another shape. */
export const anyHostileBody: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fields(['page', 'count', 'pageCount', 'totalCount'], hostile),
        fc.array(orHostile(anyAgent), { maxLength: 3 }),
        fields(['upTo'], hostile),
      )
      .map(([meta, items, root]) => ({ meta, items, ...root })),
  },
  { weight: 1, arbitrary: hostile },
);

/** The envelope of a page with these items, as the API returns it. */
const enveloped = (items: readonly unknown[]) => ({
  meta: { page: 1, count: items.length, pageCount: 1, totalCount: items.length },
  items,
  upTo: iso(takenAtMs),
});

/**
 * Pages of a list whose items have a valid id in most cases, and hostile values in these other
 * fields. As values of JSON.
 */
export const hostileItems = (id: string, names: readonly string[]): fc.Arbitrary<unknown> =>
  fc
    .array(
      fc
        .tuple(fields(names, hostile), orHostile(fc.constant('guid')))
        .map(([item, guid]) => ({ ...item, [id]: guid })),
      { maxLength: 3 },
    )
    .map(enveloped);

/** The same as texts. */
export const hostileItemBodies = (id: string, names: readonly string[]): fc.Arbitrary<string> =>
  hostileItems(id, names).map((body) => JSON.stringify(body));
