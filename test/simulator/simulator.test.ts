import { request } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { AgentStatus, World } from '../../src/simulator/agent.ts';
import { ContactCentre, type Live } from '../../src/simulator/contact-centre.ts';
import { parseFault } from '../../src/simulator/faults.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/server.ts';
import { toFloor } from '../../src/snapshot/floor.ts';
import { reasonsByState } from '../../src/snapshot/vocabulary.ts';
import { parseAgentStatus } from '../../src/vcc/agent-status.ts';
import { snapshotOf } from '../support/agents.ts';
import { floorOptions } from '../support/reading.ts';
import { outcome } from './client.ts';

const startMs = Date.parse('2026-01-15T10:00:00Z');
const minuteMs = 60_000;

function check(items: readonly AgentStatus[], nowMs: number): void {
  expect(new Set(items.map((item) => item.agentId)).size).toBe(items.length);
  for (const { presence, workload, interaction } of items) {
    for (const { since } of [presence, workload, ...interaction])
      expect(Date.parse(since)).toBeLessThanOrEqual(nowMs);
    const work = interaction.filter(({ state }) => state === 'Ringing' || state === 'Connected').length;
    // Parked and interrupted work counts, but is not listed.
    expect(workload.calls + workload.semiLive + workload.nonLive).toBeGreaterThanOrEqual(work);
    expect(workload.calls).toBeLessThanOrEqual(1);
    for (const leg of interaction)
      expect(Date.parse(leg.since)).toBeGreaterThanOrEqual(Date.parse(presence.since));
    if (presence.name !== 'Ready') expect([interaction, workload.calls]).toEqual([[], 0]);
  }
}

