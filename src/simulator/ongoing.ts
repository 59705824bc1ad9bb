import type { SimulatedAccount } from './account.ts';
import { type Answer, badPaging, takePage } from './answer.ts';
import { toOngoing } from './interactions.ts';
import type { Quirks } from './quirks.ts';

/** The path of the interactions that are going on. */
export const ongoingPath = '/stats/interactions/ongoing';

/**
 * Answers a request for the interactions that are going on, by the time of their start. None
 * without customers.
 */
export function ongoing(
  account: SimulatedAccount,
  query: URLSearchParams,
  nowMs: number,
  { maxPage }: Quirks,
): Answer {
  const all = account.callers?.ongoing() ?? [];
  const page = takePage(all, query, account.shifted.ongoing, maxPage);
  if (!page) return badPaging;
  const { items, meta } = page;
  return { status: 200, body: { items: items.map(toOngoing), meta, upTo: new Date(nowMs).toISOString() } };
}
