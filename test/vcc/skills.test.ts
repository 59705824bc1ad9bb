import { afterEach, describe, expect, test } from '@jest/globals';
import { ExporterError } from '../../src/errors.ts';
import { createFetch } from '../../src/http/fetch.ts';
import { createSend } from '../../src/http/send.ts';
import { systemTiming } from '../../src/timing.ts';
import { createFetchSkills } from '../../src/vcc/skills.ts';
import { newTrip } from '../support/account.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let send: ReturnType<typeof createSend>;
afterEach(async () => {
  send.close();
  await server.close();
});

/** Fetches skills from a server with these answers by path and page. */
async function fetchFrom(
  answers: Record<string, unknown>,
  maxPages = 10,
  more = { pageSize: 5000, path: '' },
) {
  const asked: string[] = [];
  const requests: { path: string; limit: string | null; accept: string | undefined }[] = [];
  const running = { now: 0, most: 0 };
  server = await startServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://x');
    const key = `${pathname.replace(/.*\/useradmin\//, '')} ${searchParams.get('page')}`;
    asked.push(key);
    requests.push({ path: pathname, limit: searchParams.get('limit'), accept: request.headers.accept });
    running.most = Math.max(running.most, ++running.now);
    const answer = answers[key] ?? 404;
    setTimeout(() => {
      running.now--;
      if (typeof answer === 'number') response.writeHead(answer).end();
      else response.end(JSON.stringify(answer));
    }, 5);
  });
  send = createSend();
  const options = {
    retry: { retries: 0, baseDelayMs: 1, maxDelayMs: 1 },
    requestTimeoutMs: 5000,
    maxBodyBytes: 1e6,
  };
  const tokens = { get: async () => 'token', renew: async () => 'token', drop: () => {} };
  const api = {
    apiUrl: `${server.origin}${more.path}`,
    pageSize: more.pageSize,
    userAgent: 'test',
    maxPages,
  };
  const fetchSkills = createFetchSkills(createFetch(send, options, systemTiming), tokens, api);
  return { asked, requests, running, table: () => fetchSkills(newTrip()) };
}

const list = (field: string, items: unknown[], pageCount = 1) => ({ meta: { pageCount }, [field]: items });
const skill = (skillId: unknown, skillName: unknown) => ({ skillId, skillName });
const user = (agentDisplayId: unknown, userId: unknown = `user-${agentDisplayId}`) => ({
  userId,
  agentDisplayId,
  name: 'Jo',
  agentSkillLevel: 3,
});

/** Several skills are read at the same time, so their order is any. */
const inOrder = (skillsOf: ReadonlyMap<string, readonly string[]>) =>
  Object.fromEntries([...skillsOf].map(([id, names]) => [id, names.toSorted()]));

