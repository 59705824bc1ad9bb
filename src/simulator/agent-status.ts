import type { SimulatedAccount } from './account.ts';
import type { AgentStatus } from './agent.ts';
import { type Answer, badPaging, takePage } from './answer.ts';
import type { Quirks } from './quirks.ts';

/** The path of agent-status. */
export const agentStatusPath = '/stats/agent-status';

/**
 * Answers a request for agent-status. A page after the last one is empty. The API reference does
 * not say how the real API answers this request.
 */
export function agentStatus(
  account: SimulatedAccount,
  query: URLSearchParams,
  nowMs: number,
  { order, maxPage }: Quirks,
): Answer {
  if (account.answerPage) return account.answerPage(query, nowMs);
  const since = ({ presence }: AgentStatus) => Date.parse(presence.since);
  const items = order ? account.items().toSorted((a, b) => since(a) - since(b)) : account.items();
  const page = takePage(items, query, account.shifted.api, maxPage);
  if (!page) return badPaging;
  return {
    status: 200,
    body: { ...page, upTo: new Date(nowMs).toISOString() },
    headers: { 'cache-control': 'max-age=5, must-revalidate, private' },
  };
}