describe('the contact centre', () => {
  test('is the same for the same seed, and another for another', () => {
    const at = (seed: number) => {
      const centre = new ContactCentre({ seed, agents: 50, startMs });
      centre.advanceTo(startMs + 30 * minuteMs);
      return JSON.stringify(centre.items());
    };
    expect(at(3)).toBe(at(3));
    expect(at(3)).not.toBe(at(4));
  });

  test('is the same whether time passes at once or in steps', () => {
    const [leap, walk] = [1, 1].map((seed) => new ContactCentre({ seed, agents: 50, startMs }));
    leap!.advanceTo(startMs + 60 * minuteMs);
    for (let minute = 1; minute <= 60; minute++) walk!.advanceTo(startMs + minute * minuteMs);
    expect(walk!.items()).toEqual(leap!.items());
  });

  test('answers in both ways what the reference leaves open', () => {
    const worlds: World[] = [
      {},
      {
        since_in_connected: 'continues',
        since_in_wrap: 'continues',
        eligible_for_routing: 'follows_presence',
      },
    ];
    const [restarting, lasting] = worlds.map((world) => {
      const centre = new ContactCentre({ seed: 7, agents: 400, startMs, world });
      centre.advanceTo(startMs + 10 * minuteMs);
      return centre.items();
    });
    let [later, onCall] = [0, 0];
    for (const [index, one] of restarting!.entries()) {
      const other = lasting![index]!;
      const simplify = (item: AgentStatus) => ({
        ...item,
        presence: { ...item.presence, eligibleForRouting: undefined },
        interaction: item.interaction.map((leg) => ({ ...leg, since: undefined })),
      });
      expect(simplify(one)).toEqual(simplify(other));
      for (const [at, leg] of one.interaction.entries()) {
        expect(Date.parse(other.interaction[at]!.since)).toBeLessThanOrEqual(Date.parse(leg.since));
        if (other.interaction[at]!.since !== leg.since) later++;
      }
      if (one.presence.eligibleForRouting !== other.presence.eligibleForRouting) {
        expect([one.workload.calls, one.presence.description, other.presence.eligibleForRouting]).toEqual([
          1,
          'Ready',
          true,
        ]);
        onCall++;
      }
    }
    expect(Math.min(later, onCall)).toBeGreaterThan(5);
  });

  test('has the same length of wrap-up whatever since of an interaction means', () => {
    const ages = (['restarts', 'continues'] as const).map((since) => {
      const centre = new ContactCentre({
        seed: 7,
        agents: 400,
        startMs,
        world: { since_in_connected: since, since_in_wrap: since },
      });
      const items = centre
        .items()
        .filter(
          ({ interaction, workload }) => interaction.length < 2 && workload.semiLive + workload.nonLive === 0,
        );
      const meta = { page: 1, count: items.length, pageCount: 1, totalCount: items.length };
      const body = JSON.stringify({ meta, items, upTo: new Date(startMs).toISOString() });
      const floor = toFloor(snapshotOf(parseAgentStatus(body, 1).items), floorOptions);
      return floor.states.find(({ name }) => name === 'Wrap')!.ages;
    });
    expect(ages[0]!.count).toBeGreaterThan(5);
    expect(ages[1]).toEqual(ages[0]);
  });

  test.each<[World, number, number]>([
    [{}, 0, 60],
    [{ workload_falls_phone_callback: 'when_wrap_ends' }, 1, 90],
    [{ workload_falls_phone: 'when_wrap_ends' }, 0, 60],
  ])('lets workload fall when wrap-up begins, or ends: %j', (world, inWrap, fellAfterSeconds) => {
    const live: Live = function* (centre, agent) {
      centre.setPresence(agent, 'Ready', 'Ready');
      yield startMs - centre.nowMs;
      const leg = centre.begin(agent, centre.newInteraction('Phone Callback', 'live', 'Inbound'));
      centre.set(agent, leg, 'Connected');
      yield 60_000;
      centre.set(agent, leg, 'Wrap');
      yield 30_000;
      centre.end(agent, leg);
      yield 1e9;
    };
    const centre = new ContactCentre({ seed: 7, agents: 1, startMs, world, live });
    centre.advanceTo(startMs + 75_000);
    const [wrapping] = centre.items();
    expect([wrapping!.interaction[0]!.state, wrapping!.workload.calls]).toEqual(['Wrap', inWrap]);
    centre.advanceTo(startMs + minuteMs * 5);
    const [idle] = centre.items();
    expect([idle!.interaction, idle!.workload.calls]).toEqual([[], 0]);
    expect(Date.parse(idle!.workload.since)).toBe(startMs + fellAfterSeconds * 1000);
  });

  test('is consistent at every moment, and in time shows every word of the reference', () => {
    const centre = new ContactCentre({ seed: 7, agents: 400, startMs });
    const seen = new Set<string>();
    let sharedGuids = 0;
    for (let step = 0; step < 200; step++) {
      const nowMs = startMs + step * minuteMs;
      centre.advanceTo(nowMs);
      const items = centre.items();
      if (step % 30 === 0) check(items, nowMs);
      const guids = new Set<string>();
      for (const item of items) {
        seen.add(item.presence.name);
        for (const leg of item.interaction) {
          for (const word of [
            leg.medium,
            leg.mediumManager,
            leg.direction,
            `${leg.state}/${leg.reason ?? ''}`,
          ])
            seen.add(word);
          if (guids.has(leg.guid)) sharedGuids++;
          guids.add(leg.guid);
        }
      }
    }
    const pairs = Object.entries(reasonsByState).flatMap(([state, reasons]) =>
      reasons.map((reason) => `${state}/${reason}`),
    );
    const words = [
      'Ready',
      'Away',
      'ExtendedAway',
      'LoggedOut',
      'Phone',
      'Call',
      'Case',
      'CC',
      'UC',
      'Inbound',
      'Outbound',
      'Internal',
    ];
    expect([...pairs, ...words].filter((word) => !seen.has(word))).toEqual([]);
    expect(sharedGuids).toBeGreaterThan(0);
  });

  test('has room for 50,000 agents', () => {
    // Several contact centres live for less time before the start: minutes of 50,000 agents are
    // work for seconds.
    const centre = new ContactCentre({ seed: 1, agents: 50_000, allAgents: 150_000, startMs });
    const items = centre.items();
    expect(items).toHaveLength(50_000);
    check(
      items.filter((_, index) => index % 100 === 0),
      startMs,
    );
  });
});

let simulator: Simulator;
afterEach(() => simulator?.close());

async function token(form: Record<string, string> = {}, headers = {}): Promise<Response> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: simulator.clientId,
    client_secret: simulator.clientSecret,
    scope: 'stats',
    ...form,
  });
  return fetch(simulator.tokenUrl, { method: 'POST', body, headers });
}

async function start(options: SimulatorOptions = {}) {
  simulator = await startSimulator({ agents: 60, ...options });
  const { access_token } = (await (await token()).json()) as { access_token: string };
  const headers = {
    authorization: `bearer ${access_token}`,
    accept: 'application/vnd.newvoicemedia.v3+json',
  };
  return (query = '', more: Record<string, string> = {}) =>
    fetch(`${simulator.apiUrl}/stats/agent-status${query}`, { headers: { ...headers, ...more } });
}

