import type { Fetch, Trip } from '../http/fetch.ts';
import type { Fields } from './answer.ts';
import type { TokenSource } from './token.ts';
import { createListAll, type DirectoryOptions, forEachOf, hasId, toIdText } from './user-admin.ts';

/** The fields of a user that a roster uses. */
export interface DirectoryUser {
  /**
   * The user's agentDisplayId, which is probably the agentId of agent-status. Undefined when the
   * user is not an agent.
   */
  agentId: string | undefined;
  name: string;
  /** Names of the user's groups. */
  groups: readonly string[];
}

/**
 * Fetches all active users of an account with their groups. Throws as {@link createFetchDirectory}
 * says.
 */
export type FetchDirectory = (trip: Trip) => Promise<DirectoryUser[]>;

/**
 * Creates a client for the users of an account (scope users:read). It uses GET /useradmin/users,
 * /useradmin/groups and /useradmin/groups/{groupId}/users. Two assumptions are not documented:
 * agentDisplayId is the agentId of agent-status, and the users of a group are paged. It throws what
 * {@link createListAll} throws.
 */
export function createFetchDirectory(
  fetch: Fetch,
  tokens: TokenSource,
  options: DirectoryOptions,
): FetchDirectory {
  const list = createListAll(fetch, tokens, options);

  return async (trip) => {
    const users = await list('users', { include: 'Active' }, 'users', trip);
    const groups = await list('groups', {}, 'groups', trip);
    const groupsOf = new Map<string, string[]>();
    await forEachOf(groups, async (group) => {
      const id = toIdText(group.groupId, 'groups[].groupId');
      const name = toIdText(group.groupName, 'groups[].groupName');
      for (const user of await list(`groups/${encodeURIComponent(id)}/users`, {}, 'users', trip)) {
        const userId = toIdText(user.userId, 'users[].userId');
        groupsOf.set(userId, [...(groupsOf.get(userId) ?? []), name]);
      }
    });
    return users.map((user) => ({
      agentId: agentIdOf(user),
      name: typeof user.name === 'string' ? user.name : '',
      groups: groupsOf.get(toIdText(user.userId, 'users[].userId')) ?? [],
    }));
  };
}

function agentIdOf(user: Fields): string | undefined {
  const configuration = user.userAccountConfiguration as Fields | null | undefined;
  const agent = configuration?.agentConfiguration as Fields | null | undefined;
  const id = agent?.agentDisplayId;
  return hasId(id) ? toIdText(id, 'users[].agentDisplayId') : undefined;
}
