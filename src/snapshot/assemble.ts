import type { Agent } from './agent.ts';
import { isAscending } from './compare.ts';
import { addGaps } from './gaps.ts';
import type { Item, Page, Snapshot } from './page.ts';

/** What the pages list. */
export interface Listing<I extends Item> {
  /** For messages, as in `agents` and `an agent`. */
  plural: string;
  one: string;
  /** Whether the second of two records of one item replaces the first one. */
  replaces(first: I, second: I): boolean;
  /**
   * Whether the list only grows while it is read. Then the same total on all pages means the same
   * list, and an item on two pages is only a repeated record.
   */
  onlyGrows?: true;
}

/**
 * The listing of agent-status. Of two records of one agent, the one with the latest presence
 * counts.
 */
export const agentListing: Listing<Agent> = {
  plural: 'agents',
  one: 'an agent',
  replaces: (first, second) => (second.presenceSinceMs ?? 0) > (first.presenceSinceMs ?? 0),
};

/** Why the pages do not form one snapshot. */
export interface Conflict {
  reason: string;
  /** The id of the item in conflict, for comparing two conflicts. Messages must not contain it. */
  id?: string;
}

/**
 * Puts pages together if they agree. Returns a conflict unless:
 * - each page has the requested number and as many items as it states,
 * - all pages state the same page count and total,
 * - the number of items is that total, and no item is on two pages.
 *
 * An item on two pages may have moved between two answers. Then another item is missing, so this is
 * a conflict, unless the list only grows. If an item is twice on one page, the API has two records
 * of it. The listing says which of them counts.
 *
 * The newest page (by `upTo`) determines the counts, since older pages may be out of date. If
 * several pages are the newest, the one with the highest page count determines them. So pages that
 * disagree are a conflict. Pages beyond that page count are left out. `pages` maps requested page
 * numbers to answers, and must not be empty.
 */
export function assemble<I extends Item, Field extends string>(
  pages: ReadonlyMap<number, Page<I, Field>>,
  listing: Listing<I>,
): Snapshot<I, Field> | Conflict {
  // A page beyond its own page count is surplus, and its counts may be anything.
  const real = [...pages].filter(([number, page]) => number <= Math.max(1, page.pageCount));
  const newest = (real.length > 0 ? real : [...pages])
    .map(([, page]) => page)
    .reduce((a, b) => ((b.upToMs - a.upToMs || b.pageCount - a.pageCount) > 0 ? b : a));
  const pageCount = Math.max(1, newest.pageCount);
  const present: Page<I, Field>[] = [];
  let takenAtMs = newest.upToMs;
  for (let number = 1; number <= pageCount; number++) {
    const page = pages.get(number);
    const flaw = page ? flawOf(page, number, newest, listing) : `page ${number} of ${pageCount} is missing`;
    if (page === undefined || flaw !== undefined) return { reason: flaw! };
    present.push(page);
    takenAtMs = Math.min(takenAtMs, page.upToMs);
  }
  const items = ([] as I[]).concat(...present.map((page) => page.items));
  if (items.length !== newest.totalCount) {
    return {
      reason: `${items.length} ${listing.plural} on ${pageCount} pages, but totalCount is ${newest.totalCount}`,
    };
  }
  const gaps = addGaps(present.map((page) => page.gaps));
  const snapshot = { items, duplicates: 0, takenAtMs, pages: pageCount, gaps };
  // The API reference says that agents are sorted by id. If they are, no agent occurs twice, and
  // the map is not needed. Building it takes longer than everything else here.
  if (isAscending(items)) return snapshot;
  const different = withoutDuplicates(present, listing);
  if ('reason' in different) return different;
  return { ...snapshot, items: different, duplicates: items.length - different.length };
}

/** Returns every item once, or the conflict of an item on two pages. */
function withoutDuplicates<I extends Item>(
  pages: readonly Pick<Page<I, never>, 'number' | 'items'>[],
  { one, replaces, onlyGrows }: Listing<I>,
): I[] | Conflict {
  const found = new Map<string, { item: I; page: number }>();
  for (const { number: page, items } of pages) {
    for (const item of items) {
      const other = found.get(item.id);
      if (other && other.page !== page && !onlyGrows) {
        return { reason: `${one} is on page ${other.page} and on page ${page}`, id: item.id };
      }
      if (!other || replaces(other.item, item)) found.set(item.id, { item, page });
    }
  }
  return [...found.values()].map(({ item }) => item);
}

/** Returns a problem of a page, alone or compared with the newest one. Undefined without one. */
function flawOf<I extends Item, Field extends string>(
  page: Page<I, Field>,
  number: number,
  newest: Page<I, Field>,
  { plural }: Listing<I>,
): string | undefined {
  if (page.number !== number) return `requested page ${number}, received page ${page.number}`;
  if (page.items.length !== page.count) {
    return `page ${number} says count ${page.count} but has ${page.items.length} ${plural}`;
  }
  if (page.pageCount !== newest.pageCount) {
    return `page ${number} says pageCount ${page.pageCount}, page ${newest.number} says ${newest.pageCount}`;
  }
  if (page.totalCount !== newest.totalCount) {
    return `page ${number} says totalCount ${page.totalCount}, page ${newest.number} says ${newest.totalCount}`;
  }
  return undefined;
}
