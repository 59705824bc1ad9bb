import type http from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { openAccounts } from '../src/app/accounts.ts';
import { createScrapers } from '../src/app/scrapers.ts';
import { deadlineIn } from '../src/deadline.ts';
import { createBudget } from '../src/http/budget.ts';
import { createScraper, toFamilies } from '../src/scrape.ts';
import type { Fault } from '../src/simulator/faults.ts';
import { accountOf, environmentOf } from './support/account.ts';
import { inChild } from './support/in-child.ts';
import { pageOf } from './support/ongoing.ts';
import {
  expectAgents,
  frontOrigin,
  on,
  scrape,
  scraper,
  sent,
  seriesOf,
  simulator,
  start,
  startFront,
  statuses,
  stop,
  timing,
  useScraper,
} from './support/queue-account.ts';
import { inOrder } from './support/queue-oracle.ts';
import { only, startMs, trueQueueSeries } from './support/queue-truth.ts';

afterEach(stop);

describe('an ordinary scrape', () => {
  test('has who waits and who left, with one token and one request for each list', async () => {
    await start({ now: () => startMs, quirks: { queueLagMs: 0 } });
    const series = await seriesOf();
    const truth = { ongoingMs: startMs, queueTimesMs: startMs, windowMs: 1_800_000, lagMs: 0 };
    expect(
      inOrder(only(series, /^vcc_queues?_(waiting|oldest|window_(?!other)|target|folded|skill)/)),
    ).toEqual(inOrder(only(trueQueueSeries(simulator.accounts[0]!, truth), /^vcc_queues?_(?!window_other)/)));
    expect(sent()).toEqual({ token: 1, api: 1, users: 0, ongoing: 1, 'queue-times': 1 });
    expect(series.get('vcc_queue_api_requests{account="test",source="queue_times"}')).toBe(1);
    expect(series.get('vcc_queue_up{account="test",source="ongoing"}')).toBe(1);
    expect(series.get('vcc_queue_up{account="test",source="skills"}')).toBeUndefined();
    expect(series.get('vcc_queue_snapshot_timestamp_seconds{account="test",source="ongoing"}')).toBe(
      startMs / 1000,
    );
    await scrape();
    expect(sent()).toEqual({ token: 1, api: 2, users: 0, ongoing: 2, 'queue-times': 1 });
  });

  test('without VCC_QUEUES sends not one request about them, and has not one series', async () => {
    await start({}, { VCC_QUEUES: 'off' });
    const families = await toFamilies([await scrape()]);
    expect(simulator.requests).toEqual({ token: 1, api: 1, users: 0 });
    expect(families.filter(({ name }) => /^vcc_(queue|skill|ongoing)/.test(name))).toEqual([]);
  });

  test('of an account without customers has empty lists, which are no failure', async () => {
    await start({ items: [] });
    expect(await statuses()).toEqual({ ongoing: 'up', queue_times: 'up' });
  });

  test('shares its reads with a scrape at the same time', async () => {
    await start();
    const both = await Promise.all([scraper.scrape(deadlineIn(5000)), scraper.scrape(deadlineIn(5000))]);
    expect(both[0]).toBe(both[1]);
    expect(sent()).toEqual({ token: 1, api: 1, users: 0, ongoing: 1, 'queue-times': 1 });
  });

  test('reads who left again only after VCC_QUEUE_INTERVAL, and who waits at once', async () => {
    await start({}, { VCC_QUEUE_INTERVAL: '60s' });
    const counts = [];
    for (const ms of [0, 30_000, 29_000, 2_000, 58_000, 60_000]) {
      timing.pass(ms);
      await scrape();
      counts.push([sent().ongoing, sent()['queue-times']]);
    }
    expect(counts).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 2],
      [5, 2],
      [6, 3],
    ]);
  });

  test('is served from a cache with VCC_CACHE_TTL, the queues too', async () => {
    await start({}, { VCC_CACHE_TTL: '1m' });
    await scrape();
    await scrape();
    expect(sent()).toMatchObject({ api: 1, ongoing: 1, 'queue-times': 1 });
  });

  test.each<[string, Fault, object]>([
    ['a customer who queues between two pages', { kind: 'grow', on: 'ongoing', page: 2, times: 1 }, {}],
    ['one who gives up', { kind: 'shrink', on: 'ongoing', page: 2, times: 1 }, {}],
    ['a list that shifts once', { kind: 'shift', on: 'ongoing', page: 1, times: 1 }, {}],
    ['items returned twice', { kind: 'repeat', on: 'queue-times' }, {}],
    ['a revoked token', { kind: 'status', value: 401, on: 'ongoing', times: 1 }, {}],
    ['one 503', { kind: 'status', value: 503, on: 'queue-times', times: 1 }, { VCC_RETRIES: '1' }],
  ])('survives %s, with every customer once', async (_, fault, env) => {
    await start(
      { now: () => startMs, faults: [fault], quirks: { queueLagMs: 0 } },
      { VCC_PAGE_SIZE: '3', ...env },
    );
    const series = await seriesOf();
    expect(fault.times ?? 0).toBe(0);
    expect(sent().ongoing).toBeGreaterThan(1);
    expect(sent()['queue-times']).toBeGreaterThan(1);
    const truth = { ongoingMs: startMs, queueTimesMs: startMs, windowMs: 1_800_000, lagMs: 0 };
    const names = /^vcc_queues?_(waiting|oldest|window_left|window_wait|target|folded)/;
    expect(inOrder(only(series, names))).toEqual(
      inOrder(only(trueQueueSeries(simulator.accounts[0]!, truth), names)),
    );
  });
});

