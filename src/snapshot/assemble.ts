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
  const newest = [...pages.values()].reduce((a, b) => (b.upToMs > a.upToMs ? b : a));
  const pageCount = Math.max(1, newest.pageCount);
  const concerned = new Set<number>();
  let reason = '';
  const blame = (page: number, why: string) => {
    concerned.add(page);
    reason ||= why;
  };

  const agents: Agent[] = [];
  const pageOf = new Map<string, number>();
  let takenAtMs = newest.upToMs;
  for (let number = 1; number <= pageCount; number++) {
    const page = pages.get(number);
    const flaw = page ? flawOf(page, number, newest) : `page ${number} of ${pageCount} is missing`;
    if (flaw !== undefined) blame(number, flaw);
    if (!page) continue;
    takenAtMs = Math.min(takenAtMs, page.upToMs);
    for (const agent of page.agents) {
      const other = pageOf.get(agent.id);
      if (other === undefined) {
        pageOf.set(agent.id, number);
        agents.push(agent);
      } else {
        blame(other, `an agent is on page ${other} and on page ${number}`);
        concerned.add(number);
      }
    }
  }

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
