import { afterEach, describe, expect, test } from '@jest/globals';
import { parseFault } from '../../src/simulator/faults.ts';
import { joinQuirks, parseQuirk } from '../../src/simulator/quirks.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/server.ts';
import { newClient, outcome } from './client.ts';
import { isWaiting, type OngoingItem, type QueueItem } from './queue-answers.ts';

const startMs = Date.parse('2026-01-15T10:00:00Z');
const secondMs = 1000;
const minuteMs = 60_000;
const ongoingPath = '/stats/interactions/ongoing';
const queueTimesPath = '/stats/queue-times';

let simulator: Simulator;
let nowMs = startMs;
afterEach(() => simulator?.close());

interface Body<T> {
  meta: { page: number; count: number; pageCount: number; totalCount: number };
  items: T[];
  upTo: string;
}

async function start(options: SimulatorOptions = {}, ...quirks: string[]) {
  nowMs = startMs;
  simulator = await startSimulator({
    agents: 40,
    now: () => nowMs,
    callers: { arrivalsPerMinute: () => 5, callbacks: 0.5 },
    quirks: joinQuirks(quirks.map(parseQuirk)),
    ...options,
  });
  const get = await newClient(simulator, simulator);
  const read = async <T>(path: string, query: Record<string, string | number> = {}) => {
    const search = new URLSearchParams(
      Object.entries({ limit: 5000, ...query }).map(([name, value]): [string, string] => [
        name,
        String(value),
      ]),
    );
    return (await (await get(`${path}?${search}`)).json()) as Body<T>;
  };
  return {
    get,
    callers: () => simulator.accounts[0]!.callers!,
    ongoing: (query = {}) => read<OngoingItem>(ongoingPath, query),
    queueTimes: (query = {}) =>
      read<QueueItem>(queueTimesPath, { start: iso(startMs - 60 * minuteMs), ...query }),
  };
}

const iso = (ms: number) => new Date(ms).toISOString();
const keyOf = ({ interactionGuid, start: since, queue, type }: QueueItem) =>
  [interactionGuid, since, queue, type].join('/');
const failed = (...faults: string[]) => {
  simulator.faults = faults.map(parseFault);
};

describe.each([
  [ongoingPath, 'ongoing'],
  [`${queueTimesPath}?start=${iso(startMs - minuteMs)}`, 'queue-times'],
] as const)('%s', (path, on) => {
  test('is for tokens with the scope stats, in version 3', async () => {
    const { get } = await start();
    const users = await newClient(simulator, simulator, 'users:read');
    const version = (number: number) => ({ accept: `application/vnd.newvoicemedia.v${number}+json` });
    const refusal = (message: string) => ({ statusCode: 400, error: 'Bad Request', message });
    expect((await get(path)).status).toBe(200);
    expect(await outcome(await users(path, version(3)))).toEqual([403, { message: 'Forbidden' }]);
    expect(await outcome(await get(path, version(4)))).toEqual([
      400,
      refusal('Invalid api-version! Valid values: 3'),
    ]);
    expect(await outcome(await get(path, { accept: '*/*' }))).toEqual([
      400,
      refusal('Invalid Accept header!'),
    ]);
    expect(await outcome(await get(path, { authorization: 'bearer x' }))).toEqual([
      401,
      { message: 'Unauthorized' },
    ]);
    const more = path.includes('?') ? '&' : '?';
    for (const paging of ['page=0', 'limit=5001', 'limit=0'])
      expect(await outcome(await get(`${path}${more}${paging}`))).toEqual([
        400,
        refusal('Invalid paging parameters'),
      ]);
    expect(simulator.requests).toEqual({ token: 2, api: 0, users: 0, [on]: 8 });
    expect(simulator.accounts[0]!.requests[on]).toBe(7);
  });

  test.each([
    ['without customers', { callers: undefined }],
    ['with fixed agents', { items: [] }],
  ])('is empty %s', async (_, options) => {
    const { get } = await start(options as SimulatorOptions);
    const meta = { page: 1, count: 0, pageCount: 0, totalCount: 0 };
    expect(await outcome(await get(path))).toEqual([200, { items: [], meta, upTo: iso(startMs) }]);
  });

  test('has pages that add up, 25 by default', async () => {
    const { get, ongoing, queueTimes } = await start();
    const read = on === 'ongoing' ? ongoing : queueTimes;
    const all = await read();
    expect(all.items.length).toBeGreaterThan(30);
    expect(all.upTo).toBe(iso(startMs));
    const pages = [];
    for (let page = 1; page <= Math.ceil(all.items.length / 7); page++) {
      const { meta, items } = await read({ limit: 7, page });
      expect(meta).toEqual({
        page,
        count: items.length,
        pageCount: Math.ceil(all.items.length / 7),
        totalCount: all.items.length,
      });
      pages.push(...items);
    }
    expect(pages).toEqual(all.items);
    const beyond = await read({ limit: 7, page: 999 });
    expect(beyond.items).toEqual([]);
    const first = on === 'ongoing' ? path : `${queueTimesPath}?start=${iso(startMs - 60 * minuteMs)}`;
    expect(await (await get(first)).json()).toMatchObject({ meta: { count: 25 } });
  });

  test('fails only when the fault is for it', async () => {
    const { get } = await start();
    failed(`status=429,retry-after=7,on=${on},times=1`);
    expect((await get('/stats/agent-status')).status).toBe(200);
    const refused = await get(path);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '7']);
    failed(`html,on=${on}`);
    expect(await (await get(path)).text()).toMatch('<html>');
    failed('status=503');
    expect((await get(path)).status).toBe(200);
  });

  test('moves its first item to the end', async () => {
    const { ongoing, queueTimes } = await start();
    const read = on === 'ongoing' ? ongoing : queueTimes;
    const before = await read();
    failed(`shift,on=${on},times=1`);
    expect((await read()).items).toEqual(before.items);
    expect((await read()).items).toEqual([...before.items.slice(1), before.items[0]]);
  });
});