describe('skills', () => {
  test('are those of the documented form, with the agents who have them', async () => {
    const { table, asked } = await fetchFrom({
      'skills 1': list('skills', [skill('s1', ' Billing '), skill(2, 'Sales')]),
      'skills/s1/users 1': list('users', [user('100001'), user(100002), user('100003')]),
      'skills/2/users 1': list('users', [user('100001')]),
    });
    const { names, skillsOf } = await table();
    expect([...names].toSorted()).toEqual(['Billing', 'Sales']);
    expect(inOrder(skillsOf)).toEqual({
      100001: ['Billing', 'Sales'],
      100002: ['Billing'],
      100003: ['Billing'],
    });
    expect(asked.toSorted()).toEqual(['skills 1', 'skills/2/users 1', 'skills/s1/users 1']);
  });

  test('are read page by page, with or without a page count, and nobody twice', async () => {
    const { asked, table } = await fetchFrom({
      'skills 1': list('skills', [skill('a', 'A'), skill('b', 'B')], 2),
      'skills 2': list('skills', [skill('b', 'B'), skill('c', 'C')], 2),
      'skills/a/users 1': list('users', [user('1')], 3),
      'skills/a/users 2': list('users', [user('1'), user('2')], 3),
      'skills/a/users 3': list('users', [user('3')], 3),
      'skills/b/users 1': { users: [user('1')] },
      'skills/b/users 2': { users: [] },
      'skills/c/users 1': list('users', [], 0),
    });
    const { names, skillsOf } = await table();
    expect([...names].toSorted()).toEqual(['A', 'B', 'C']);
    expect(inOrder(skillsOf)).toEqual({ 1: ['A', 'B'], 2: ['A'], 3: ['A'] });
    // Nothing is requested twice, not even for a skill on two pages.
    expect(new Set(asked).size).toBe(asked.length);
  });

  test('leave out users who are no agents, and count two skills of one name as one', async () => {
    const { table } = await fetchFrom({
      'skills 1': list('skills', [skill('a', 'A'), skill('b', 'A ')]),
      'skills/a/users 1': list('users', [user('1'), user(undefined, 'x'), user(null, 'y'), user('', 'z')]),
      'skills/b/users 1': list('users', [user('1')]),
    });
    expect(await table()).toEqual({ names: new Set(['A']), skillsOf: new Map([['1', ['A']]]) });
  });

  test('have ids that may need escaping', async () => {
    const { asked, table } = await fetchFrom({
      'skills 1': list('skills', [skill('a/../b?c', 'A')]),
      'skills/a%2F..%2Fb%3Fc/users 1': list('users', []),
    });
    expect((await table()).names).toEqual(new Set(['A']));
    expect(asked).toHaveLength(2);
  });

  test('are requested in the version of the API reference, with at most 1000 items per page', async () => {
    const answers = { 'skills 1': list('skills', [], 0) };
    const accept = 'application/vnd.newvoicemedia.v4+json';
    const large = await fetchFrom(answers);
    await large.table();
    expect(large.requests).toEqual([{ path: '/useradmin/skills', limit: '1000', accept }]);
    send.close();
    await server.close();
    const small = await fetchFrom(answers, 10, { pageSize: 7, path: '/api//' });
    await small.table();
    expect(small.requests).toEqual([{ path: '/api/useradmin/skills', limit: '7', accept }]);
  });

  test('are read for four skills at the same time, each once', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    const { asked, running, table } = await fetchFrom({
      'skills 1': list(
        'skills',
        ids.map((id) => skill(id, id)),
      ),
      ...Object.fromEntries(ids.map((id) => [`skills/${id}/users 1`, list('users', [user(id)])])),
    });
    expect((await table()).skillsOf.size).toBe(6);
    expect(asked.toSorted()).toEqual(['skills 1', ...ids.map((id) => `skills/${id}/users 1`)]);
    expect(running.most).toBeLessThanOrEqual(4);
  });

  test('have as many pages as have new items, if the page count is no number', async () => {
    const page = (...ids: string[]) => ({ meta: { pageCount: '1' }, users: ids.map((id) => user(id)) });
    const { table } = await fetchFrom({
      'skills 1': list('skills', [skill('a', 'A')]),
      'skills/a/users 1': page('1'),
      'skills/a/users 2': page('2'),
      'skills/a/users 3': page(),
    });
    expect([...(await table()).skillsOf.keys()]).toEqual(['1', '2']);
  });

  test('need the scope users:read', async () => {
    const { table } = await fetchFrom({ 'skills 1': 403 });
    await expect(table()).rejects.toThrow(/lack the scope users:read$/);
  });

  test('are refused with the id of an agent that is an object', async () => {
    const { table } = await fetchFrom({
      'skills 1': list('skills', [skill('a', 'A')]),
      'skills/a/users 1': list('users', [user({ id: 447700900123 })]),
    });
    const message = 'useradmin users[].agentDisplayId: expected a text or number, received an object';
    await expect(table()).rejects.toThrow(new ExporterError('shape', message));
  });

  const paged = (items: object[], totalCount: number, pageCount = 2) => ({
    meta: { pageCount, totalCount },
    users: items,
  });
  const six = ['1', '2', '3', '4', '5', '6'].map((id) => user(id));
  test.each<[string, Record<string, unknown>, number]>([
    ['a page without its items', { 1: paged(six.slice(0, 3), 6), 2: paged([], 6) }, 3],
    ['too few pages', { 1: paged(six.slice(0, 3), 6, 1) }, 3],
    ['the same page twice', { 1: paged(six.slice(0, 3), 6), 2: paged(six.slice(0, 3), 6) }, 3],
    ['somebody who moved', { 1: paged(six.slice(0, 3), 6), 2: paged(six.slice(2, 5), 6) }, 5],
    ['a count that changed', { 1: paged(six.slice(0, 3), 5), 2: paged(six.slice(3), 6) }, 6],
  ])('are refused with %s, since nobody may be lost', async (_, pages, received) => {
    const { table } = await fetchFrom({
      'skills 1': list('skills', [skill('a', 'A')]),
      ...Object.fromEntries(
        Object.entries(pages).map(([page, answer]) => [`skills/a/users ${page}`, answer]),
      ),
    });
    const found = await table().catch((error: unknown) => error);
    expect(found).toMatchObject({ code: 'snapshot' });
    expect(`${found}`).toMatch(
      new RegExp(`useradmin users: expected \\d \\(meta.totalCount\\), received ${received} on \\d pages$`),
    );
  });

  test('are not compared with a count that is no number', async () => {
    const { table } = await fetchFrom({
      'skills 1': { ...list('skills', [skill('a', 'A')]), meta: { pageCount: 1, totalCount: '6' } },
      'skills/a/users 1': { ...list('users', six), meta: { pageCount: 1, totalCount: null } },
    });
    expect((await table()).skillsOf.size).toBe(6);
  });

  test('count users without a userId each', async () => {
    const { table } = await fetchFrom({
      'skills 1': list('skills', [skill('a', 'A')]),
      'skills/a/users 1': paged([user('1', null), user('2', null), { agentDisplayId: '3' }], 3, 1),
    });
    expect([...(await table()).skillsOf.keys()]).toEqual(['1', '2', '3']);
  });

  test('may be none', async () => {
    const { table } = await fetchFrom({ 'skills 1': list('skills', [], 0) });
    expect(await table()).toEqual({ names: new Set(), skillsOf: new Map() });
  });

  test.each<[string, unknown, string]>([
    ['no list', {}, 'useradmin skills, page 1: skills: expected an array, received nothing'],
    [
      'a text for a skill',
      list('skills', ['Jo 447700900123']),
      'useradmin skills, page 1: skills[]: expected an object, received a string',
    ],
    [
      'no id',
      list('skills', [skill(null, 'A')]),
      'useradmin skills[].skillId: expected a text or number, received null',
    ],
    [
      'null for a skill',
      list('skills', [null]),
      'useradmin skills, page 1: skills[]: expected an object, received null',
    ],
    [
      'an empty id',
      list('skills', [skill('', 'A')]),
      'useradmin skills[].skillId: expected a text or number, received a string',
    ],
    [
      'no name',
      list('skills', [skill('a', undefined)]),
      'useradmin skills[].skillName: expected a text or number, received nothing',
    ],
    [
      'an id that is a list',
      list('skills', [skill([447700900123], 'A')]),
      'useradmin skills[].skillId: expected a text or number, received an array',
    ],
  ])('are refused with %s, by its place', async (_, answer, message) => {
    const { table } = await fetchFrom({ 'skills 1': answer });
    await expect(table()).rejects.toThrow(new ExporterError('shape', message));
  });

  test('are refused beyond VCC_MAX_PAGES, rather than left out', async () => {
    const pages = Array.from({ length: 4 }, (_, index) => [
      `skills ${index + 1}`,
      list('skills', [skill(index, `S${index}`)], 4),
    ]);
    const { table } = await fetchFrom(Object.fromEntries(pages), 3);
    await expect(table()).rejects.toThrow('useradmin skills: more than 3 pages; VCC_MAX_PAGES is 3');
  });
});
