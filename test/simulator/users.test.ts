import { afterEach, describe, expect, test } from '@jest/globals';
import { parseFault } from '../../src/simulator/faults.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/server.ts';
import { deriveDirectory, type SimulatedUser, toRosterCsv } from '../../src/simulator/users.ts';
import { askToken, newClient, outcome } from './client.ts';

const startMs = Date.parse('2026-01-15T10:00:00Z');
const minuteMs = 60_000;

let simulator: Simulator;
afterEach(() => simulator?.close());

async function start(options: SimulatorOptions = {}) {
  simulator = await startSimulator({ agents: 120, now: () => startMs, ...options });
  const get = await newClient(simulator, simulator, 'users:read');
  const users = async (query = '') =>
    ((await (await get(`/useradmin/users${query}`)).json()) as { users: SimulatedUser[] }).users;
  return { account: simulator.accounts[0]!, get, users };
}

const agentIdOf = (user: SimulatedUser) => user.userAccountConfiguration.agentConfiguration?.agentDisplayId;
const staffOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ agentId: String(index), left: index % 12 === 5 }));

describe('a token', () => {
  test('opens only what its scope is for', async () => {
    const { get } = await start();
    const stats = await newClient(simulator, simulator);
    const forbidden = [403, { message: 'Forbidden' }];
    const [v3, v4] = [3, 4].map((version) => ({ accept: `application/vnd.newvoicemedia.v${version}+json` }));
    expect(await outcome(await get('/stats/agent-status', v3))).toEqual(forbidden);
    expect(await outcome(await stats('/useradmin/users', v4))).toEqual(forbidden);
    expect((await get('/useradmin/users')).status).toBe(200);
    expect((await stats('/stats/agent-status')).status).toBe(200);
  });

  test('has one scope, and users:read only where the account has it', async () => {
    await start({ accounts: [{ name: 'with' }, { name: 'without', usersApi: false }] });
    const [first, second] = simulator.accounts;
    const refused = [400, { error: 'invalid_scope' }];
    expect((await askToken(simulator, first!, 'users:read')).status).toBe(200);
    expect(await outcome(await askToken(simulator, first!, 'stats users:read'))).toMatchObject(refused);
    expect(await outcome(await askToken(simulator, second!, 'users:read'))).toMatchObject(refused);
    expect((await askToken(simulator, second!)).status).toBe(200);
  });
});

describe('users', () => {
  test('come in pages, 25 by default, and none beyond the last', async () => {
    const { get, users } = await start();
    const all = await users('?limit=5000');
    expect(all.length).toBeGreaterThan(100);
    expect(await users()).toEqual(all.slice(0, 25));
    expect(await users('?page=2')).toEqual(all.slice(25, 50));
    expect(await users('?limit=50&page=3')).toEqual(all.slice(100, 150));
    expect(await outcome(await get('/useradmin/users?page=99'))).toEqual([200, { users: [] }]);
  });

  test('are the active ones, the archived ones, or all', async () => {
    const { account, users } = await start();
    const [byDefault, active, archived, all] = await Promise.all(
      ['', '&include=Active', '&include=Archived', '&include=All'].map((query) =>
        users(`?limit=5000${query}`),
      ),
    );
    expect(all).toEqual(account.users());
    expect(byDefault).toEqual(active);
    expect(active!.every((user) => user.active)).toBe(true);
    expect(archived!.every((user) => !user.active)).toBe(true);
    expect(active!.length + archived!.length).toBe(all!.length);
  });

  test.each([
    ['?limit=0', {}, 'Invalid paging parameters'],
    ['?limit=5001', {}, 'Invalid paging parameters'],
    ['?page=0', {}, 'Invalid paging parameters'],
    ['?include=Everybody', {}, 'Invalid include! Valid values: Active,Archived,All'],
    ['', { accept: '*/*' }, 'Invalid Accept header!'],
    ['', { accept: 'application/vnd.newvoicemedia.v3+json' }, 'Invalid api-version! Valid values: 4'],
  ])('are refused for %j %j', async (query, headers, message) => {
    const { get } = await start({ agents: 10 });
    const refusal = { statusCode: 400, error: 'Bad Request', message };
    expect(await outcome(await get(`/useradmin/users${query}`, headers))).toEqual([400, refusal]);
  });

  test('are the agents by their agentId, and some users without an agent', async () => {
    const { account } = await start();
    const [agents, others] = [true, false].map((is) =>
      account.users().filter((user) => user.userAccountConfiguration.actAsAgent === is),
    );
    expect(agents!.map(agentIdOf)).toEqual(account.items().map((item) => item.agentId));
    expect(others!.map(agentIdOf).filter(Boolean)).toEqual([]);
    expect(new Set(others!.map((user) => user.userAccountConfiguration.role))).toEqual(
      new Set(['Admin', 'Wallboard', 'Supervisor']),
    );
  });

  test('who are archived are the agents who never log in again', async () => {
    let nowMs = startMs;
    const { account } = await start({ agents: 60, now: () => nowMs });
    const seen = new Set<string>();
    for (let look = 0; look < 96; look++, nowMs += 30 * minuteMs) {
      for (const { agentId, presence } of account.items())
        if (presence.name !== 'LoggedOut') seen.add(agentId);
    }
    const agents = account.users().filter((user) => user.userAccountConfiguration.actAsAgent);
    expect(agents.filter((user) => user.active).map(agentIdOf)).toEqual(
      agents.map(agentIdOf).filter((id) => seen.has(id!)),
    );
    expect(agents.some((user) => !user.active)).toBe(true);
  });

  test('have their own ids, names and usernames', () => {
    const { users } = deriveDirectory(1, staffOf(20_000));
    for (const key of ['userId', 'name', 'username', 'email'] as const)
      expect(new Set(users.map((user) => user[key])).size).toBe(users.length);
    expect(users.filter((user) => !/^[a-z]+(\.[a-z]+)+\d*@example\.com$/.test(user.email))).toEqual([]);
  });

  test('are the same for the same seed, others for another', () => {
    expect(deriveDirectory(3, staffOf(50))).toEqual(deriveDirectory(3, staffOf(50)));
    expect(deriveDirectory(3, staffOf(50)).users).not.toEqual(deriveDirectory(4, staffOf(50)).users);
  });

  test('grow with the agents, who stay as they were', async () => {
    const { account, users } = await start();
    const before = account.users();
    simulator.faults.push(parseFault('grow,on=users,times=1'));
    const after = await users('?limit=5000&include=All');
    expect(after.slice(0, before.length)).toEqual(before);
    expect(agentIdOf(after.at(-1)!)).toBe(account.items().at(-1)!.agentId);
    expect(after.length).toBe(before.length + 1);
  });

  test('fail in the ways of the other endpoints', async () => {
    const { get, users } = await start();
    const [first] = await users();
    simulator.faults.push(parseFault('status=429,on=users,page=2,times=1'));
    expect((await get('/useradmin/users')).status).toBe(200);
    expect((await get('/useradmin/users?page=2')).status).toBe(429);
    simulator.faults.push(parseFault('shape,on=users,times=1'));
    expect((await users())[0]).toEqual({ ...first, name: null });
    simulator.faults.push(parseFault('unknown,on=users,times=1'));
    expect((await users())[0]!.userAccountConfiguration.role).toBe('Gardener');
    simulator.faults.push(parseFault('shift,on=users,times=1'));
    expect((await users())[0]).toEqual(first);
    expect((await users())[0]).not.toEqual(first);
  });
});