describe('ongoing interactions', () => {
  test('have the fields of the reference, in the order of their start', async () => {
    const { ongoing } = await start();
    const { items } = await ongoing();
    expect(items.map((item) => item.start)).toEqual(items.map((item) => item.start).toSorted());
    const waiting = items.filter(isWaiting);
    expect(waiting.length).toBeGreaterThan(0);
    const [item] = waiting;
    expect(item).toEqual({
      status: 'Ongoing',
      medium: expect.stringMatching(/^(Phone|Chat|Email)$/),
      mediumManager: 'VCC',
      guid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      conversationGuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      start: expect.stringMatching(/^2026-01-15T\d\d:\d\d:\d\d\.\d{3}Z$/),
      duration: null,
      direction: 'Inbound',
      serviceName: expect.any(String),
      connectTo: expect.any(String),
      connectFrom: expect.any(String),
      categorizedAt: null,
      interactionPlanMapping: {
        addressName: expect.any(String),
        mappingName: expect.any(String),
        interactionPlanName: expect.any(String),
        reportingGroup: item!.interactionPlanMapping && expect.any(String),
      },
      channels: expect.any(Array),
    });
    for (const { channels } of items) {
      for (const channel of channels) {
        expect(Object.keys(channel)).toEqual([
          ...['guid', 'offset', 'duration', 'endReason', 'integrationType', 'party', 'events'],
        ]);
        expect(Object.keys(channel.party)).toEqual(['id', 'role', 'touchpoint']);
        expect(channel.duration === null).toBe(channel.endReason === null);
        for (const { offset, duration } of channel.events) {
          expect(offset).toBe(Math.round(offset));
          expect(offset).toBeGreaterThanOrEqual(channel.offset);
          expect(duration ?? 0).toBeGreaterThanOrEqual(0);
        }
      }
      expect(new Set(channels.map(({ guid }) => guid)).size).toBe(channels.length);
    }
  });

  test('get more and fewer, and truth with them', async () => {
    const { ongoing, callers } = await start({
      callers: { arrivalsPerMinute: () => 4, delivers: () => false },
    });
    const waiting = () =>
      callers()
        .truth(nowMs, 1)
        .waiting.filter(({ type }) => type === 'ACD').length;
    const before = await ongoing();
    const count = waiting();
    failed('grow,on=ongoing,times=3');
    await ongoing();
    await ongoing();
    expect((await ongoing()).items.length).toBe(before.items.length + 3);
    expect(waiting()).toBe(count + 3);
    failed('shrink,on=ongoing,times=1');
    expect((await ongoing()).items.length).toBe(before.items.length + 2);
    expect(waiting()).toBe(count + 2);
    expect(simulator.items()).toHaveLength(40);
  });

  test('can have another shape, wrong types, and words of no reference', async () => {
    const { ongoing } = await start();
    const [, ...others] = (await ongoing()).items;
    failed('shape,on=ongoing');
    expect(await ongoing()).toMatchObject({ items: [{ channels: null }, ...others] });
    failed('flawed,on=ongoing');
    expect(await ongoing()).toMatchObject({ items: [{ start: null, direction: 7 }, ...others] });
    failed('unknown,on=ongoing');
    const { items } = await ongoing();
    expect(items[0]).toMatchObject({ direction: 'Sideways', medium: 'Fax', status: 'Pondering' });
    expect(items[0]!.channels.map(({ party, events }) => [party.role, events.at(-1)!.type])).toEqual(
      items[0]!.channels.map(() => ['Ghost', 'Applet42']),
    );
    failed();
    expect((await ongoing()).items.slice(1)).toEqual(others);
  });
});

