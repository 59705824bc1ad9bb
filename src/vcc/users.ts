import { TooLargeError } from '../http/errors.ts';
import type { Fetch, Trip } from '../http/fetch.ts';
import type { ClientOptions } from './agent-status.ts';
import { type AuthorizedGet, createAuthorizedGet } from './authorized.ts';
import { ShapeError } from './errors.ts';
import { kindOf, parseJson } from './json.ts';
import type { TokenSource } from './token.ts';

/** A user of an account, as far as a roster needs it. */
export interface DirectoryUser {
  /** agent-status' agentId, which agentDisplayId is taken for; undefined: not an agent. */
  agentId: string | undefined;
  name: string;
  /** Names of the groups that the user is in. */
  groups: readonly string[];
}

/** Fetches all active users of an account, with their groups. */
export type FetchDirectory = (trip: Trip) => Promise<DirectoryUser[]>;

/** How to ask: pages of `pageSize`, at most `maxPages` of them. */
export interface DirectoryOptions extends ClientOptions {
  maxPages: number;
}

/** Groups whose users are asked for at once. */
const groupsAtOnce = 4;

/**
 * A client for the User Admin API (scope users:read): GET /useradmin/users, /useradmin/groups and
 * /useradmin/groups/{groupId}/users. That agentDisplayId is agent-status' agentId, and that a group's users come in pages,
 * is not documented.
 * @throws AuthError, HttpStatusError, NetworkError, ShapeError, TooLargeError, or the reason of the deadline's signal
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

  /** All items of all pages. Where `meta` does not tell how many there are, a page that brings nothing new is the end. */
  async function list(path: string, query: string, field: string, trip: Trip): Promise<Fields[]> {
    const { maxPages, pageSize } = options;
    const items: Fields[] = [];
    const seen = new Set<unknown>();
    for (let page = 1; ; page++) {
      const url = new URL(`${base}/${path}?${query}page=${page}&limit=${pageSize}`);
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
      if (page > maxPages) {
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
