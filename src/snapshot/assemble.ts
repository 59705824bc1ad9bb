import type { Agent, Page, Snapshot } from './agent.ts';

/** Why the pages do not form one snapshot, and which of them to read again. */
export interface Conflict {
  reason: string;
  /** Page numbers, ascending. */
  pages: number[];
}

/**
 * Puts pages together if they agree. Returns a conflict unless:
 * - each page has the requested number and as many agents as it states,
 * - all pages state the same page count and total,
 * - there are exactly that many different agents.
 *
 * The newest page (by `upTo`) determines the counts, since older ones may be out of date. Pages beyond its page count
 * are left out. `pages` maps requested page numbers to answers, and must not be empty.
 */
export function assemble(pages: ReadonlyMap<number, Page>): Snapshot | Conflict {
  // A page beyond its own page count is surplus, and its counts may be anything.
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

/** Returns what is wrong with a page, alone or compared with the newest one. Undefined when nothing is. */
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

/** Returns pairs of pages that have an agent in common. Both are the same page if it lists an agent twice. */
function repeated(pages: ReadonlyMap<number, Page>, pageCount: number): [number, number][] {
  const pairs: [number, number][] = [];
  const pageOf = new Map<string, number>();
  // The API reference says that agents are sorted by id. If they are, there is no duplicate, and the map is not needed.
  // Building it takes longer than everything else here.
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
