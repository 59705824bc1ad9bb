import assert from 'node:assert/strict';
import fc from 'fast-check';
import { agentListing, assemble } from '../../../src/snapshot/assemble.ts';
import { toFloor } from '../../../src/snapshot/floor.ts';
import { agentFields, noGaps } from '../../../src/snapshot/gaps.ts';
import type { Page } from '../../../src/snapshot/page.ts';
import { anyAgentsUpTo, pagesOf, takenAtMs } from '../../support/agents.ts';
import { recount, type Series, toSeries } from '../../support/oracle.ts';
import { ageBounds, familiesOf, floorOptions, readingOf } from '../../support/reading.ts';
import { target } from '../target.ts';

/** Real and apparent faults of one page. `by` is the amount, or the item. */
const edit = fc.record({
  page: fc.nat(20),
  how: fc.constantFrom(
    ...(['drop', 'agent gone', 'agent twice', 'agent of another page', 'agents in another order'] as const),
    ...([
      'number',
      'count',
      'pageCount',
      'totalCount',
      'total of all',
      'the last',
      'upTo',
      'surplus',
    ] as const),
  ),
  by: fc.integer({ min: -3, max: 3 }),
});

/** Pages of an account: the counts are those of the pages, or nothing. */
export const snapshot = target(
  'snapshot',
  fc.record({
    agents: anyAgentsUpTo(12),
    size: fc.integer({ min: 1, max: 6 }),
    edits: fc.array(edit, { maxLength: 3 }),
    turn: fc.nat(12),
  }),
  async ({ agents, size, edits, turn }) => {
    const pages = pagesOf(agents, size);
    for (const { page, how, by } of edits) change(pages, 1 + (page % Math.max(1, pages.size)), how, by);
    if (pages.size === 0) return;
    const result = assemble(pages, agentListing);
    const expected = putTogether(pages);
    // The order in which answers arrive must not matter.
    const turned = assemble(new Map(turnedBy([...pages], turn)), agentListing);
    assert.equal('reason' in turned, 'reason' in result, 'the order of the pages matters');
    if ('reason' in result) {
      assert.equal(expected, undefined, `refused: ${result.reason}`);
      return;
    }
    assert(expected, 'took pages that do not add up');
    assert.deepEqual(
      { ...result, items: result.items.map(({ id }) => id) },
      { ...expected, items: expected.items.map(({ id }) => id), gaps: noGaps(agentFields) },
    );

    const { items: counted, takenAtMs: at, duplicates } = result;
    const seriesOf = async (these: typeof counted): Promise<Series> => {
      const floor = toFloor({ ...result, items: these }, floorOptions);
      const all = toSeries(await familiesOf(readingOf(these, { floor, duplicates })));
      return new Map([...all].filter(([name]) => !/^vcc_(up|simulated|scrape_|api_|exporter_)/.test(name)));
    };
    const series = await seriesOf(counted);
    const truth = recount('test', counted, at, ageBounds);
    truth.set('vcc_duplicate_agents{account="test"}', duplicates);
    assertSame(series, truth);
    // The order of agents must not matter either. Checked only sometimes, since it is slow.
    if (turn > 8) assertSame(await seriesOf(turnedBy(counted, turn)), truth);
  },
  { share: 0.1 },
);