describe('groups', () => {
  type Group = { groupId: string; groupName: string };
  type Member = { userId: string; agentDisplayId: string; name: string };

  test('contain every active agent once, except for about one in forty', async () => {
    const { account, get, users } = await start({ agents: 1000 });
    const { meta, groups } = (await (await get('/useradmin/groups')).json()) as {
      meta: unknown;
      groups: Group[];
    };
    expect(meta).toEqual({ page: 1, count: groups.length, pageCount: 1, totalCount: groups.length });
    expect(groups.length).toBeGreaterThanOrEqual(4);
    expect(groups.length).toBeLessThanOrEqual(6);
    expect(new Set(groups.map((group) => group.groupName)).size).toBe(groups.length);

    const lists = await Promise.all(
      groups.map(async ({ groupId }) => {
        const answer = await get(`/useradmin/groups/${groupId}/users?limit=5000`);
        return ((await answer.json()) as { users: Member[] }).users;
      }),
    );
    const sizes = lists.map((list) => list.length);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    expect(Math.max(...sizes)).toBeGreaterThan(3 * Math.min(...sizes));

    const members = lists.flat();
    expect(new Set(members.map((member) => member.userId)).size).toBe(members.length);
    const active = (await users('?limit=5000')).filter((user) => user.userAccountConfiguration.actAsAgent);
    const known = new Map(active.map((user) => [user.userId, user]));
    expect(members.map(({ agentDisplayId, name }) => [agentDisplayId, name])).toEqual(
      members.map(({ userId }) => [agentIdOf(known.get(userId)!), known.get(userId)!.name]),
    );
    expect((active.length - members.length) / active.length).toBeGreaterThan(1 / 80);
    expect((active.length - members.length) / active.length).toBeLessThan(1 / 20);
    expect(account.groups().flatMap((group) => group.members)).toHaveLength(members.length);
  });

  test('are in pages, as their users are', async () => {
    const { account, get } = await start();
    const [first, second] = account.groups();
    const { members: _, ...group } = second!;
    const [, page] = await outcome(await get('/useradmin/groups?limit=1&page=2'));
    expect(page).toMatchObject({ groups: [group], meta: { page: 2, count: 1 } });
    expect(page).not.toMatchObject({ groups: [{ members: expect.anything() }] });
    const path = `/useradmin/groups/${first!.groupId}/users`;
    const { userId, name } = first!.members[1]!;
    expect(await outcome(await get(`${path}?limit=1&page=2`))).toMatchObject([
      200,
      { groupId: first!.groupId, users: [{ userId, name }], meta: { totalCount: first!.members.length } },
    ]);
    expect(await outcome(await get(`${path}?page=99`))).toMatchObject([200, { users: [] }]);
    expect((await get('/useradmin/groups/nobody/users')).status).toBe(404);
    expect((await get('/useradmin/roles')).status).toBe(404);
  });
});

describe('the roster', () => {
  test('has a line for each active agent, with the name, team and one of two sites', async () => {
    const { account } = await start();
    const [head, ...lines] = account.rosterCsv().trimEnd().split('\n');
    expect(head).toBe('agentId,name,team,site');
    const teamOf = new Map(
      account.groups().flatMap((group) => group.members.map((user) => [user.userId, group.groupName])),
    );
    const rows = lines.map((line) => line.split(','));
    expect(rows.map(([agentId, name, team]) => [agentId, name, team])).toEqual(
      account
        .users()
        .filter((user) => user.active && agentIdOf(user))
        .map((user) => [agentIdOf(user), user.name, teamOf.get(user.userId) ?? '']),
    );
    expect(new Set(rows.map(([, , , site]) => site)).size).toBe(2);
  });

  test('quotes a text that would break a line', () => {
    const roster = [{ agentId: '1', name: 'Ann "Ace" Lee', team: 'Claims, Returns', site: 'A' }];
    expect(toRosterCsv({ roster })).toBe('agentId,name,team,site\n1,"Ann ""Ace"" Lee","Claims, Returns",A\n');
  });
});
