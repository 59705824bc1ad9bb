import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createCollect, readPages } from '../src/collect.ts';
import { untilAborted } from '../src/deadline.ts';
import { HttpStatusError } from '../src/http/errors.ts';
import type { Agent } from '../src/snapshot/agent.ts';
import { agentListing } from '../src/snapshot/assemble.ts';
import { agentFields, noGaps } from '../src/snapshot/gaps.ts';
import type { Page } from '../src/snapshot/page.ts';
import type { FetchPage } from '../src/vcc/fetch-page.ts';
import { newTrip } from './support/account.ts';
import { agent, pagesOf } from './support/agents.ts';
import { fakeTiming } from './support/timing.ts';

const agents = Array.from({ length: 100 }, (_, index) => agent(`a${index}`));

/**
 * An API in memory whose agents may change from request to request. Records its requests, and how
 * many run at once.
 */
function memoryApi(
  initial: readonly Agent[] = agents,
  size = 10,
  beyond: 'empty' | 404 | 400 | 500 = 'empty',
) {
  const api = {
    agents: [...initial],
    asked: [] as number[],
    atOnce: 0,
    mostAtOnce: 0,
    upToMs: 1_000_000,
    before: (_page: number, _request: number) => {},
    change: (page: Page, _request: number): Page | Error => page,
  };
  const fetchPage: FetchPage = async (number, trip) => {
    trip.deadline.signal.throwIfAborted();
    const request = api.asked.push(number);
    api.mostAtOnce = Math.max(api.mostAtOnce, ++api.atOnce);
    api.before(number, request);
    const pages = pagesOf(api.agents, size, api.upToMs++);
    await new Promise(setImmediate);
    api.atOnce--;
    trip.deadline.signal.throwIfAborted();
    const { pageCount, totalCount, upToMs } = pages.get(1)!;
    const surplus = {
      number,
      count: 0,
      pageCount,
      totalCount,
      upToMs,
      items: [],
      gaps: noGaps(agentFields),
    };
    if (!pages.has(number) && beyond !== 'empty') throw new HttpStatusError(`answered ${beyond}`, beyond);
    const answer = api.change(pages.get(number) ?? surplus, request);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const timing = fakeTiming();
  const collect = createCollect(
    fetchPage,
    agentListing,
    { concurrency: 20, startConcurrency: 20, maxPages: 50, maxFlawedPercent: 5 },
    timing,
  );
  return { api, timing, collect: () => collect(newTrip(60_000)), fetchPage };
}

const ids = (list: readonly Agent[]) => list.map(({ id }) => id).sort();

describe('collect', () => {
  test('reads page 1, then all others', async () => {
    const { api, collect } = memoryApi();
    expect(ids((await collect()).items)).toEqual(ids(agents));
    expect(api.asked).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('fetches the last number of pages at once, the next time', async () => {
    const { api, collect } = memoryApi();
    await collect();
    api.mostAtOnce = 0;
    await collect();
    expect(api.asked).toHaveLength(20);
    expect(api.mostAtOnce).toBe(10);
  });

  test('never exceeds the allowed number of concurrent requests', async () => {
    const { api, fetchPage, timing } = memoryApi();
    const collect = createCollect(
      fetchPage,
      agentListing,
      { concurrency: 3, startConcurrency: 3, maxPages: 50, maxFlawedPercent: 5 },
      timing,
    );
    await collect(newTrip(60_000));
    await collect(newTrip(60_000));
    expect(api.mostAtOnce).toBe(3);
    expect(api.asked).toHaveLength(20);
  });

  test('fetches the missing pages when the account has grown', async () => {
    const { api, collect } = memoryApi();
    await collect();
    api.agents.push(...Array.from({ length: 25 }, (_, index) => agent(`new${index}`)));
    api.asked = [];
    expect((await collect()).items).toHaveLength(125);
    expect(api.asked).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  });

  test.each(['empty', 404, 400, 500] as const)(
    'drops the surplus pages (%s) when it has shrunk',
    async (beyond) => {
      const { api, collect } = memoryApi(agents, 10, beyond);
      await collect();
      api.agents.length = 61;
      expect(await collect()).toMatchObject({ pages: 7 });
      api.asked = [];
      await collect();
      expect(api.asked).toHaveLength(7);
    },
  );

  test('keeps an empty account apart from a failure', async () => {
    expect(await memoryApi([]).collect()).toMatchObject({ items: [], pages: 1 });
  });

  test('ends at once with the failure of an existing page, with nothing under way', async () => {
    const { api, collect } = memoryApi();
    api.change = (page) => (page.number === 4 ? new HttpStatusError('answered 503', 503) : page);
    await expect(collect()).rejects.toThrow('answered 503');
    expect(api.atOnce).toBe(0);
  });

  test("ends with the signal's reason when time is up", async () => {
    const { fetchPage, timing } = memoryApi();
    const controller = new AbortController();
    const hanging: FetchPage = (number, trip) =>
      number < 3
        ? fetchPage(number, trip)
        : new Promise((_, reject) => {
            const { signal } = trip.deadline;
            signal.addEventListener('abort', () => reject(signal.reason));
          });
    const collect = createCollect(
      hanging,
      agentListing,
      { concurrency: 5, startConcurrency: 5, maxPages: 50, maxFlawedPercent: 5 },
      timing,
    );
    const reason = new Error('time is up');
    setTimeout(() => controller.abort(reason), 20);
    await expect(collect({ ...newTrip(), deadline: untilAborted(controller.signal) })).rejects.toBe(reason);
    await expect(collect({ ...newTrip(), deadline: untilAborted(controller.signal) })).rejects.toBe(reason);
  });

  test('fetches more pages at once with each read, and fewer after a 429', async () => {
    const { api, fetchPage, timing } = memoryApi(agents, 1);
    const paging = { concurrency: 60, startConcurrency: 10, maxPages: 200, maxFlawedPercent: 5 };
    const collect = createCollect(fetchPage, agentListing, paging, timing);
    const atOnce = async () => {
      api.mostAtOnce = 0;
      await collect(newTrip(60_000)).catch(() => {});
      return api.mostAtOnce;
    };
    expect([await atOnce(), await atOnce(), await atOnce(), await atOnce(), await atOnce()]).toEqual([
      10, 20, 40, 60, 60,
    ]);
    api.change = () => new HttpStatusError('answered 429', 429);
    await atOnce();
    api.change = (page) => page;
    // Page 1 first, then half as many at once as before. It stays below the number that was too
    // fast.
    expect([await atOnce(), await atOnce()]).toEqual([30, 30]);
    for (let read = 0; read < 18; read++) await atOnce();
    expect(await atOnce()).toBe(31);
    // After another failure it begins again.
    api.change = () => new HttpStatusError('answered 503', 503);
    await atOnce();
    api.change = (page) => page;
    expect(await atOnce()).toBe(10);
  });

  test('ends at the first 429, and fetches one page at the next scrape', async () => {
    const { api, collect, fetchPage } = memoryApi();
    await collect();
    [api.asked, api.mostAtOnce] = [[], 0];
    api.change = () => new HttpStatusError('answered 429', 429);
    await expect(collect()).rejects.toMatchObject({ code: 'throttled' });
    expect(api.asked).toHaveLength(10);
    await expect(collect()).rejects.toMatchObject({ code: 'throttled' });
    expect(api.asked).toHaveLength(11);
    // Even of a page that may not exist any more.
    api.change = (page) => (page.number === 4 ? new HttpStatusError('answered 429', 429) : page);
    api.agents.length = 20;
    await expect(readPages(fetchPage, [4, 1], { concurrency: 1, maxPages: 50 }, newTrip())).rejects.toThrow(
      '429',
    );
  });

  test.each([
    ['one in twenty', 5, 5, undefined],
    [
      'more',
      5,
      6,
      '6 of 100 agents (VCC_MAX_FLAWED_AGENTS is 5 %), the first on page 3: x: expected a, received b',
    ],
    ['as many as are allowed', 50, 50, undefined],
    [
      'none',
      0,
      1,
      '1 of 100 agents (VCC_MAX_FLAWED_AGENTS is 0 %), the first on page 3: x: expected a, received b',
    ],
  ])('accepts flawed agents up to a bound: %s', async (_, maxFlawedPercent, flawed, message) => {
    const { api, fetchPage, timing } = memoryApi();
    const first = { path: 'page 3: x', expected: 'a', received: 'b' };
    api.change = (page) =>
      page.number === 3 ? { ...page, gaps: { ...noGaps(agentFields), flawed, first } } : page;
    const collect = createCollect(
      fetchPage,
      agentListing,
      { concurrency: 20, startConcurrency: 20, maxPages: 50, maxFlawedPercent },
      timing,
    );
    const outcome = collect(newTrip(60_000));
    if (message === undefined) expect((await outcome).gaps).toMatchObject({ flawed });
    else await expect(outcome).rejects.toMatchObject({ code: 'shape', message });
  });

  test('accepts one flawed agent, however small the account', async () => {
    const { api, collect } = memoryApi(agents.slice(0, 3));
    const first = { path: 'page 1: x', expected: 'a', received: 'b' };
    api.change = (page) => ({ ...page, gaps: { ...noGaps(agentFields), flawed: 1, first } });
    expect((await collect()).items).toHaveLength(3);
    api.change = (page) => ({ ...page, gaps: { ...noGaps(agentFields), flawed: 2, first } });
    await expect(collect()).rejects.toMatchObject({ code: 'shape' });
  });

  test('counts every record of an agent who is returned twice', async () => {
    const { fetchPage, timing, api } = memoryApi([agents[0]!, agents[0]!]);
    const first = { path: 'page 1: x', expected: 'a', received: 'b' };
    api.change = (page) => ({ ...page, gaps: { ...noGaps(agentFields), flawed: 2, first } });
    const paging = { concurrency: 1, startConcurrency: 1, maxPages: 1, maxFlawedPercent: 100 };
    const snapshot = await createCollect(fetchPage, agentListing, paging, timing)(newTrip(60_000));
    expect(snapshot).toMatchObject({ items: [agents[0]], duplicates: 1 });
  });

  test('refuses more pages than the cap', async () => {
    const { collect } = memoryApi(agents, 1);
    await expect(collect()).rejects.toMatchObject({
      code: 'too_large',
      message: 'the API says there are 100 pages; VCC_MAX_PAGES is 50',
    });
  });
});

describe('an account that changes while it is read', () => {
  test('is read again where an agent moved across a page border', async () => {
    const { api, collect } = memoryApi();
    // After page 2 was answered, its last agent changes places with the first of page 3.
    api.change = (page, request) => {
      if (request === 2) [api.agents[19], api.agents[20]] = [api.agents[20]!, api.agents[19]!];
      return page;
    };
    const first = await collect();
    expect(ids(first.items)).toEqual(ids(agents));
  });

  test('is read again where pages report different totals', async () => {
    const { api, collect } = memoryApi();
    await collect();
    api.asked = [];
    api.before = (page, request) => {
      if (request === 5) api.agents.push(agent('newcomer'));
      if (request > 10) expect(page).toBeLessThanOrEqual(11);
    };
    const { items: found } = await collect();
    expect(found).toHaveLength(101);
    expect(new Set(ids(found)).size).toBe(101);
  });

  test('is read again where a page vanished meanwhile', async () => {
    const { api, collect } = memoryApi(agents, 10, 404);
    api.before = (page) => {
      if (page === 10) api.agents.length = 90;
    };
    expect(await collect()).toMatchObject({ pages: 9 });
  });

  test('waits a little longer before every further reading, then gives up with the reason', async () => {
    const { api, collect, timing } = memoryApi();
    api.before = () => api.agents.push(agent(`another${api.asked.length}`));
    await expect(collect()).rejects.toMatchObject({
      code: 'snapshot',
      message: expect.stringMatching(
        /^the pages do not add up, after 5 of 5 readings: page \d+ says (totalCount|pageCount)/,
      ),
    });
    expect(timing.delays).toEqual([50, 100, 200, 400]);
  });

  test('gives up early when another reading would outlast the deadline', async () => {
    const { api, fetchPage, timing } = memoryApi();
    api.before = () => api.agents.push(agent(`another${api.asked.length}`));
    const collect = createCollect(
      fetchPage,
      agentListing,
      { concurrency: 20, startConcurrency: 20, maxPages: 50, maxFlawedPercent: 5 },
      { ...timing, random: () => 10 },
    );
    await expect(collect(newTrip(900))).rejects.toThrow('after 1 of 5 readings');
  });

  test('is read once by the scrape after a failed one, page 1 first', async () => {
    const { api, collect } = memoryApi();
    await collect();
    const grow = () => api.agents.push(agent(`another${api.agents.length}`));
    api.before = grow;
    await expect(collect()).rejects.toThrow('after 5 of 5 readings');
    [api.asked, api.mostAtOnce] = [[], 0];
    api.before = (page) => {
      if (page === 1) expect(api.atOnce).toBe(1);
      grow();
    };
    await expect(collect()).rejects.toThrow('after 1 of 1 readings');
    expect(api.asked[0]).toBe(1);
    expect(api.asked.filter((page) => page === 1)).toHaveLength(1);
    // And again several times once it was read.
    api.before = () => {};
    await collect();
    api.before = grow;
    await expect(collect()).rejects.toThrow('after 5 of 5 readings');
  });

  test.each<[string, (page: Page) => Page, RegExp]>([
    ['always page 1', (page) => ({ ...page, number: 1 }), /requested page \d+, received page 1/],
    ['half a page', (page) => ({ ...page, items: page.items.slice(5) }), /says count 10 but has 5 agents/],
    [
      'a total too large',
      (page) => ({ ...page, totalCount: 101 }),
      /100 agents on 10 pages, but totalCount is 101/,
    ],
  ])('never becomes a smaller count from %s', async (_, change, message) => {
    const { api, collect } = memoryApi();
    api.change = change;
    await expect(collect()).rejects.toThrow(message);
    // A page that is the same after a whole reading does not change by a third, nor at the next
    // scrape.
    expect(api.asked).toHaveLength(20);
    await expect(collect()).rejects.toThrow(message);
    expect(api.asked).toHaveLength(30);
  });

  test.each([400, 404])(
    'never becomes a smaller count from a page that always answers %i',
    async (status) => {
      const { api, collect } = memoryApi();
      api.change = (page) => (page.number === 7 ? new HttpStatusError(`answered ${status}`, status) : page);
      await expect(collect()).rejects.toMatchObject({ retryable: false });
      await expect(collect()).rejects.toThrow('in the same way as before: page 7 of 10 is missing');
      expect(api.asked).toHaveLength(30);
    },
  );

  test('with two records of an agent on one page has one of them, at the first reading', async () => {
    const { api, collect } = memoryApi([...agents.slice(0, 50), ...agents.slice(49)]);
    api.agents.splice(0, 1);
    const snapshot = await collect();
    expect(snapshot).toMatchObject({ duplicates: 1, pages: 10 });
    expect(ids(snapshot.items)).toEqual(ids(agents.slice(1)));
    expect(api.asked).toHaveLength(10);
  });

  test.each<[string, (page: Page) => Page]>([
    ['gives the same agents on each page', (page) => ({ ...page, items: agents.slice(0, 10) })],
    [
      'lets pages overlap by an agent',
      (page) => {
        const from = (page.number - 1) * 9;
        return { ...page, items: agents.slice(from, from + 10) };
      },
    ],
  ])('is not taken for complete when a server %s', async (_, change) => {
    const { api, collect } = memoryApi();
    api.change = change;
    await expect(collect()).rejects.toThrow('in the same way as before: an agent is on page 1 and on page 2');
    expect(api.asked).toHaveLength(20);
  });

  test.each([
    ['names one page more on each page', (page: Page) => ({ ...page, pageCount: page.number + 1 }), 10],
    ['names far too many pages', (page: Page) => ({ ...page, pageCount: 49 }), 1],
  ])('is not fetched endlessly from a server that %s', async (_, change, most) => {
    const { api, collect } = memoryApi();
    api.change = change;
    await expect(collect()).rejects.toMatchObject({ code: 'snapshot' });
    expect(api.asked.length).toBeLessThanOrEqual(2 * most);
    api.asked = [];
    await expect(collect()).rejects.toThrow('the pages do not add up');
    expect(api.asked).toHaveLength(most);
  });

  test('accepts pages of different sizes', async () => {
    const { api, collect } = memoryApi();
    const sizes = [3, 10, 1, 8, 10, 10, 2, 6];
    const all = agents.slice(0, 50);
    api.change = (page) => {
      const before = sizes.slice(0, page.number - 1).reduce((sum, size) => sum + size, 0);
      const part = all.slice(before, before + sizes[page.number - 1]!);
      return { ...page, pageCount: sizes.length, totalCount: 50, count: part.length, items: part };
    };
    expect((await collect()).items).toHaveLength(50);
  });

  test('gives every agent exactly once or nothing, whatever moves where and when', async () => {
    const moves = fc.array(
      fc.record({ request: fc.integer({ min: 1, max: 40 }), from: fc.nat(29), to: fc.nat(29) }),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(moves, fc.boolean(), async (planned, warm) => {
        const { api, collect } = memoryApi(agents.slice(0, 30), 4);
        if (warm) await collect();
        const offset = api.asked.length;
        api.before = (_, request) => {
          for (const { from, to } of planned.filter((move) => move.request + offset === request)) {
            api.agents.splice(to, 0, ...api.agents.splice(from, 1));
          }
        };
        // Moves may disturb every one of the five readings. Then the snapshot fails, with the
        // reason.
        const snapshot = await collect().catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'snapshot' });
          expect(planned.length).toBeGreaterThan(2);
        });
        if (snapshot) expect(ids(snapshot.items)).toEqual(ids(api.agents));
      }),
      { numRuns: 300 },
    );
  });
});
