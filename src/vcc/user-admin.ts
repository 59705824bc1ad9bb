import { ExporterError } from '../errors.ts';
import { TooLargeError } from '../http/errors.ts';
import type { Fetch, Trip } from '../http/fetch.ts';
import type { Fields } from './answer.ts';
import { createAuthorizedGet } from './authorized.ts';
import { ShapeError } from './errors.ts';
import type { ClientOptions } from './fetch-page.ts';
import { kindOf, parseJson } from './json.ts';
import type { TokenSource } from './token.ts';

/** How to request lists of the User Admin API. More than `maxPages` pages are an error. */
export interface DirectoryOptions extends ClientOptions {
  maxPages: number;
}

/**
 * Fetches the items of all pages of a list, without duplicates. `path` is below `/useradmin/`,
 * `field` is the field of the answer with the items. It ends at page `meta.pageCount`, or after a
 * page without new items. It throws AuthError, HttpStatusError, NetworkError, ShapeError,
 * TooLargeError, or the reason of the deadline's signal. If a page says another number of items in
 * `meta.totalCount`, it throws ExporterError (`snapshot`): a lost page must not lower a count.
 */
export type ListAll = (
  path: string,
  query: Readonly<Record<string, string>>,
  field: string,
  trip: Trip,
) => Promise<Fields[]>;

/**
 * Most users per page. Rosters are read once an hour, so a size that every server accepts is more
 * important than few requests.
 */
const largestPage = 1000;

/** Concurrent requests for the members of groups or skills. */
const membersAtOnce = 4;

/** Creates a client for the User Admin API (scope users:read). */
export function createListAll(fetch: Fetch, tokens: TokenSource, options: DirectoryOptions): ListAll {
  const base = `${options.apiUrl.replace(/\/+$/, '')}/useradmin`;
  const get = createAuthorizedGet(fetch, tokens, {
    accept: 'application/vnd.newvoicemedia.v4+json',
    scope: 'users:read',
    userAgent: options.userAgent,
  });
  const { maxPages, pageSize } = options;

  return async (path, query, field, trip) => {
    const items: Fields[] = [];
    const ids = new Set<unknown>();
    const totals = new Set<number>();
    for (let page = 1; ; page++) {
      const url = new URL(`${base}/${path}`);
      const paging = { page: String(page), limit: String(Math.min(pageSize, largestPage)) };
      url.search = new URLSearchParams({ ...query, ...paging }).toString();
      const { body } = await get(url, trip);
      const where = `useradmin ${field}, page ${page}`;
      const answer = parseJson(body.toString(), where) as Fields;
      const list = answer[field];
      if (!Array.isArray(list)) throw new ShapeError(`${where}: ${field}`, 'an array', kindOf(list));
      const before = items.length;
      for (const item of list as unknown[]) {
        if (typeof item !== 'object' || item === null) {
          throw new ShapeError(`${where}: ${field}[]`, 'an object', kindOf(item));
        }
        const fields = item as Fields;
        const id = fields.userId ?? fields.groupId ?? fields.skillId;
        if (hasId(id) && ids.has(id)) continue;
        ids.add(id);
        items.push(fields);
      }
      const { pageCount, totalCount } = (answer.meta ?? {}) as Fields;
      if (typeof totalCount === 'number') totals.add(totalCount);
      if (items.length === before || (typeof pageCount === 'number' && page >= pageCount)) {
        const other = [...totals].find((total) => total !== items.length);
        if (other === undefined) return items;
        throw new ExporterError(
          'snapshot',
          `useradmin ${field}: expected ${other} (meta.totalCount), received ${items.length} on ${page} pages`,
        );
      }
      if (page >= maxPages) {
        throw new TooLargeError(
          `useradmin ${field}: more than ${maxPages} pages; VCC_MAX_PAGES is ${maxPages}`,
        );
      }
    }
  };
}

/** Calls `load` for each item, a few at the same time. */
export async function forEachOf<T>(items: readonly T[], load: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += membersAtOnce) {
    await Promise.all(items.slice(at, at + membersAtOnce).map(load));
  }
}

/** Converts an id or name to a text. Ids may be numbers. @throws ShapeError */
export function toIdText(value: unknown, where: string): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string' && value !== '') return value;
  throw new ShapeError(`useradmin ${where}`, 'a text or number', kindOf(value));
}

/** Whether a field has an id at all. A user who is no agent has no agentDisplayId. */
export function hasId(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
