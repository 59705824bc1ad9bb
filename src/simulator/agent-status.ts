import type { SimulatedAccount } from './account.ts';
import { type Answer, badPaging, takePage } from './answer.ts';

/** Path of agent-status. */
export const agentStatusPath = '/stats/agent-status';

/** Answers for agent-status. A page beyond the last is empty: what the real API does is not documented. */
export function agentStatus(account: SimulatedAccount, query: URLSearchParams, nowMs: number): Answer {
  if (account.answerPage) return account.answerPage(query, nowMs);
  const page = takePage(account.items(), query, account.shifted.api);
  if (!page) return badPaging;
  const { meta, items } = page;
  return {
    status: 200,
    body: { meta, items, upTo: new Date(nowMs).toISOString() },
    headers: { 'cache-control': 'max-age=5, must-revalidate, private' },
  };
}
