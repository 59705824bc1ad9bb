import { afterEach, describe, expect, test } from '@jest/globals';
import { ContactCentre, type Live } from '../../src/simulator/contact-centre.ts';
import { parseFault } from '../../src/simulator/faults.ts';
import { ordinaryLife } from '../../src/simulator/ordinary-life.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/server.ts';
import { askToken, newClient, outcome } from './client.ts';

const startMs = Date.parse('2026-01-15T10:00:00Z');
const status = '/stats/agent-status?limit=5000';

let simulator: Simulator;
afterEach(() => simulator?.close());

async function start(options: SimulatorOptions = {}) {
  const accounts = [{ name: 'north' }, { name: 'south', agents: 30 }, { name: 'west' }];
  simulator = await startSimulator({ agents: 20, accounts, now: () => startMs, ...options });
  return simulator.accounts;
}

const clientOf = (index: number, scope?: string) => newClient(simulator, simulator.accounts[index]!, scope);

describe('several accounts', () => {
  test('are each answered with their own agents', async () => {
    const accounts = await start();
    for (const [index, account] of accounts.entries()) {
      const [, body] = await outcome(await (await clientOf(index))(status));
      expect(body).toMatchObject({ items: account.items() });
    }
    expect(accounts.map((account) => account.items().length)).toEqual([20, 30, 20]);
    expect(accounts[0]!.items()).not.toEqual(accounts[2]!.items());
    expect(simulator.items()).toEqual(accounts[0]!.items());
  });

  test('have names, seeds and credentials by their place, or as they are given', async () => {
    const [north, south, west] = await start({
      seed: 5,
      accounts: [
        { name: 'a' },
        { name: 'b' },
        { name: 'c', seed: 5, clientId: 'id', clientSecret: 'secret' },
      ],
    });
    expect(north).toMatchObject({
      name: 'a',
      clientId: 'simulated-client',
      clientSecret: 'simulated-secret',
    });
    expect(south).toMatchObject({ clientId: 'simulated-client-2', clientSecret: 'simulated-secret-2' });
    expect(west).toMatchObject({ clientId: 'id', clientSecret: 'secret' });
    const alone = (seed: number) => new ContactCentre({ seed, agents: 20, startMs }).items();
    expect([north, south, west].map((account) => account!.items())).toEqual([alone(5), alone(6), alone(5)]);
  });

  test('do not share credentials: those of one may change alone', async () => {
    const [north, south] = await start();
    const former = { clientId: south!.clientId, clientSecret: south!.clientSecret };
    expect((await askToken(simulator, { ...former, clientSecret: north!.clientSecret })).status).toBe(400);
    south!.clientSecret = 'rotated';
    expect((await askToken(simulator, former)).status).toBe(400);
    expect((await askToken(simulator, south!)).status).toBe(200);
    expect((await askToken(simulator, north!)).status).toBe(200);
    simulator.clientSecret = 'rotated, too';
    expect(north!.clientSecret).toBe('rotated, too');
    expect((await askToken(simulator, north!)).status).toBe(200);
  });

  test('are counted separately and together', async () => {
    const [north, south] = await start();
    await (await clientOf(1))(status);
    await (await clientOf(1, 'users:read'))('/useradmin/groups');
    await (await clientOf(0))(status, { authorization: 'bearer nobody' });
    expect(south!.requests).toEqual({ token: 2, api: 1, users: 1 });
    expect(north!.requests).toEqual({ token: 1, api: 0, users: 0 });
    expect(simulator.requests).toEqual({ token: 3, api: 2, users: 1 });
  });

  test('lose all their tokens at once', async () => {
    await start();
    const clients = [await clientOf(0), await clientOf(1)];
    simulator.revokeTokens();
    for (const get of clients) expect((await get(status)).status).toBe(401);
  });

  test('are open since the start, whenever they are first read', async () => {
    let nowMs = startMs;
    const [, south] = await start({ seed: 3, now: () => nowMs });
    nowMs += 45 * 60_000;
    const centre = new ContactCentre({ seed: 4, agents: 30, startMs });
    centre.advanceTo(nowMs);
    expect(south!.items()).toEqual(centre.items());
  });

  test('follow the script that they are given, each agent from the first to the last', async () => {
    let nowMs = startMs;
    let agents = 0;
    const live: Live = function* (centre, agent) {
      yield ++agents * 60_000 + startMs - centre.nowMs;
      centre.setPresence(agent, 'Ready', 'Ready');
      for (;;) yield 60_000;
    };
    const accounts = [{ name: 'scripted', agents: 3, live }, { name: 'ordinary' }];
    const [scripted, ordinary] = await start({ accounts, now: () => nowMs });
    const presences = () => scripted!.items().map(({ presence }) => presence.name);
    expect(presences()).toEqual(['LoggedOut', 'LoggedOut', 'LoggedOut']);
    nowMs += 120_000;
    expect(presences()).toEqual(['Ready', 'Ready', 'LoggedOut']);
    expect(scripted!.items()[1]!.presence.since).toBe(new Date(nowMs).toISOString());
    scripted!.hire();
    nowMs += 120_000;
    expect(presences()).toEqual(['Ready', 'Ready', 'Ready', 'Ready']);
    expect(ordinary!.items()).toHaveLength(20);
  });

  test('may be a thousand: each begins to live when it is first read, and the later the more there are', async () => {
    const began: number[] = [];
    const live: Live = (centre, ...agent) => {
      began.push(centre.nowMs);
      return ordinaryLife(centre, ...agent);
    };
    await start({ accounts: Array.from({ length: 1000 }, (_, i) => ({ name: `a${i}`, agents: 100, live })) });
    expect(began).toEqual([]);
    for (const [index, account] of simulator.accounts.entries()) {
      if (index % 111 !== 0) continue;
      const centre = new ContactCentre({ seed: 1 + index, agents: 100, allAgents: 100_000, startMs });
      expect(account.items()).toEqual(centre.items());
    }
    // All together have lived ten thousand hours before, as have those of a single large account.
    expect(began).toEqual(Array.from({ length: 10 * 100 }, () => startMs - 6 * 60_000));
  });

  test('are one account named default without any given', async () => {
    const items = new ContactCentre({ seed: 1, agents: 12, startMs }).items();
    simulator = await startSimulator({ items });
    const [account, ...others] = simulator.accounts;
    expect(others).toEqual([]);
    expect(account).toMatchObject({ name: 'default', clientId: 'simulated-client' });
    expect(account!.items()).toBe(items);
    expect(account!.users().filter((user) => user.userAccountConfiguration.actAsAgent)).toHaveLength(12);
  });
});