describe('the simulator', () => {
  test('issues tokens as the real API does', async () => {
    await start();
    const answer = (await (await token()).json()) as Record<string, unknown>;
    expect(answer).toMatchObject({ token_type: 'bearer', expires_in: 7200 });
    expect(await outcome(await token({ grant_type: 'password' }))).toMatchObject([
      400,
      { error: 'unsupported_grant_type' },
    ]);
    expect(await outcome(await token({ scope: 'calls' }))).toMatchObject([400, { error: 'invalid_scope' }]);
    expect(await outcome(await token({ client_secret: 'x' }))).toMatchObject([
      400,
      { error: 'invalid_client' },
    ]);
  });

  test.each([
    [{ host: 'evil.example' }, 403],
    [{ host: '127.0.0.1.evil.example:80' }, 403],
    [{ host: 'localhost:9755' }, 401],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'none' }, 401],
  ])('is for no website: %j is answered with %i', async (more, expected) => {
    await start();
    const headers = { accept: 'application/vnd.newvoicemedia.v3+json', ...more };
    const status = await new Promise((resolve, reject) => {
      request(`${simulator.apiUrl}/stats/agent-status`, { headers }, (response) =>
        resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end();
    });
    expect(status).toBe(expected);
  });

  test('pages as the reference says, 25 by default', async () => {
    const get = await start();
    const page = (await (await get('?page=3')).json()) as { meta: unknown; items: AgentStatus[] };
    expect(page.meta).toEqual({ page: 3, count: 10, pageCount: 3, totalCount: 60 });
    expect(page.items.map((item) => item.agentId)).toEqual(
      simulator
        .items()
        .slice(50)
        .map((item) => item.agentId),
    );
    expect((await get()).headers.get('cache-control')).toBe('max-age=5, must-revalidate, private');
    expect(parseAgentStatus(await (await get('?limit=5000')).text(), 1)).toMatchObject({
      count: 60,
      pageCount: 1,
    });
    expect(await outcome(await get('?page=9'))).toMatchObject([
      200,
      { meta: { page: 9, count: 0 }, items: [] },
    ]);
  });

  test('refuses as the real API does', async () => {
    let nowMs = startMs;
    const get = await start({ now: () => nowMs, tokenSeconds: 60 });
    const form = (message: string) => ({ statusCode: 400, error: 'Bad Request', message });
    expect(await outcome(await get('', { accept: '*/*' }))).toEqual([400, form('Invalid Accept header!')]);
    const v9 = { accept: 'application/vnd.newvoicemedia.v9+json' };
    expect(await outcome(await get('', v9))).toEqual([400, form('Invalid api-version! Valid values: 2,3')]);
    expect(await outcome(await get('?limit=5001'))).toMatchObject([400, {}]);
    expect(await outcome(await get('?page=0'))).toMatchObject([400, {}]);
    expect(await outcome(await get('', { authorization: 'bearer x' }))).toEqual([
      401,
      { message: 'Unauthorized' },
    ]);
    nowMs += 60_000;
    expect((await get()).status).toBe(401);
    expect((await fetch(`${simulator.apiUrl}/stats/calls`)).status).toBe(404);
  });

  test('fails in the configured ways, as often as configured', async () => {
    const get = await start({ faults: [parseFault('status=429,retry-after=3,times=2,page=2')] });
    expect((await get('?page=1')).status).toBe(200);
    for (const _ of [1, 2]) expect((await get('?page=2')).headers.get('retry-after')).toBe('3');
    expect((await get('?page=2')).status).toBe(200);
    simulator.faults.push({ kind: 'grow' });
    expect(await (await get()).json()).toMatchObject({ meta: { totalCount: 61 } });
  });

  test('delays and dates its answers by the clock that it is given', async () => {
    let nowMs = startMs;
    const wait = async (delayMs: number) => {
      nowMs += delayMs;
    };
    const get = await start({ now: () => nowMs, wait, faults: [parseFault('delay=8000')] });
    const answer = await get();
    expect(answer.headers.get('date')).toBe(new Date(startMs + 8000).toUTCString());
    expect(await answer.json()).toMatchObject({ upTo: new Date(startMs + 8000).toISOString() });
  });
});

describe('parseFault', () => {
  test.each([
    ['hang', { kind: 'hang' }],
    [
      'status=503,retry-after=2,page=3,times=2',
      { kind: 'status', value: 503, retryAfter: 2, page: 3, times: 2 },
    ],
    ['delay=500,rate=0.5,on=token', { kind: 'delay', value: 500, rate: 0.5, on: 'token' }],
    ['cut,on=users,account=a=b c', { kind: 'cut', on: 'users', account: 'a=b c' }],
  ])('reads %s', (text, fault) => {
    expect(parseFault(text)).toEqual(fault);
  });

  test.each([
    '',
    'explode',
    'status',
    'hang=3',
    'status=x',
    'cut,page=x',
    'cut,on=moon',
    'cut,account=',
    'cut,loud=1',
  ])('refuses "%s"', (text) => {
    expect(() => parseFault(text)).toThrow(
      /^expected a fault, then conditions, with commas between them; faults: status, cut/,
    );
  });
});