describe('queue times', () => {
  const refusal = (message: string) => ({ statusCode: 400, error: 'Bad Request', message });
  const day = 24 * 60 * minuteMs;

  test.each([
    ['', refusal('Invalid start! Expected a UTC time in ISO 8601')],
    ['start=yesterday', refusal('Invalid start! Expected a UTC time in ISO 8601')],
    ['start=2026-01-15T09:00:00Z&end=x', refusal('Invalid end! Expected a UTC time after start')],
    [
      'start=2026-01-15T09:00:00Z&end=2026-01-15T08:00:00Z',
      refusal('Invalid end! Expected a UTC time after start'),
    ],
    [
      'start=2026-01-15T09:00:00Z&include=Ended',
      refusal('Invalid include! Valid values: Started,StartedOrEnded,Processed'),
    ],
    [
      'start=2026-01-15T09:00:00Z&queueType=Real',
      refusal('Invalid queueType! Valid values: ACD,Virtual,All'),
    ],
    [`start=${iso(startMs - 31 * day - 1)}`, { message: 'Request window size limit exceeded 31 days' }],
  ])('are refused for "%s"', async (query, body) => {
    const { get } = await start();
    expect(await outcome(await get(`${queueTimesPath}?${query}`))).toEqual([400, body]);
  });

  test('are answered for exactly 31 days', async () => {
    const { get } = await start();
    expect((await get(`${queueTimesPath}?start=${iso(startMs - 31 * day)}`)).status).toBe(200);
  });

  test.each([1, 2, 3])('that were processed are those who left in truth, with seed %i', async (seed) => {
    const { queueTimes, callers } = await start({ seed });
    for (let step = 0; step < 40; step++) {
      nowMs += 97 * secondMs;
      const windowMs = 10 * minuteMs;
      const { items } = await queueTimes({
        start: iso(nowMs - windowMs),
        include: 'Processed',
        queueType: 'All',
      });
      const left = callers()
        .truth(nowMs - secondMs, windowMs + 1)
        .left.map((each) => ({
          start: iso(each.sinceMs),
          interactionGuid: each.guid,
          medium: each.medium,
          mediumManager: 'CC',
          interactionPlan: each.plan,
          queue: each.queue,
          type: each.type,
          presentedSkills: [each.queue.replace(' Callback', '')],
          category: each.category,
          reason: each.reason,
          duration: each.waitedMs,
          targets: each.targetMs === undefined ? null : { targetTimeToAnswer: each.targetMs },
          party: { role: each.party },
        }));
      const known = new Set(left.map((item) => keyOf(item)));
      const trimmed = items.map((item) => ({ ...item, interactionPlan: item.interactionPlan.trim() }));
      expect(trimmed.filter((item) => known.has(keyOf(item)))).toEqual(left);
      // The others were processed a second time.
      const again = callers().truth(nowMs - 31 * secondMs, windowMs + 1).left;
      const secondly = new Set(again.map(({ guid }) => guid));
      for (const item of trimmed)
        if (!known.has(keyOf(item))) expect(secondly).toContain(item.interactionGuid);
    }
  });

  test('that are polled by Processed miss nobody, and return some twice', async () => {
    const { queueTimes, callers } = await start();
    const found = new Map<string, QueueItem>();
    let received = 0;
    let from = iso(startMs);
    for (let step = 0; step < 90; step++) {
      nowMs += 40 * secondMs + 123;
      const { items, upTo } = await queueTimes({ start: from, include: 'Processed' });
      for (const item of items) found.set(keyOf(item), item);
      received += items.length;
      from = upTo;
    }
    const left = callers()
      .truth(nowMs - secondMs, nowMs - startMs)
      .left.filter(({ type }) => type === 'ACD');
    const keys = left.map(({ guid, sinceMs, queue, type }) => [guid, iso(sinceMs), queue, type].join('/'));
    expect(keys.filter((key) => !found.has(key))).toEqual([]);
    expect(left.length).toBeGreaterThan(200);
    expect(received).toBeGreaterThan(found.size + 5);
    expect(received).toBeLessThan(found.size * 1.15);
    for (const { duration, category } of found.values()) expect([duration, category]).not.toContain(null);
  });

  test('that started are also those who still wait, without a duration', async () => {
    const { queueTimes, callers } = await start({
      callers: { arrivalsPerMinute: () => 4, delivers: () => false },
    });
    nowMs += 20 * secondMs;
    const { items } = await queueTimes({ start: iso(startMs - 10 * minuteMs) });
    const open = items.filter(({ duration }) => duration === null);
    expect(open.every(({ category, reason }) => category === null && reason === null)).toBe(true);
    const { waiting } = callers().truth(nowMs - secondMs, 1);
    const since = startMs - 10 * minuteMs;
    for (const { guid, type, sinceMs } of waiting.filter(
      (each) => each.sinceMs >= since && each.type === 'ACD',
    ))
      expect(open).toContainEqual(
        expect.objectContaining({ interactionGuid: guid, type, start: iso(sinceMs) }),
      );
    expect(open.length).toBeGreaterThan(3);
    for (const include of ['StartedOrEnded', 'Processed'])
      for (const { duration } of (await queueTimes({ include })).items) expect(duration).not.toBeNull();
  });

  test('that started or ended in a window are both', async () => {
    const { queueTimes } = await start();
    const [from, to] = [startMs - 30 * minuteMs, startMs - 20 * minuteMs];
    const isIn = (ms: number) => ms >= from && ms <= to;
    const endOf = ({ start: since, duration }: QueueItem) => Date.parse(since) + duration!;
    const window = { start: iso(from), end: iso(to) };
    const all = (await queueTimes({ include: 'StartedOrEnded', start: iso(startMs - 90 * minuteMs) })).items;
    const either = (await queueTimes({ ...window, include: 'StartedOrEnded' })).items;
    const started = (await queueTimes(window)).items;
    expect(either).toEqual(all.filter((item) => isIn(Date.parse(item.start)) || isIn(endOf(item))));
    expect(started.filter(({ duration }) => duration !== null)).toEqual(
      all.filter((item) => isIn(Date.parse(item.start))),
    );
    expect(started.length).toBeGreaterThan(20);
    expect(either.length).toBeGreaterThan(started.length);
  });

  test('are of some queues and types, by entry and queue', async () => {
    const { queueTimes, callers } = await start({}, 'clock=7200000');
    const since = { start: iso(startMs - 60 * minuteMs) };
    // At the same time, in several queues.
    for (let count = 0; count < 12; count++) callers().arrive();
    const all = (await queueTimes({ ...since, queueType: 'All' })).items;
    expect((await queueTimes(since)).items).toEqual(all.filter(({ type }) => type === 'ACD'));
    const virtual = (await queueTimes({ ...since, queueType: 'Virtual' })).items;
    expect(virtual).toEqual(all.filter(({ type }) => type === 'Virtual'));
    const sorted = all.toSorted((a, b) => (a.start + a.queue < b.start + b.queue ? -1 : 1));
    expect(all.map(keyOf)).toEqual(sorted.map(keyOf));
    const { items } = await queueTimes({ ...since, queues: 'Sales, Billing' });
    expect(new Set(items.map(({ queue }) => queue))).toEqual(new Set(['Sales', 'Billing']));
    expect(items).toEqual(all.filter(({ type, queue }) => type === 'ACD' && /^(Sales|Billing)$/.test(queue)));
    expect((await queueTimes({ ...since, queues: 'Nobody' })).items).toEqual([]);
    const plans = new Set(all.map(({ interactionPlan }) => interactionPlan));
    expect(plans).toEqual(new Set([' Billing Plan', 'Sales Plan ', 'Customer Support Plan', '0123456789']));
  });

  test.each([
    ['a second', secondMs, []],
    ['the time of the quirk', 5000, ['queue-lag=5000']],
    ['no time', 0, ['queue-lag=0']],
  ])('know who left after %s', async (_, lagMs, quirks) => {
    const { callers } = await start({}, ...quirks);
    nowMs += 10 * minuteMs;
    const { leftMs, guid, sinceMs } = callers()
      .truth(nowMs, 9 * minuteMs)
      .left.find(({ type }) => type === 'ACD')!;
    // The same day again, up to that moment.
    await simulator.close();
    const again = await start({}, ...quirks);
    const knows = async () => {
      const { items } = await again.queueTimes({ include: 'Processed' });
      return items.some((each) => each.interactionGuid === guid && each.start === iso(sinceMs));
    };
    nowMs = leftMs + lagMs - 1;
    expect(await knows()).toBe(false);
    nowMs = leftMs + lagMs;
    expect(await knows()).toBe(true);
  });

  test('can be repeated, have another shape, wrong types, and words of no reference', async () => {
    const { queueTimes } = await start();
    const all = (await queueTimes()).items;
    const [, ...others] = all;
    failed('repeat,on=queue-times');
    const twice = await queueTimes();
    expect(twice.items).toEqual(all.flatMap((item) => [item, item]));
    expect(twice.meta.totalCount).toBe(2 * all.length);
    failed('shape,on=queue-times');
    expect(await queueTimes()).toMatchObject({ items: [{ queue: null }, ...others] });
    failed('flawed,on=queue-times');
    expect(await queueTimes()).toMatchObject({
      items: [{ start: null, category: 7, duration: 'long' }, ...others],
    });
    failed('unknown,on=queue-times');
    expect(await queueTimes()).toMatchObject({
      items: [{ category: 'Teleported', type: 'Astral', medium: 'Fax', party: { role: 'Ghost' } }, ...others],
    });
  });

  test.each(['repeat', 'repeat,on=ongoing', 'grow,on=queue-times', 'shrink,on=queue-times'])(
    'refuse the fault "%s"',
    (text) => {
      expect(() => parseFault(text)).toThrow(
        'repeat only with on=queue-times, and grow and shrink not with it',
      );
    },
  );
});