describe('the agents', () => {
  const endpoints = [
    ['ongoing', 'ongoing'],
    ['queue_times', 'queue-times'],
  ] as const;
  const faults: [string, Omit<Fault, 'on'>, string][] = [
    ['hangs', { kind: 'hang' }, 'deadline'],
    ['answers 500', { kind: 'status', value: 500 }, 'http_status'],
    ['answers 400', { kind: 'status', value: 400 }, 'http_status'],
    ['answers 403', { kind: 'status', value: 403 }, 'forbidden'],
    ['answers 429', { kind: 'status', value: 429 }, 'throttled'],
    ['answers 429 with Retry-After', { kind: 'status', value: 429, retryAfter: 120 }, 'throttled'],
    ['answers HTML', { kind: 'html' }, 'shape'],
    ['answers half a body', { kind: 'json' }, 'shape'],
    ['breaks the connection', { kind: 'cut' }, 'network'],
    ['never holds still', { kind: 'shift' }, 'snapshot'],
  ];

  describe.each(endpoints)('are all there, and soon, while %s', (source, endpoint) => {
    // Queue times only grow, so an item on two pages is a repeated record. They may move.
    const possible = faults.filter(([, { kind }]) => kind !== 'shift' || source === 'ongoing');
    test.each(possible)('%s', async (_, fault, reason) => {
      const shifts = fault.kind === 'shift';
      // Only a list on several pages can shift. At some times of day few customers are there.
      await start(
        { faults: [{ ...fault, on: endpoint }], ...(shifts && { now: () => startMs }) },
        shifts ? { VCC_PAGE_SIZE: '2' } : {},
      );
      const { queues } = await expectAgents();
      const [failed, other] = [
        queues!.sources.find((each) => each.source === source),
        queues!.sources.find((each) => each.source !== source),
      ];
      expect(failed?.error).toBe(reason);
      expect(other).toMatchObject({ error: undefined, takenAtMs: expect.any(Number) });
      expect(queues!.counts[source === 'ongoing' ? 'left' : 'ongoing']).toBeDefined();
      expect(queues!.counts[source === 'ongoing' ? 'ongoing' : 'left']).toBeUndefined();
      // And in the next scrape, which may join a read that hangs.
      await expectAgents();
    });
  });

  test.each<[string, http.RequestListener, string]>([
    ['an object without items', (_, response) => response.end('{}'), 'shape'],
    ['a list', (_, response) => response.end('[]'), 'shape'],
    ['nothing', (_, response) => response.end(''), 'shape'],
    ['items without a guid', (_, response) => response.end(pageOf([{}])), 'shape'],
    [
      'another page',
      (_, response) => response.end(pageOf([], { meta: { page: 2, count: 0, pageCount: 9, totalCount: 9 } })),
      'snapshot',
    ],
    ['a body above VCC_MAX_BODY_BYTES', (_, response) => response.end(' '.repeat(3_000_000)), 'too_large'],
    ['a body without an end', (_, response) => void endlessly(response), 'too_large'],
    [
      'more pages than VCC_MAX_PAGES',
      (_, response) =>
        response.end(pageOf([], { meta: { page: 1, count: 0, pageCount: 1e9, totalCount: 1e9 } })),
      'too_large',
    ],
    [
      'a redirect to another host',
      (_, response) => response.writeHead(302, { location: 'http://other.invalid/' }).end(),
      'http_status',
    ],
    ['a body that stops', (_, response) => void response.write('{"items":'), 'deadline'],
    ['a connection that is closed', (request) => request.socket.destroy(), 'network'],
  ])('are all there, and soon, while both endpoints answer %s', async (_, listener, reason) => {
    await startFront(listener);
    await start({}, { VCC_MAX_BODY_BYTES: '2000000' });
    const { queues } = await expectAgents();
    expect(queues!.sources.map(({ error }) => error)).toEqual([reason, reason]);
    await expectAgents();
  });

  test.each<[string, Fault[], string]>([
    ['fail', [{ kind: 'status', value: 500 }], 'http_status'],
    ['hang', [{ kind: 'hang' }], 'network'],
    ['have no scope', [{ kind: 'status', value: 403 }], 'forbidden'],
  ])('that %s do not hide the queues', async (_, list, reason) => {
    await start({ faults: list }, { VCC_REQUEST_TIMEOUT: '500ms' });
    const reading = await scrape();
    expect(reading).toMatchObject({ error: reason, floor: undefined });
    expect(reading.queues).toMatchObject({
      sources: [{ error: undefined }, { error: undefined }],
      counts: { ongoing: expect.anything(), left: expect.anything() },
    });
  });

  test('keep all their time while queues hang', async () => {
    const delay: Fault = { kind: 'delay', value: 1500 };
    await start({ faults: [delay, { kind: 'hang', on: 'ongoing' }, { kind: 'hang', on: 'queue-times' }] });
    await expectAgents(1500);
    await expectAgents(1500);
  });

  test('keep their token while queues refuse it, and no other can be fetched', async () => {
    await start({ faults: [{ kind: 'status', value: 401, on: 'ongoing' }] });
    expect(await statuses()).toEqual({ ongoing: 'unauthorized', queue_times: 'up' });
    simulator.faults.push({ kind: 'status', value: 503, on: 'token' });
    const before = sent();
    for (let turn = 0; turn < 3; turn++) await expectAgents();
    expect(sent().token).toBeGreaterThan(before.token);
  });

  test.each(['1', '2', '5'])(
    'have all slots to themselves with VCC_CONCURRENCY=%s, while queues hang',
    async (slots) => {
      await start({
        faults: [
          { kind: 'hang', on: 'ongoing' },
          { kind: 'hang', on: 'queue-times' },
        ],
      });
      scraper.close();
      const env = environmentOf(simulator, { ...on, VCC_CONCURRENCY: slots, VCC_PAGE_SIZE: '5' });
      useScraper(createScrapers(await openAccounts(env, () => {}), () => {})[0]!);
      await expectAgents();
      // An account whose agents failed shares a quarter of the slots, but not with queues.
      simulator.faults.unshift({ kind: 'status', value: 500, page: 1, times: 1 });
      expect((await scrape()).error).toBe('http_status');
      await expectAgents();
    },
  );

  test('are there while the key of hashes hangs, and queues are not', async () => {
    await start({}, {}, (account) => {
      account.queues!.numbers = () => new Promise(() => {});
    });
    const { queues } = await expectAgents();
    expect(queues).toMatchObject({
      sources: [
        { error: 'deadline', requests: 1 },
        { error: 'deadline', requests: 1 },
      ],
    });
  });
});

