import type { Agent, Page, Snapshot } from './agent.ts';
import { isAscending } from './compare.ts';
import { addGaps } from './gaps.ts';

/** Why the pages do not form one snapshot. */
export interface Conflict {
  reason: string;
  /** The agent in conflict, for comparing two conflicts. Messages must not contain it. */
  agentId?: string;
}

/**
 * Puts pages together if they agree. Returns a conflict unless:
 * - each page has the requested number and as many agents as it states,
 * - all pages state the same page count and total,
 * - the number of agents is that total, and no agent is on two pages.
 *
 * An agent on two pages may have moved between two answers. Then another agent is missing, so this
 * is a conflict. If an agent is twice on one page, the API has two records of this agent. Then the
 * record with the latest presence counts.
 *
 * The newest page (by `upTo`) determines the counts, since older pages may be out of date. If
 * several pages are the newest, the one with the highest page count determines them. So pages that
 * disagree are a conflict. Pages beyond that page count are left out. `pages` maps requested page
 * numbers to answers, and must not be empty.
 */
export function assemble(pages: ReadonlyMap<number, Page>): Snapshot | Conflict {
  // A page beyond its own page count is surplus, and its counts may be anything.
  const real = [...pages].filter(([number, page]) => number <= Math.max(1, page.pageCount));
  const newest = (real.length > 0 ? real : [...pages])
    .map(([, page]) => page)
    .reduce((a, b) => ((b.upToMs - a.upToMs || b.pageCount - a.pageCount) > 0 ? b : a));
  const pageCount = Math.max(1, newest.pageCount);
  const present: Page[] = [];
  let takenAtMs = newest.upToMs;
  for (let number = 1; number <= pageCount; number++) {
    const page = pages.get(number);
    const flaw = page ? flawOf(page, number, newest) : `page ${number} of ${pageCount} is missing`;
    if (page === undefined || flaw !== undefined) return { reason: flaw! };
    present.push(page);
    takenAtMs = Math.min(takenAtMs, page.upToMs);
  }
  const agents = ([] as Agent[]).concat(...present.map((page) => page.agents));
  if (agents.length !== newest.totalCount) {
    return {
      reason: `${agents.length} agents on ${pageCount} pages, but totalCount is ${newest.totalCount}`,
    };
  }
  const gaps = addGaps(present.map((page) => page.gaps));
  const snapshot = { agents, duplicates: 0, takenAtMs, pages: pageCount, gaps };
  // The API reference says that agents are sorted by id. If they are, no agent occurs twice, and
  // the map is not needed. Building it takes longer than everything else here.
  if (isAscending(agents)) return snapshot;
  const different = withoutDuplicates(present);
  if ('reason' in different) return different;
  return { ...snapshot, agents: different, duplicates: agents.length - different.length };
}

/** Returns every agent once, or the conflict of an agent on two pages. */
function withoutDuplicates(pages: readonly Page[]): Agent[] | Conflict {
  const found = new Map<string, { agent: Agent; page: number }>();
  for (const { number: page, agents } of pages) {
    for (const agent of agents) {
      const other = found.get(agent.id);
      if (other && other.page !== page) {
        return { reason: `an agent is on page ${other.page} and on page ${page}`, agentId: agent.id };
      }
      const isLater = !other || (agent.presenceSinceMs ?? 0) > (other.agent.presenceSinceMs ?? 0);
      if (isLater) found.set(agent.id, { agent, page });
    }
  }
  return [...found.values()].map(({ agent }) => agent);
}

/** Returns a problem of a page, alone or compared with the newest one. Undefined without one. */
function flawOf(page: Page, number: number, newest: Page): string | undefined {
  if (page.number !== number) return `requested page ${number}, received page ${page.number}`;
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
