import type { Deadline } from '../deadline.ts';
import { type Fetch, newTraffic } from '../http/fetch.ts';
import type { Clocks } from '../timing.ts';
import { createTokenSource, type TokenOptions } from '../vcc/token.ts';
import type { DirectoryOptions } from '../vcc/user-admin.ts';
import { createFetchDirectory, type DirectoryUser } from '../vcc/users.ts';
import { RosterError } from './errors.ts';
import type { FetchedRoster, FetchRoster } from './roster.ts';

/**
 * Creates a fetch of the roster from VCC's User Admin API. The credentials require the scope
 * users:read. It throws RosterError when no user is an agent, and what {@link createFetchDirectory}
 * throws.
 */
export function createFetchRosterByApi(
  fetch: Fetch,
  token: Omit<TokenOptions, 'scope'>,
  api: DirectoryOptions,
  clocks: Clocks,
  until: Deadline,
): FetchRoster {
  const fetchDirectory = createFetchDirectory(
    fetch,
    createTokenSource(fetch, { ...token, scope: 'users:read' }, clocks, until),
    api,
  );
  return async (deadline) => toRoster(await fetchDirectory({ deadline, traffic: newTraffic() }));
}

/** Returns the columns `name` and `team`. The team of an agent is its first group by name. */
function toRoster(users: readonly DirectoryUser[]): FetchedRoster {
  const agents = new Map<string, Record<string, string>>();
  let inSeveralTeams = 0;
  for (const { agentId, name, groups } of users) {
    if (agentId === undefined) continue;
    if (groups.length > 1) inSeveralTeams++;
    agents.set(agentId, { name, team: [...groups].sort()[0] ?? '' });
  }
  if (agents.size === 0) throw new RosterError('the users API has no agents');
  return { columns: new Set(['name', 'team']), agents, inSeveralTeams };
}