function endlessly(response: http.ServerResponse): void {
  const timer = setInterval(() => response.write(' '.repeat(500_000)), 5);
  response.on('close', () => clearInterval(timer));
}

describe('while the API throttles', () => {
  test.each([
    ['the agents', 'api', {}, 60],
    ['the agents, with Retry-After', 'api', { retryAfter: 120 }, 120],
    ['who waits', 'ongoing', {}, 60],
    ['who left, with a short Retry-After', 'queue-times', { retryAfter: 5 }, 60],
  ] as const)('%s, queues send no request for the pause', async (_, endpoint, more, seconds) => {
    await start(
      { faults: [{ kind: 'status', value: 429, on: endpoint, times: 1, ...more }] },
      { VCC_QUEUE_INTERVAL: '5s' },
    );
    await scrape();
    const before = sent();
    timing.pass(6_000);
    for (const ms of [0, 20_000, seconds * 1000 - 27_000]) {
      timing.pass(ms);
      expect(await statuses()).toEqual({ ongoing: 'throttled', queue_times: 'throttled' });
    }
    expect(sent()).toMatchObject({ ongoing: before.ongoing, 'queue-times': before['queue-times'] });
    // The agents get what is left of the budget.
    if (endpoint !== 'api') expect(sent().api).toBe(before.api + 3);
    timing.pass(2_000);
    expect(await statuses()).toEqual({ ongoing: 'up', queue_times: 'up' });
    expect(sent()).toMatchObject({ ongoing: before.ongoing + 1, 'queue-times': before['queue-times'] + 1 });
  });

  test('what was read before and is still fresh stays in use', async () => {
    await start();
    await scrape();
    simulator.faults.push({ kind: 'status', value: 429, times: 1 });
    await scrape();
    timing.pass(20_000);
    expect(await statuses()).toEqual({ ongoing: 'throttled', queue_times: 'up' });
  });

  test('the pauses double up to 15 minutes, and start again after a while without', async () => {
    const throttled: Fault = { kind: 'status', value: 429, on: 'ongoing' };
    await start({ faults: [throttled] });
    const pauses: number[] = [];
    const readOngoing = async () => {
      const before = sent().ongoing;
      for (let seconds = 0; sent().ongoing === before; seconds += 30) {
        if (seconds > 0) timing.pass(30_000);
        await scrape();
        if (sent().ongoing > before) pauses.push(seconds);
      }
    };
    for (let turn = 0; turn < 7; turn++) await readOngoing();
    // The other endpoint answered all the time: it says nothing about the budget.
    expect(pauses).toEqual([0, 60, 120, 240, 480, 900, 900]);
    timing.pass(2_000_000);
    simulator.faults = [];
    await readOngoing();
    simulator.faults = [throttled];
    await readOngoing();
    await readOngoing();
    expect(pauses.slice(7)).toEqual([0, 0, 60]);
  });
});