describe('a fault with an account', () => {
  test('affects its API requests only', async () => {
    await start({ faults: [parseFault('status=503,account=south')] });
    expect((await (await clientOf(0))(status)).status).toBe(200);
    expect((await (await clientOf(1))(status)).status).toBe(503);
  });

  test('affects its token requests only, be it in the form or by Basic', async () => {
    const [north, south] = await start({ faults: [parseFault('status=500,on=token,account=south')] });
    expect((await askToken(simulator, south!)).status).toBe(500);
    const basic = async ({ clientId, clientSecret }: { clientId: string; clientSecret: string }) => {
      const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
      const body = new URLSearchParams({ grant_type: 'client_credentials', scope: 'stats' });
      return (await fetch(simulator.tokenUrl, { method: 'POST', body, headers: { authorization } })).status;
    };
    expect([await basic(north!), await basic(south!)]).toEqual([200, 500]);
  });

  test('is not used up by the others', async () => {
    await start({ faults: [parseFault('status=503,account=south,times=1')] });
    const [north, south] = [await clientOf(0), await clientOf(1)];
    expect((await north(status)).status).toBe(200);
    expect([(await south(status)).status, (await south(status)).status]).toEqual([503, 200]);
  });

  test('moves and adds agents of that account only', async () => {
    const [north, south] = await start({
      faults: [parseFault('shift,account=south,times=1'), parseFault('grow,account=south,times=1')],
    });
    const ids = async (index: number) => {
      const body = (await (await (await clientOf(index))(status)).json()) as { items: { agentId: string }[] };
      return body.items.map((item) => item.agentId);
    };
    const before = { north: await ids(0), south: await ids(1) };
    const moved = [...before.south.slice(1)];
    expect(await ids(0)).toEqual(before.north);
    // Then the second fault: one more agent, and the first of all moved before.
    expect(await ids(1)).toEqual([...moved, south!.items().at(-1)!.agentId, before.south[0]]);
    expect(north!.items()).toHaveLength(20);
  });
});
