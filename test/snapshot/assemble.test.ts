import { describe, expect, test } from '@jest/globals';
import type { Agent } from '../../src/snapshot/agent.ts';
import { agentListing, assemble, type Conflict } from '../../src/snapshot/assemble.ts';
import { compare, isAscending } from '../../src/snapshot/compare.ts';
import { agentFields, noGaps } from '../../src/snapshot/gaps.ts';
import type { Page, Snapshot } from '../../src/snapshot/page.ts';
import { agent, pagesOf, snapshotOf, takenAtMs } from '../support/agents.ts';

const agents = Array.from({ length: 10 }, (_, index) => agent(`a${index}`));

/** Pages of four, changed. */
function pages(change: (pages: Map<number, Page>) => void = () => {}): Map<number, Page> {
  const all = pagesOf(agents, 4);
  change(all);
  return all;
}

const set = (all: Map<number, Page>, number: number, more: Partial<Page>) =>
  all.set(number, { ...all.get(number)!, ...more });

describe('assemble', () => {
  test('joins pages that agree', () => {
    expect(assemble(pages(), agentListing)).toEqual(snapshotOf(agents, { pages: 3 }));
  });

  test('uses the earliest upTo', () => {
    const all = pages((each) => set(each, 2, { upToMs: takenAtMs - 700 }));
    expect(assemble(all, agentListing)).toMatchObject({ takenAtMs: takenAtMs - 700 });
  });

  test('leaves out pages beyond the page count', () => {
    const surplus: Page = {
      number: 4,
      count: 0,
      pageCount: 3,
      totalCount: 10,
      upToMs: takenAtMs - 9,
      items: [],
      gaps: noGaps(agentFields),
    };
    expect(
      assemble(
        pages((each) => each.set(4, surplus)),
        agentListing,
      ),
    ).toEqual(snapshotOf(agents, { pages: 3 }));
  });

  test('ignores the counts of a page beyond its own page count, even if it is the newest', () => {
    const surplus: Page = {
      number: 4,
      count: 0,
      pageCount: 0,
      totalCount: 0,
      upToMs: takenAtMs + 9,
      items: [],
      gaps: noGaps(agentFields),
    };
    const all = new Map([[4, surplus], ...pages()]);
    expect(assemble(all, agentListing)).toEqual(snapshotOf(agents, { pages: 3 }));
  });

  test('rejects pages of the same time if one says that there are no others, in any order', () => {
    const all = pages((each) => set(each, 1, { pageCount: 1, totalCount: 4 }));
    for (const given of [all, new Map([...all].reverse())]) {
      expect(assemble(given, agentListing)).toEqual({
        reason: expect.stringMatching(/^page 1 says pageCount 1, page \d says 3$/),
      });
    }
  });

  test.each([0, 1])('accepts an empty account with pageCount %i', (pageCount) => {
    const empty: Page = {
      number: 1,
      count: 0,
      pageCount,
      totalCount: 0,
      upToMs: takenAtMs,
      items: [],
      gaps: noGaps(agentFields),
    };
    expect(assemble(new Map([[1, empty]]), agentListing)).toEqual(snapshotOf([]));
  });

  const newer = { upToMs: takenAtMs + 1 };
  test.each<[string, (all: Map<number, Page>) => unknown, string]>([
    ['a missing page', (all) => all.delete(2), 'page 2 of 3 is missing'],
    ['another page than asked for', (all) => set(all, 2, { number: 1 }), 'requested page 2, received page 1'],
    [
      'fewer agents than counted',
      (all) => set(all, 3, { items: [] }),
      'page 3 says count 2 but has 0 agents',
    ],
    [
      'an agent on two pages',
      (all) => set(all, 3, { items: [agents[0]!, agents[9]!] }),
      'an agent is on page 1 and on page 3',
    ],
    [
      'another total on the newest page',
      (all) => set(all, 3, { ...newer, totalCount: 11 }),
      'page 1 says totalCount 10, page 3 says 11',
    ],
    [
      'another total on a page that is as new as the first',
      (all) => set(all, 3, { totalCount: 11 }),
      'page 3 says totalCount 11, page 1 says 10',
    ],
    [
      'nothing but a page beyond its own page count',
      (all) => {
        for (const number of [1, 2]) all.delete(number);
        set(all, 3, { pageCount: 2 });
      },
      'page 1 of 2 is missing',
    ],
    [
      'another page count on the newest page',
      (all) => set(all, 1, { ...newer, pageCount: 4 }),
      'page 2 says pageCount 3, page 1 says 4',
    ],
    [
      'a total that nothing explains',
      (all) => {
        for (const number of [1, 2, 3]) set(all, number, { totalCount: 11 });
      },
      '10 agents on 3 pages, but totalCount is 11',
    ],
  ])('finds %s', (_, change, reason) => {
    const all = pages((each) => void change(each));
    expect(assemble(all, agentListing)).toMatchObject({ reason });
  });

  describe('an agent who is twice on a page', () => {
    const [first, second, , fourth] = agents as [Agent, Agent, Agent, Agent];
    const twice = (since: number, count = 10) =>
      pages((all) => {
        set(all, 1, {
          items: [first, second, { ...first, presence: 'Away', presenceSinceMs: since }, fourth],
        });
        for (const number of [1, 2, 3]) set(all, number, { totalCount: count });
      });

    test.each([
      ['the first', -1, first.presence],
      ['the first', 0, first.presence],
      ['the second', 1, 'Away'],
    ])('counts once, by %s record, which has the latest presence', (_, laterMs, presence) => {
      const snapshot = assemble(twice(first.presenceSinceMs! + laterMs), agentListing) as Snapshot;
      expect(snapshot).toMatchObject({ duplicates: 1, pages: 3 });
      expect(snapshot.items).toHaveLength(9);
      expect(snapshot.items.find(({ id }) => id === first.id)).toMatchObject({ presence });
    });

    test('is a conflict when the totals do not add up with both records', () => {
      expect(assemble(twice(1, 9), agentListing)).toEqual({
        reason: '10 agents on 3 pages, but totalCount is 9',
      });
    });
  });

  test('adds up numbers that the pages do not give', () => {
    const gaps = {
      ...noGaps(agentFields),
      flawed: 1,
      first: { path: 'page 2: x', expected: 'a', received: 'b' },
    };
    const all = pages((each) => {
      set(each, 2, { gaps: { ...gaps, absent: { ...gaps.absent, state: 2 } } });
      set(each, 3, { gaps: { ...gaps, invalid: { ...gaps.invalid, calls: 3 }, first: undefined } });
    });
    expect((assemble(all, agentListing) as Snapshot).gaps).toEqual({
      absent: { ...gaps.absent, state: 2 },
      invalid: { ...gaps.invalid, calls: 3 },
      flawed: 2,
      first: gaps.first,
    });
  });

  test('names no agent', () => {
    const twice = pages((all) => set(all, 3, { items: [agents[0]!, agents[9]!] }));
    expect((assemble(twice, agentListing) as Conflict).reason).toBe('an agent is on page 1 and on page 3');
  });
});

test.each([
  ['a', 'a', 0],
  ['a', 'b', -1],
  ['b', 'a', 1],
  ['', 'a', -1],
  // The order of UTF-16, unlike that of most languages.
  ['B', 'a', -1],
  ['z', 'ä', -1],
  ['10', '9', -1],
])('%j compared with %j is %d', (a, b, expected) => {
  expect(compare(a, b)).toBe(expected);
});

test.each([
  [[], true],
  [['a'], true],
  [['a', 'b', 'c'], true],
  [['b', 'a'], false],
  [['a', 'b', 'b'], false],
  [['a', 'c', 'b'], false],
])('%j are ascending: %p', (ids, expected) => {
  expect(isAscending(ids.map((id) => ({ id })))).toBe(expected);
});
