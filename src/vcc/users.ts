import { TooLargeError } from '../http/errors.ts';
import type { Fetch, Trip } from '../http/fetch.ts';
import { type AuthorizedGet, createAuthorizedGet } from './authorized.ts';
import { ShapeError } from './errors.ts';
import type { ClientOptions } from './fetch-page.ts';
import { kindOf, parseJson } from './json.ts';
import type { TokenSource } from './token.ts';

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

/** How to request the users. More than `maxPages` pages are an error. */
export interface DirectoryOptions extends ClientOptions {
  maxPages: number;
}

/**
 * Most users per page. Rosters are read once an hour, so a size that every server accepts is more
 * important than few requests.
 */
const largestPage = 1000;

/** Concurrent requests for the users of groups. */
const groupsAtOnce = 4;

/**
 * Creates a client for the User Admin API (scope users:read). It uses GET /useradmin/users,
 * /useradmin/groups and /useradmin/groups/{groupId}/users. Two assumptions are not documented:
 * agentDisplayId is the agentId of agent-status, and the users of a group are paged. It throws
 * AuthError, HttpStatusError, NetworkError, ShapeError, TooLargeError, or the reason of the
 * deadline's signal.
 */
export function createFetchDirectory(
  fetch: Fetch,
  tokens: TokenSource,
  options: DirectoryOptions,
): FetchDirectory {
  const base = `${options.apiUrl.replace(/\/+$/, '')}/useradmin`;
  const get: AuthorizedGet = createAuthorizedGet(fetch, tokens, {
    accept: 'application/vnd.newvoicemedia.v4+json',
    scope: 'users:read',
    userAgent: options.userAgent,
  });

  return async (trip) => {
    const users = await list('users', 'include=Active&', 'users', trip);
    const groups = await list('groups', '', 'groups', trip);
    const groupsOf = new Map<string, string[]>();
    const load = async (group: Fields) => {
      const id = toText(group.groupId, 'groups[].groupId');
      const name = toText(group.groupName, 'groups[].groupName');
      for (const user of await list(`groups/${encodeURIComponent(id)}/users`, '', 'users', trip)) {
        const userId = toText(user.userId, 'users[].userId');
        groupsOf.set(userId, [...(groupsOf.get(userId) ?? []), name]);
      }
    };
    for (let at = 0; at < groups.length; at += groupsAtOnce) {
      await Promise.all(groups.slice(at, at + groupsAtOnce).map(load));
    }
    return users.map((user) => ({
      agentId: agentIdOf(user),
      name: typeof user.name === 'string' ? user.name : '',
      groups: groupsOf.get(toText(user.userId, 'users[].userId')) ?? [],
    }));
  };

  /**
   * Fetches the items of all pages, without duplicates. It ends at page `meta.pageCount`, or after
   * a page without new items.
   */
  async function list(path: string, query: string, field: string, trip: Trip): Promise<Fields[]> {
    const { maxPages, pageSize } = options;
    const items: Fields[] = [];
    const seen = new Set<unknown>();
    for (let page = 1; ; page++) {
      const url = new URL(`${base}/${path}?${query}page=${page}&limit=${Math.min(pageSize, largestPage)}`);
      const { body } = await get(url, trip);
      const where = `useradmin ${field}, page ${page}`;
      const answer = parseJson(body.toString(), where) as Fields;
      const list = answer[field];
      if (!Array.isArray(list)) throw new ShapeError(`${where}: ${field}`, 'an array', kindOf(list));
      const before = seen.size;
      for (const item of list as unknown[]) {
        if (typeof item !== 'object' || item === null) {
          throw new ShapeError(`${where}: ${field}[]`, 'an object', kindOf(item));
        }
        const fields = item as Fields;
        const id = fields.userId ?? fields.groupId;
        if (seen.has(id)) continue;
        seen.add(id);
        items.push(fields);
      }
      const { pageCount } = (answer.meta ?? {}) as Fields;
      if (seen.size === before || (typeof pageCount === 'number' && page >= pageCount)) return items;
      if (page >= maxPages) {
        throw new TooLargeError(
          `useradmin ${field}: more than ${maxPages} pages; VCC_MAX_PAGES is ${maxPages}`,
        );
      }
    }
  }
}

type Fields = Record<string, unknown>;

function agentIdOf(user: Fields): string | undefined {
  const configuration = user.userAccountConfiguration as Fields | null | undefined;
  const agent = configuration?.agentConfiguration as Fields | null | undefined;
  const id = agent?.agentDisplayId;
  return id === undefined || id === null || id === '' ? undefined : toText(id, 'users[].agentDisplayId');
}

/** Ids may be numbers. @throws ShapeError */
function toText(value: unknown, where: string): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string' && value !== '') return value;
  throw new ShapeError(`useradmin ${where}`, 'a text or number', kindOf(value));
}
