import { DeadlineError } from '../deadline.ts';
import { HttpStatusError, NetworkError } from '../http/errors.ts';
import type { Fetch, Trip } from '../http/fetch.ts';
import type { Agent, Interaction, Page } from '../snapshot/agent.ts';
import { type Clocks, stopwatch } from '../timing.ts';
import { createAuthorizedGet } from './authorized.ts';
import { ShapeError } from './errors.ts';
import { kindOf, parseJson } from './json.ts';
import { parseTimestamp } from './timestamp.ts';
import type { TokenSource } from './token.ts';

/** Fetches one page of the agents' current status. Throws as {@link createFetchPage} says. */
export type FetchPage = (page: number, trip: Trip) => Promise<Page>;

/** How to request the pages of an account. */
export interface ClientOptions {
  apiUrl: string;
  /** Requested items per page. The API may return fewer, or refuse it. */
  pageSize: number;
  userAgent: string;
}

/** Smaller sizes, for a server that refuses the requested one. `undefined` leaves the choice to the server. */
const smallerSizes = [1000, undefined];

/** How long a smaller size is used before the requested one is tried again. */
const smallerForMs = 3_600_000;

/**
 * Creates a client for GET /stats/agent-status. If the server refuses the page size for page 1 twice, the client tries
 * smaller ones. If page 1 takes too long, the next call for it tries a smaller one. A smaller size that works is used for an
 * hour, and `onPageSize` is told. The client throws AuthError, HttpStatusError, NetworkError, ShapeError, TooLargeError,
 * or the reason of the deadline's signal.
 */
