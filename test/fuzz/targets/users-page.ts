import assert from 'node:assert/strict';
import fc from 'fast-check';
import { forever } from '../../../src/deadline.ts';
import { TooLargeError } from '../../../src/http/errors.ts';
import { newTraffic } from '../../../src/http/fetch.ts';
import { ShapeError } from '../../../src/vcc/errors.ts';
import { createFetchDirectory } from '../../../src/vcc/users.ts';
import { damagedJson, piece } from '../damage.ts';
import { assertWellFormed, mark, parsedLater, target } from '../target.ts';

const id = fc.constantFrom<(string | number)[]>('1', '2', 3, `${mark}-4`);
const meta = fc.record({ pageCount: fc.integer({ min: 1, max: 3 }) }, { requiredKeys: [] });
const user = fc.record(
  {
    userId: id,
    name: fc.constantFrom(mark, 'Ü'),
    userAccountConfiguration: fc.record({
      agentConfiguration: fc.option(fc.record({ agentDisplayId: fc.oneof(id, fc.constant('')) })),
    }),
  },
  { requiredKeys: ['userId', 'name'] },
);
const group = fc.record({ groupId: id, groupName: fc.constantFrom('Sales', mark) });
const pages = (field: string, items: fc.Arbitrary<unknown>) =>
  fc.array(
    fc.oneof(
      { weight: 9, arbitrary: damagedJson(fc.record({ meta, [field]: fc.array(items, { maxLength: 3 }) })) },
      { weight: 1, arbitrary: piece },
    ),
    { minLength: 1, maxLength: 3 },
  );

const maxPages = 5;
const options = { apiUrl: 'https://api.example/', pageSize: 1000, userAgent: 'test', maxPages };
const tokens = { get: async () => 'a-token', renew: async () => 'a-token', drop: () => {} };

/**
 * Pages of the User Admin API: agents with names and groups, or a rejection that names nobody,
 * after few requests.
 */
export const usersPage = target(
  'users-page',
  fc.record({ users: pages('users', user), groups: pages('groups', group), members: pages('users', user) }),
  async (bodies) => {
    const result = await parsedLater(async () => {
      const requests = new Set<string>();
      // Each page twice at most. The last one is repeated for all pages behind it.
      const fetchDirectory = createFetchDirectory(
        async ({ url }) => {
          assert(!requests.has(url.href), `asks for ${url.href} twice`);
          requests.add(url.href);
          const [, kind] = /^\/useradmin\/(users|groups)$/.exec(url.pathname) ?? [];
          if (kind === undefined) assert.match(url.pathname, /^\/useradmin\/groups\/[^/]+\/users$/);
          const list = bodies[(kind ?? 'members') as keyof typeof bodies];
          const page = Number(url.searchParams.get('page'));
          assert(page >= 1 && page <= maxPages);
          const body = Buffer.from(list[Math.min(page, list.length) - 1]!);
          return { status: 200, headers: {}, body, headersAtMs: 0 };
        },
        tokens,
        options,
      );
      return fetchDirectory({ deadline: forever, traffic: newTraffic() });
    }, [ShapeError, TooLargeError]);
    if ('refusal' in result) return;
    for (const { agentId, name, groups } of result.value) {
      assert(agentId === undefined || (typeof agentId === 'string' && agentId !== ''));
      for (const text of [agentId ?? '', name, ...groups]) {
        assert.equal(typeof text, 'string');
        assertWellFormed(text);
      }
    }
  },
  { share: 0.2 },
);
