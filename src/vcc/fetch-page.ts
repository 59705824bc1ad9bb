import { DeadlineError } from '../deadline.ts';
import { HttpStatusError, NetworkError } from '../http/errors.ts';
import type { Fetch, Trip } from '../http/fetch.ts';
import type { Agent } from '../snapshot/agent.ts';
import type { AgentField } from '../snapshot/gaps.ts';
import type { Item, Page } from '../snapshot/page.ts';
import { type Clocks, stopwatch } from '../timing.ts';
import { createAuthorizedGet, type RequestOptions } from './authorized.ts';
import type { TokenSource } from './token.ts';

/** Fetches one page of a list: agents by default. Throws as {@link createFetchPage} says. */
export type FetchPage<I extends Item = Agent, Field extends string = AgentField> = (
  page: number,
  trip: Trip,
) => Promise<Page<I, Field>>;

/** An endpoint of the Stats API that lists items in pages. */
export interface Endpoint<I extends Item, Field extends string> {
  /** Below the base address of the API, as in `/stats/agent-status`. */
  path: string;
  /** Returns parameters besides `page` and `limit`. */
  query?(): Readonly<Record<string, string>>;
  /**
   * Whether these parameters are the reason of a refusal, so that the page size and the token are
   * not.
   */
  isWrong?(trip: Trip): boolean;
  /** @throws ShapeError with the page and the path */
  parse(body: string, page: number): Page<I, Field>;
}

/** How to request the pages of an account. */
export interface ClientOptions {
  apiUrl: string;
  /** Requested items per page. The API may return fewer, or refuse the size. */
  pageSize: number;
  userAgent: string;
  /** As in {@link RequestOptions}. */
  doubtsToken?: RequestOptions['doubtsToken'];
}

/** Sizes to try if the server refuses the requested one. `undefined`: the server chooses. */
const smallerSizes = [1000, undefined];

/** How long a smaller size is used before the requested one is tried again. */
const smallerForMs = 3_600_000;

/**
 * Creates a client for an endpoint of the Stats API. It adapts the page size to the server:
 * - If the server refuses the size for page 1 twice, the client tries smaller sizes.
 * - If page 1 takes too long, the next call for page 1 tries a smaller size.
 * - A smaller size that works is used for an hour. Then the requested size is tried again.
 *
 * `onPageSize` is called when the size in use changes. The client throws AuthError,
 * HttpStatusError, NetworkError, ShapeError, TooLargeError, or the reason of the deadline's signal.
 */
export function createFetchPage<I extends Item, Field extends string>(
  fetch: Fetch,
  tokens: TokenSource,
  { path, query, isWrong, parse }: Endpoint<I, Field>,
  options: ClientOptions,
  clocks: Clocks,
  onPageSize: (size: number | undefined) => void = () => {},
): FetchPage<I, Field> {
  const base = `${options.apiUrl.replace(/\/+$/, '')}${path}`;
  const get = createAuthorizedGet(fetch, tokens, {
    accept: 'application/vnd.newvoicemedia.v3+json',
    scope: 'stats',
    userAgent: options.userAgent,
    doubtsToken: options.doubtsToken,
  });
  const sizes = [options.pageSize, ...smallerSizes.filter((size) => (size ?? 0) < options.pageSize)];
  let chosen = 0;
  let proven = 0;
  let chosenAgoMs = stopwatch(clocks);

  function choose(index: number): void {
    if (index === chosen) return;
    chosen = index;
    chosenAgoMs = stopwatch(clocks);
  }

  async function fetchPage(page: number, size: number | undefined, trip: Trip): Promise<Page<I, Field>> {
    const url = new URL(base);
    const limit = size === undefined ? {} : { limit: String(size) };
    url.search = new URLSearchParams({ page: String(page), ...limit, ...query?.() }).toString();
    const response = await get(url, trip);
    return parse(response.body.toString(), page);
  }

  async function fetchFirst(trip: Trip): Promise<Page<I, Field>> {
    let refusal: unknown;
    const { requests } = trip.traffic;
    // Try the first size twice: the refusal may be temporary, or its reason may have been a token
    // that is replaced by then.
    for (const index of [chosen, ...[...sizes.keys()].slice(chosen)]) {
      try {
        const first = await fetchPage(1, sizes[index], trip);
        choose(index);
        if (index !== proven) onPageSize(sizes[index]);
        proven = index;
        return first;
      } catch (error) {
        // If all sizes are refused, the size was not the reason. The first answer is then the best
        // message.
        refusal ??= error;
        // A request that was never sent, since it waited for others, does not show a slow server.
        if (isTooSlow(error) && trip.traffic.requests > requests) choose((chosen + 1) % sizes.length);
        if (!isRefusedSize(error) || isWrong?.(trip)) throw error;
      }
    }
    throw refusal;
  }

  return (page, trip) => {
    if (page !== 1) return fetchPage(page, sizes[chosen], trip);
    if (chosenAgoMs() >= smallerForMs) choose(0);
    return fetchFirst(trip);
  };
}

/** Whether the page size may be the reason. The API answers 400 to a size out of range. */
function isRefusedSize(error: unknown): boolean {
  return error instanceof HttpStatusError && [400, 413, 422].includes(error.status);
}

function isTooSlow(error: unknown): boolean {
  return error instanceof DeadlineError || (error instanceof NetworkError && error.timedOut);
}