/** Equal except for the order of series. */
function assertSame(series: Series, truth: Series): void {
  const inOrder = (all: Series) => Object.fromEntries([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
  assert.deepEqual(inOrder(series), inOrder(truth));
}

const turnedBy = <T>(all: readonly T[], turn: number): T[] => {
  const at = all.length === 0 ? 0 : turn % all.length;
  return [...all.slice(at), ...all.slice(0, at)].reverse();
};

function change(pages: Map<number, Page>, at: number, how: string, by: number): void {
  const page = pages.get(at);
  if (!page) return;
  const { items: agents } = page;
  const set = (more: Partial<Page>) => pages.set(at, { ...page, ...more });
  const index = agents.length === 0 ? 0 : Math.abs(by) % agents.length;
  const chosen = agents[index];
  // The counts change too, or not.
  const withCount = (more: readonly (typeof agents)[number][]) =>
    set({ items: more, ...(by > 0 && { count: more.length }) });
  if (how === 'drop') pages.delete(at);
  else if (how === 'number') set({ number: page.number + by });
  else if (how === 'upTo') set({ upToMs: page.upToMs + by });
  else if (how === 'count' || how === 'pageCount' || how === 'totalCount') {
    set({ [how]: Math.max(0, page[how] + by) });
  } else if (how === 'total of all') {
    for (const [number, each] of pages)
      pages.set(number, { ...each, totalCount: Math.max(0, each.totalCount + by) });
  } else if (how === 'the last') {
    // As if all agents behind it had been deleted before it answered.
    const before = [...pages.values()].filter((each) => each.number < page.number);
    const totalCount = [...before, page].reduce((sum, each) => sum + each.count, 0);
    set({ pageCount: page.number, totalCount });
  } else if (how === 'surplus')
    pages.set(pages.size + 1, { ...page, number: pages.size + 1, upToMs: takenAtMs + by });
  else if (how === 'agents in another order') set({ items: turnedBy(agents, Math.abs(by)) });
  else if (!chosen) return;
  else if (how === 'agent gone') withCount(agents.toSpliced(index, 1));
  else if (how === 'agent twice') {
    withCount([...agents, { ...chosen, presence: 'Away', presenceSinceMs: takenAtMs - 3_000_000 * by }]);
  } else {
    const other = [...pages.values()].find(({ number }) => number !== page.number)?.items[0];
    if (other) withCount([...agents, other]);
  }
}

/**
 * Assembles pages anew, by the text of docs/explain/architecture.md ("Consistency"). Undefined:
 * they conflict.
 */
function putTogether(pages: ReadonlyMap<number, Page>) {
  const real = [...pages].filter(([number, { pageCount }]) => number === 1 || number <= pageCount);
  const candidates = (real.length > 0 ? real : [...pages]).map(([, page]) => page);
  const newestMs = Math.max(...candidates.map(({ upToMs }) => upToMs));
  const newest = candidates.filter(({ upToMs }) => upToMs === newestMs);
  // Of several equally new ones, each must be right.
  const says = new Set(newest.map(({ pageCount, totalCount }) => `${pageCount} ${totalCount}`));
  if (says.size > 1) return undefined;
  const { pageCount, totalCount } = newest[0]!;
  const chosen = Array.from({ length: Math.max(1, pageCount) }, (_, index) => pages.get(index + 1));
  const fits = chosen.every(
    (page, index) =>
      page !== undefined &&
      page.number === index + 1 &&
      page.count === page.items.length &&
      page.pageCount === pageCount &&
      page.totalCount === totalCount,
  );
  if (!fits) return undefined;
  const all = chosen as Page[];
  const records = all.flatMap(({ items: agents, number }) => agents.map((agent) => ({ agent, number })));
  if (records.length !== totalCount) return undefined;
  const ids = [...new Set(records.map(({ agent }) => agent.id))];
  const ofId = (id: string) => records.filter(({ agent }) => agent.id === id);
  if (ids.some((id) => new Set(ofId(id).map(({ number }) => number)).size > 1)) return undefined;
  const agents = ids.map((id) =>
    ofId(id)
      .map(({ agent }) => agent)
      .reduce((a, b) => ((b.presenceSinceMs ?? 0) > (a.presenceSinceMs ?? 0) ? b : a)),
  );
  return {
    items: agents,
    duplicates: records.length - agents.length,
    takenAtMs: Math.min(...all.map(({ upToMs }) => upToMs)),
    pages: Math.max(1, pageCount),
  };
}
