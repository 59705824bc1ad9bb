import type { Agent, Page, Snapshot } from './agent.ts';
import { addGaps } from './gaps.ts';

/** Why the pages do not form one snapshot. */
export interface Conflict {
  reason: string;
  /**
   * Which agents occur twice, and where. Undefined when that is not the only flaw. It contains ids, so it must not be in
   * messages.
   */
  twice: string | undefined;
}

/**
 * Puts pages together if they agree. Returns a conflict unless:
 * - each page has the requested number and as many agents as it states,
 * - all pages state the same page count and total,
 * - there are exactly that many agents, all different.
 *
 * An agent may have moved to another page between two answers: it then occurs twice, and another one is missing. Only if
 * the same agents occurred twice at the same places in two readings before (`confirmed`: `twice` of their conflicts), the
 * API does return them twice. Of the records of an agent, the one with the latest presence counts.
 *
 * The newest page (by `upTo`) determines the counts, since older ones may be out of date. Pages beyond its page count
 * are left out. `pages` maps requested page numbers to answers, and must not be empty.
 */
export function assemble(pages: ReadonlyMap<number, Page>, confirmed?: string): Snapshot | Conflict {
  // A page beyond its own page count is surplus, and its counts may be anything.
  const real = [...pages].filter(([number, page]) => number <= Math.max(1, page.pageCount));
  const newest = (real.length > 0 ? real : [...pages])
    .map(([, page]) => page)
    .reduce((a, b) => (b.upToMs > a.upToMs ? b : a));
  const pageCount = Math.max(1, newest.pageCount);
  const present: Page[] = [];
  let takenAtMs = newest.upToMs;
  for (let number = 1; number <= pageCount; number++) {
    const page = pages.get(number);
    const flaw = page ? flawOf(page, number, newest) : `page ${number} of ${pageCount} is missing`;
    if (page === undefined || flaw !== undefined) return { reason: flaw!, twice: undefined };
    present.push(page);
    takenAtMs = Math.min(takenAtMs, page.upToMs);
  }
  const agents = ([] as Agent[]).concat(...present.map((page) => page.agents));
  if (agents.length !== newest.totalCount) {
    const reason = `${agents.length} agents on ${pageCount} pages, but totalCount is ${newest.totalCount}`;
    return { reason, twice: undefined };
  }
  const gaps = addGaps(present.map((page) => page.gaps));
  const snapshot = { agents, duplicates: 0, takenAtMs, pages: pageCount, gaps };
  // The API reference says that agents are sorted by id. If they are, none occurs twice, and the map is not needed.
  // Building it takes longer than everything else here.
  if (isAscending(agents)) return snapshot;
  const found = findTwice(present);
  if (found.places.length === 0) return snapshot;
  const twice = JSON.stringify(found.places);
  if (twice !== confirmed) return { reason: found.reason, twice };
  return { ...snapshot, agents: found.agents, duplicates: agents.length - found.agents.length };
}

function isAscending(agents: readonly Agent[]): boolean {
  let last = '';
  for (const { id } of agents) {
    if (id <= last) return false;
    last = id;
  }
  return true;
}

/** An agent, and where it was last found. */
interface Found {
  agent: Agent;
  page: number;
  at: number;
}

/** Returns the agents without duplicates, the places of duplicates, and what is wrong with the first of them. */
function findTwice(pages: readonly Page[]) {
  const byId = new Map<string, Found>();
  const places: [id: string, page: number, at: number, otherPage: number, otherAt: number][] = [];
  let reason = '';
  for (const { number: page, agents } of pages) {
    for (const [at, agent] of agents.entries()) {
      const other = byId.get(agent.id);
      if (other) {
        places.push([agent.id, other.page, other.at, page, at]);
        reason ||= `an agent is on page ${other.page} and on page ${page}`;
      }
      const isLater = !other || (agent.presenceSinceMs ?? 0) > (other.agent.presenceSinceMs ?? 0);
      byId.set(agent.id, { agent: isLater ? agent : other.agent, page, at });
    }
  }
  return { agents: [...byId.values()].map(({ agent }) => agent), places, reason };
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