describe('a slow read', () => {
  test('is used by the next scrape', async () => {
    const slow = { kind: 'delay', value: 1600 } as const;
    await start({
      faults: [
        { ...slow, on: 'ongoing' },
        { ...slow, on: 'queue-times' },
      ],
    });
    expect(await statuses()).toEqual({ ongoing: 'deadline', queue_times: 'deadline' });
    await wait(1500);
    const { queues } = await expectAgents();
    expect(queues!.sources.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(queues!.sources.map(({ requests }) => requests)).toEqual([1, 1]);
    expect(queues!.counts.ongoing!.kinds.length).toBeGreaterThan(0);
    expect(sent()).toMatchObject({ ongoing: 2, 'queue-times': 1 });
  });

  test('is waited for if VCC_QUEUE_WAIT is longer', async () => {
    const slow = { kind: 'delay', value: 1600 } as const;
    await start({ faults: [{ ...slow, on: 'ongoing' }] }, { VCC_QUEUE_WAIT: '3s' });
    expect(await statuses()).toEqual({ ongoing: 'up', queue_times: 'up' });
  });

  test('is not waited for with VCC_QUEUE_WAIT=0, unless the agents take longer', async () => {
    const slow = { kind: 'delay', value: 700 } as const;
    await start({ faults: [{ ...slow, on: 'ongoing' }] }, { VCC_QUEUE_WAIT: '0' });
    expect(await statuses()).toMatchObject({ ongoing: 'deadline' });
  });
});

test('what queues answer does not count against what the agents may read', async () => {
  await startFront((_, response) => void response.write(' '.repeat(1_900_000)));
  await start();
  const account = accountOf(simulator, { ...on, VCC_API_URL: frontOrigin() });
  useScraper(createScraper(account, { budget: createBudget(1_000_000) }));
  for (let turn = 0; turn < 2; turn++) {
    expect(await expectAgents()).toMatchObject({
      queues: { sources: [{ error: 'deadline' }, { error: 'deadline' }] },
    });
  }
});

test('an account that is closed reads nothing more, and lets the process end', async () => {
  await start();
  const program = `
    import { loadSettings } from './src/config/load.ts';
    import { toAccount } from './src/app/accounts.ts';
    import { createScraper } from './src/scrape.ts';
    import { deadlineIn } from './src/deadline.ts';
    import { startSimulator } from './src/simulator/server.ts';
    import { environmentOf } from './test/support/account.ts';
    const faults = ['ongoing', 'queue-times', 'users'].map((on) => ({ kind: 'hang', on }));
    const simulator = await startSimulator({ agents: 5, callers: true, faults });
    const env = environmentOf(simulator, { VCC_QUEUES: 'on', VCC_SKILLS: 'users-api', VCC_REQUEST_TIMEOUT: '120s', VCC_TIMEOUT: '120s' });
    const scraper = createScraper(toAccount(loadSettings(env)));
    const { reading } = await scraper.scrape(deadlineIn(100_000));
    const startedMs = performance.now();
    scraper.close();
    await simulator.close();
    const { requests } = simulator;
    process.on('exit', () => {
      const { error, queues } = reading;
      console.log(JSON.stringify({ error, sources: queues.sources.map((each) => each.error), requests, endedMs: performance.now() - startedMs }));
    });`;
  const { endedMs, ...rest } = await inChild<{ endedMs: number }>('true', program);
  expect(rest).toEqual({
    sources: ['deadline', 'deadline', 'deadline'],
    requests: { token: 2, api: 1, users: 1, ongoing: 1, 'queue-times': 1 },
  });
  expect(endedMs).toBeLessThan(5000);
});