export function createFetchPage(
  fetch: Fetch,
  tokens: TokenSource,
  options: ClientOptions,
  clocks: Clocks,
  onPageSize: (size: number | undefined) => void = () => {},
): FetchPage {
  const base = `${options.apiUrl.replace(/\/+$/, '')}/stats/agent-status`;
  const get = createAuthorizedGet(fetch, tokens, {
    accept: 'application/vnd.newvoicemedia.v3+json',
    scope: 'stats',
    userAgent: options.userAgent,
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

  async function fetchPage(page: number, size: number | undefined, trip: Trip): Promise<Page> {
    const limit = size === undefined ? '' : `&limit=${size}`;
    const response = await get(new URL(`${base}?page=${page}${limit}`), trip);
    return parsePage(response.body.toString(), page);
  }

  async function fetchFirst(trip: Trip): Promise<Page> {
    let refusal: unknown;
    const { requests } = trip.traffic;
    // The first size twice: the refusal may pass, or may have been about a token that is new by then.
    for (const index of [chosen, ...sizes.keys()].filter((each, at) => at === 0 || each >= chosen)) {
      try {
        const first = await fetchPage(1, sizes[index], trip);
        choose(index);
        if (index !== proven) onPageSize(sizes[index]);
        proven = index;
        return first;
      } catch (error) {
        // If all sizes are refused, the size was not the reason, and the first answer says what was.
        refusal ??= error;
        // Not if it only waited for other requests.
        if (isTooSlow(error) && trip.traffic.requests > requests) choose((chosen + 1) % sizes.length);
        if (!isRefusedSize(error)) throw error;
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

/** Whether the size may be the reason. The API answers 400 to a size that is out of range. */
function isRefusedSize(error: unknown): boolean {
  return error instanceof HttpStatusError && [400, 413, 422].includes(error.status);
}

function isTooSlow(error: unknown): boolean {
  return error instanceof DeadlineError || (error instanceof NetworkError && error.timedOut);
}

/**
 * Parses one page of GET /stats/agent-status. It checks every field of the API reference and ignores others. These may
 * be absent (docs/decisions/0003-absent-fields.md):
 * - `interaction`, `presence.description` and `presence.eligibleForRouting`: undefined, and counted by a metric
 * - `workload.semiLive` and `workload.nonLive`: 0
 * - an interaction's `channelGuid` and `reason`: null. Only these two may also be null in the answer.
 * A `since` in the year 1 is undefined: that is .NET's zero, so no time was set.
 * @throws ShapeError naming the page and the path
 */
export function parsePage(body: string, requestedPage: number): Page {
  const where = `page ${requestedPage}`;
  const root = parseJson(body, where) as Fields;
  try {
    const meta = toFields(root.meta, 'meta');
    return {
      number: toCount(meta.page, 'meta.page'),
      count: toCount(meta.count, 'meta.count'),
      pageCount: toCount(meta.pageCount, 'meta.pageCount'),
      totalCount: toCount(meta.totalCount, 'meta.totalCount'),
      upToMs: toTime(root.upTo, 'upTo'),
      agents: toList(root.items, 'items', parseAgent),
    };
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw new ShapeError(`${where}: ${error.path}`, error.expected, error.received);
  }
}

type Fields = Record<string, unknown>;

function parseAgent(item: Fields): Agent {
  const presence = toFields(item.presence, 'presence');
  const workload = toFields(item.workload, 'workload');
  const { description, eligibleForRouting } = presence;
  return {
    id: toName(item.agentId, 'agentId'),
    presence: toName(presence.name, 'presence.name'),
    presenceSinceMs: toSince(presence.since, 'presence.since'),
    description: description === undefined ? undefined : toFreeText(description, 'presence.description'),
    eligibleForRouting:
      eligibleForRouting === undefined
        ? undefined
        : toBoolean(eligibleForRouting, 'presence.eligibleForRouting'),
    workloadSinceMs: toSince(workload.since, 'workload.since'),
    live: toCount(workload.calls, 'workload.calls'),
    semiLive: workload.semiLive === undefined ? 0 : toCount(workload.semiLive, 'workload.semiLive'),
    nonLive: workload.nonLive === undefined ? 0 : toCount(workload.nonLive, 'workload.nonLive'),
    interactions:
      item.interaction === undefined ? undefined : toList(item.interaction, 'interaction', parseInteraction),
  };
}

function parseInteraction(item: Fields): Interaction {
  const { channelGuid = null, reason = null } = item;
  return {
    guid: toName(item.guid, 'guid'),
    channelGuid: channelGuid === null ? null : toFreeText(channelGuid, 'channelGuid'),
    sinceMs: toSince(item.since, 'since'),
    medium: toName(item.medium, 'medium'),
    mediumManager: toName(item.mediumManager, 'mediumManager'),
    direction: toName(item.direction, 'direction'),
    state: toName(item.state, 'state'),
    reason: reason === null ? null : toFreeText(reason, 'reason'),
  };
}

/** An invalid value. Its path is relative to its own object: lists prepend their part as they pass it on. */
class Misfit extends Error {
  readonly path: string;
  readonly expected: string;
  readonly received: string;

  constructor(path: string, expected: string, received: string) {
    super();
    this.path = path;
    this.expected = expected;
    this.received = received;
  }
}

function toFields(value: unknown, path: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Misfit(path, 'an object', kindOf(value));
  }
  return value as Fields;
}

function toList<T>(value: unknown, path: string, parse: (item: Fields) => T): T[] {
  if (!Array.isArray(value)) throw new Misfit(path, 'an array', kindOf(value));
  const list: T[] = [];
  try {
    for (const item of value) list.push(parse(toFields(item, '')));
    return list;
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    const inner = error.path === '' ? '' : `.${error.path}`;
    throw new Misfit(`${path}[${list.length}]${inner}`, error.expected, error.received);
  }
}

function toFreeText(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new Misfit(path, 'a string', kindOf(value));
  return value;
}

function toName(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new Misfit(path, 'a string', kindOf(value));
  if (value === '') throw new Misfit(path, 'a string that is not empty', 'an empty string');
  return value;
}

function toBoolean(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw new Misfit(path, 'true or false', kindOf(value));
  return value;
}

function toCount(value: unknown, path: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    const received = typeof value === 'number' ? `number ${value}` : kindOf(value);
    throw new Misfit(path, 'a whole number from 0', received);
  }
  return value as number;
}

function toTime(value: unknown, path: string): number {
  const ms = typeof value === 'string' ? parseTimestamp(value) : Number.NaN;
  if (Number.isNaN(ms)) {
    const received = typeof value === 'string' ? `a string like ${outline(value)}` : kindOf(value);
    throw new Misfit(path, 'a UTC date in ISO 8601, like 2019-12-19T16:00:23.249Z', received);
  }
  return ms;
}

/** Json.NET writes .NET's zero without a time zone. */
const isZero = (value: unknown) => typeof value === 'string' && value.startsWith('0001-01-01T');

function toSince(value: unknown, path: string): number | undefined {
  return isZero(value) ? undefined : toTime(value, path);
}

/** Returns the form of a text without its content: 9 for digits, a for letters, at most 30 characters. */
function outline(text: string): string {
  const form = text.slice(0, 30).replace(/\d/g, '9').replace(/\p{L}/gu, 'a');
  return `"${form}${text.length > 30 ? '…' : ''}"`;
}
