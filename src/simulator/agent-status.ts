import type { SimulatedAccount } from './account.ts';
import { type Answer, badPaging, problem, takePage } from './answer.ts';

/** Path of agent-status. */
export const agentStatusPath = '/stats/agent-status';

/** What a page beyond the last gets; the real API's way is not documented. */
export type BeyondLastPage = 'empty' | '404' | '400';

/** Answers for agent-status. */
export function agentStatus(
  account: SimulatedAccount,
  query: URLSearchParams,
  nowMs: number,
  beyondLastPage: BeyondLastPage,
): Answer {
  const page = takePage(account.items(), query, account.shifted.api);
  if (!page) return badPaging;
  const { meta, items } = page;
  if (meta.page > Math.max(1, meta.pageCount) && beyondLastPage !== 'empty') {
    return problem(Number(beyondLastPage), 'Not Found', 'No such page');
  }
  return {
    status: 200,
    body: { meta, items, upTo: new Date(nowMs).toISOString() },
    headers: { 'cache-control': 'max-age=5, must-revalidate, private' },
  };
}