describe('skills', () => {
  type Skill = { skillId: string; skillName: string };
  type Skilled = { agentDisplayId: string; agentSkillLevel: number; name: string };

  test('are one for each queue, with the active agents who have it', async () => {
    const { callers } = await start();
    const get = await newClient(simulator, simulator, 'users:read');
    const { meta, skills } = (await (await get('/useradmin/skills')).json()) as {
      meta: object;
      skills: Skill[];
    };
    expect(meta).toEqual({ page: 1, count: 4, pageCount: 1, totalCount: 4 });
    expect(skills.map((skill) => skill.skillName)).toEqual(['Billing', 'Sales', 'Support', 'Complaints']);
    const truth = callers().truth(nowMs).skills;
    const active = simulator.accounts[0]!.users().filter((user) => user.active);
    for (const { skillId, skillName } of skills) {
      const path = `/useradmin/skills/${skillId}/users`;
      const answer = await (await get(`${path}?limit=5000`)).json();
      const { users } = answer as { users: Skilled[] };
      const ids = active.flatMap(({ userAccountConfiguration: { agentConfiguration } }) =>
        agentConfiguration ? [agentConfiguration.agentDisplayId] : [],
      );
      expect(users.map(({ agentDisplayId }) => agentDisplayId)).toEqual(
        ids.filter((id) => truth.get(id)!.includes(skillName)),
      );
      for (const user of users) {
        expect(Object.keys(user)).toEqual(['userId', 'agentDisplayId', 'name', 'agentSkillLevel']);
        expect(user.agentSkillLevel).toBeGreaterThan(0);
      }
      expect(await (await get(`${path}?limit=1&page=2`)).json()).toMatchObject({
        meta: { page: 2, count: 1, totalCount: users.length },
        users: [users[1]],
      });
    }
    expect((await get('/useradmin/skills/nobody/users')).status).toBe(404);
    failed('shape,on=users');
    expect(await (await get('/useradmin/skills')).json()).toMatchObject({
      skills: [{ skillName: null }, {}, {}, {}],
    });
    expect(simulator.requests).toMatchObject({ users: 11, api: 0 });
  });

  test('are none without customers', async () => {
    await start({ callers: undefined } as unknown as SimulatorOptions);
    const get = await newClient(simulator, simulator, 'users:read');
    expect(await (await get('/useradmin/skills')).json()).toMatchObject({
      meta: { totalCount: 0 },
      skills: [],
    });
  });
});
