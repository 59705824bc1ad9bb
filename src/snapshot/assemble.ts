import type { Agent, Page, Snapshot } from './agent.ts';

/** Why some pages are not one snapshot, and which of them should be read again. */
export interface Conflict {
  reason: string;
  /** Page numbers, ascending. */
  pages: number[];
}

/**
 * Puts pages together if they agree: each is the page asked for and holds as many agents as it says, all tell the
 * same page count and total, and there are exactly that many different agents. The page that was answered last
 * is believed about the counts, since an older one may describe an account that has changed since.
 * Pages beyond the page count are left out. `pages` maps the number asked for to the answer; it holds at least one.
 */
export function assemble(pages: ReadonlyMap<number, Page>): Snapshot | Conflict {
  // A page beyond its own page count is surplus by its own words, and its counts may be anything.
  const real = [...pages].filter(([number, page]) => number <= Math.max(1, page.pageCount));
  const newest = (real.length > 0 ? real : [...pages])
    .map(([, page]) => page)
    .reduce((a, b) => (b.upToMs > a.upToMs ? b : a));
  const pageCount = Math.max(1, newest.pageCount);
  const concerned = new Set<number>();
  let reason = '';
  const blame = (page: number, why: string) => {
    concerned.add(page);
    reason ||= why;
  };

  const present: Page[] = [];
  let takenAtMs = newest.upToMs;
  for (let number = 1; number <= pageCount; number++) {
    const page = pages.get(number);
    const flaw = page ? flawOf(page, number, newest) : `page ${number} of ${pageCount} is missing`;
    if (flaw !== undefined) blame(number, flaw);
    if (!page) continue;
    present.push(page);
    takenAtMs = Math.min(takenAtMs, page.upToMs);
  }
  for (const [page, other] of repeated(pages, pageCount)) {
    blame(page, `an agent is on page ${page} and on page ${other}`);
    concerned.add(other);
  }

  const agents = ([] as Agent[]).concat(...present.map((page) => page.agents));
  if (concerned.size === 0 && agents.length !== newest.totalCount) {
    reason = `${agents.length} agents on ${pageCount} pages, but totalCount is ${newest.totalCount}`;
    for (let number = 1; number <= pageCount; number++) concerned.add(number);
  }
  if (concerned.size > 0) return { reason, pages: [...concerned].sort((a, b) => a - b) };
  return { agents, takenAtMs, pages: pageCount };
}

/** What is wrong with a page by itself or beside the newest one. */
function flawOf(page: Page, number: number, newest: Page): string | undefined {
  if (page.number !== number) return `asked for page ${number}, answered as page ${page.number}`;
  if (page.agents.length !== page.count) {
    return `page ${number} says count ${page.count} but has ${page.agents.length} agents`;
  }
  if (page.pageCount !== newest.pageCount) {
    return `page ${number} says pageCount ${page.pageCount}, page ${newest.number} says ${newest.pageCount}`;
  }
  if (page.totalCount !== newest.totalCount) {
    return `page ${number} says totalCount ${page.totalCount}, page ${newest.number} says ${newest.totalCount}`;
  }
  return undefined;
}

/** Pairs of pages that have an agent in common. */
function repeated(pages: ReadonlyMap<number, Page>, pageCount: number): [number, number][] {
  const pairs: [number, number][] = [];
  const pageOf = new Map<string, number>();
  // The reference says that agents come in the order of their ids. Where that holds none can be there twice, and
  // the map, which takes longer than all the rest, is not needed.
  let ascending = true;
  let last = '';
  for (let number = 1; number <= pageCount && ascending; number++) {
    for (const { id } of pages.get(number)?.agents ?? []) {
      if (id <= last) ascending = false;
      last = id;
    }
  }
  if (ascending) return pairs;
  for (let number = 1; number <= pageCount; number++) {
    for (const { id } of pages.get(number)?.agents ?? []) {
      const other = pageOf.get(id);
      if (other === undefined) pageOf.set(id, number);
      else pairs.push([other, number]);
    }
  }
  return pairs;
}
