import { describe, expect, test } from '@jest/globals';
import type { Page } from '../../src/snapshot/agent.ts';
import { assemble } from '../../src/snapshot/assemble.ts';
import { agent, pagesOf, takenAtMs } from '../support/agents.ts';

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
  test('puts pages together that agree', () => {
    expect(assemble(pages())).toEqual({ agents, takenAtMs, pages: 3 });
  });

  test('takes the earliest upTo', () => {
    const all = pages((each) => set(each, 2, { upToMs: takenAtMs - 700 }));
    expect(assemble(all)).toMatchObject({ takenAtMs: takenAtMs - 700 });
  });

  test('leaves out pages beyond the page count', () => {
    const surplus: Page = {
      number: 4,
      count: 0,
      pageCount: 3,
      totalCount: 10,
      upToMs: takenAtMs - 9,
      agents: [],
    };
    expect(assemble(pages((each) => each.set(4, surplus)))).toEqual({ agents, takenAtMs, pages: 3 });
  });

  test('does not believe the counts of a page beyond its own page count, even if it is the newest', () => {
    const surplus: Page = {
      number: 4,
      count: 0,
      pageCount: 0,
      totalCount: 0,
      upToMs: takenAtMs + 9,
      agents: [],
    };
    const all = new Map([[4, surplus], ...pages()]);
    expect(assemble(all)).toEqual({ agents, takenAtMs, pages: 3 });
  });

  test.each([0, 1])('takes an empty account with pageCount %i', (pageCount) => {
    const empty: Page = { number: 1, count: 0, pageCount, totalCount: 0, upToMs: takenAtMs, agents: [] };
    expect(assemble(new Map([[1, empty]]))).toEqual({ agents: [], takenAtMs, pages: 1 });
  });

  const newer = { upToMs: takenAtMs + 1 };
  test.each<[string, (all: Map<number, Page>) => unknown, string, number[]]>([
    ['a missing page', (all) => all.delete(2), 'page 2 of 3 is missing', [2]],
    [
      'another page than asked for',
      (all) => set(all, 2, { number: 1 }),
      'asked for page 2, answered as page 1',
      [2],
    ],
    [
      'fewer agents than counted',
      (all) => set(all, 3, { agents: [] }),
      'page 3 says count 2 but has 0 agents',
      [3],
    ],
    [
      'an agent on two pages',
      (all) => set(all, 3, { agents: [agents[0]!, agents[9]!] }),
      'an agent is on page 1 and on page 3',
      [1, 3],
    ],
    [
      'an agent twice on one page',
      (all) => set(all, 3, { agents: [agents[9]!, agents[9]!] }),
      'an agent is on page 3 and on page 3',
      [3],
    ],
    [
      'another total on the newest page',
      (all) => set(all, 3, { ...newer, totalCount: 11 }),
      'page 1 says totalCount 10, page 3 says 11',
      [1, 2],
    ],
    [
      'another page count on the newest page',
      (all) => set(all, 1, { ...newer, pageCount: 4 }),
      'page 2 says pageCount 3, page 1 says 4',
      [2, 3, 4],
    ],
    [
      'a total that nothing explains',
      (all) => {
        for (const number of [1, 2, 3]) set(all, number, { totalCount: 11 });
      },
      '10 agents on 3 pages, but totalCount is 11',
      [1, 2, 3],
    ],
  ])('finds %s', (_, change, reason, concerned) => {
    const all = pages((each) => void change(each));
    expect(assemble(all)).toEqual({ reason, pages: concerned });
  });

  test('says nothing of who the agents are', () => {
    const twice = pages((all) => set(all, 3, { agents: [agents[0]!, agents[9]!] }));
    expect(JSON.stringify(assemble(twice))).not.toMatch(/a\d"/);
  });
});
