import type { Agent, Interaction, Page } from '../snapshot/agent.ts';
import { type AgentField, type Gaps, noGaps } from '../snapshot/gaps.ts';
import { ShapeError } from './errors.ts';
import { kindOf, parseJson } from './json.ts';
import { parseTimestamp } from './timestamp.ts';

/**
 * Parses one page of GET /stats/agent-status (docs/decisions/0003-absent-fields.md).
 * - `meta`, `upTo`, and each agent's `agentId` and `presence.name` must match the API reference.
 * - Other values may be absent, null or invalid. Then they are unknown, and the page's gaps count
 *   them.
 * - Fields that the reference does not have are ignored.
 * @throws ShapeError with the page and the path
 */
export function parsePage(body: string, requestedPage: number): Page {
  const where = `page ${requestedPage}`;
  const root = parseJson(body, where) as Fields;
  const misfit = (value: unknown, path: string, expected: string): never => {
    throw new ShapeError(`${where}: ${path}`, expected, receivedOf(value, expected));
  };
  const strictCount = (value: unknown, path: string): number =>
    isCount(value) ? value : misfit(value, path, expectedCount);
  const strictFields = (value: unknown, path: string): Fields =>
    isFields(value) ? value : misfit(value, path, 'an object');
  const strictName = (value: unknown, path: string): string =>
    isName(value) ? value : misfit(value, path, expectedName);

  const gaps = new GapCounter(where);
  const meta = strictFields(root.meta, 'meta');
  const upToMs =
    typeof root.upTo === 'string' && !isNoTime(root.upTo) ? parseTimestamp(root.upTo) : Number.NaN;
  if (Number.isNaN(upToMs)) misfit(root.upTo, 'upTo', expectedTime);
  if (!Array.isArray(root.items)) return misfit(root.items, 'items', 'an array');
  const agents: Agent[] = [];
  for (const [index, value] of (root.items as unknown[]).entries()) {
    const item = strictFields(value, `items[${index}]`);
    const presence = strictFields(item.presence, `items[${index}].presence`);
    const id = strictName(item.agentId, `items[${index}].agentId`);
    const name = strictName(presence.name, `items[${index}].presence.name`);
    gaps.begin(index, name === 'LoggedOut');
    agents.push(parseAgent(id, name, presence, item, gaps));
    gaps.end();
  }
  return {
    number: strictCount(meta.page, 'meta.page'),
    count: strictCount(meta.count, 'meta.count'),
    pageCount: strictCount(meta.pageCount, 'meta.pageCount'),
    totalCount: strictCount(meta.totalCount, 'meta.totalCount'),
    upToMs,
    agents,
    gaps: gaps.gaps,
  };
}

type Fields = Record<string, unknown>;

function parseAgent(id: string, name: string, presence: Fields, item: Fields, gaps: GapCounter): Agent {
  const workload = isFields(item.workload) ? item.workload : gaps.miss('workload', item.workload);
  return {
    id,
    presence: name,
    presenceSinceMs: toSince(presence.since, 'presence_since', gaps),
    description: toText(presence.description, 'description', gaps),
    eligibleForRouting:
      typeof presence.eligibleForRouting === 'boolean'
        ? presence.eligibleForRouting
        : gaps.miss('eligible_for_routing', presence.eligibleForRouting),
    workloadSinceMs: workload && toSince(workload.since, 'workload_since', gaps),
    live: workload && toCount(workload.calls, 'calls', gaps),
    semiLive: workload && toCountOrNone(workload.semiLive, 'semi_live', gaps),
    nonLive: workload && toCountOrNone(workload.nonLive, 'non_live', gaps),
    interactions: parseInteractions(item.interaction, gaps),
  };
}

function parseInteractions(list: unknown, gaps: GapCounter): Interaction[] | undefined {
  if (!Array.isArray(list) || !list.every(isFields)) return gaps.miss('interaction', list);
  const interactions: Interaction[] = [];
  for (const [leg, fields] of list.entries()) {
    gaps.leg = leg;
    const { reason } = fields;
    interactions.push({
      guid: toName(fields.guid, 'interaction_guid', gaps),
      sinceMs: toSince(fields.since, 'interaction_since', gaps),
      medium: toName(fields.medium, 'medium', gaps),
      mediumManager: toName(fields.mediumManager, 'medium_manager', gaps),
      direction: toName(fields.direction, 'direction', gaps),
      state: toName(fields.state, 'state', gaps),
      reason: reason === undefined || reason === null ? null : (toText(reason, 'reason', gaps) ?? null),
    });
  }
  return interactions;
}

function toSince(value: unknown, field: AgentField, gaps: GapCounter): number | undefined {
  if (typeof value !== 'string') return gaps.miss(field, value);
  if (isNoTime(value)) return gaps.skip(field);
  const ms = parseTimestamp(value);
  return Number.isNaN(ms) ? gaps.miss(field, value) : ms;
}

function toText(value: unknown, field: AgentField, gaps: GapCounter): string | undefined {
  return typeof value === 'string' ? value : gaps.miss(field, value);
}

function toName(value: unknown, field: AgentField, gaps: GapCounter): string {
  return isName(value) ? value : (gaps.miss(field, value) ?? '');
}

function toCount(value: unknown, field: AgentField, gaps: GapCounter): number | undefined {
  return isCount(value) ? value : gaps.miss(field, value);
}

/** Some answers have only `calls`, and leave out the other kinds if they are 0 (Vonage's FAQ). */
function toCountOrNone(value: unknown, field: AgentField, gaps: GapCounter): number | undefined {
  const count = toCount(value, field, gaps);
  return value === undefined || value === null ? 0 : count;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/**
 * Whether no time was set: .NET then writes its zero, without a time zone. For a `since`, this is
 * not a flaw.
 */
const isNoTime = (text: string): boolean => text.startsWith('0001-01-01T');

const expectedCount = 'a whole number from 0';
const expectedName = 'a string that is not empty';
const expectedTime = 'a UTC date in ISO 8601, like 2019-12-19T16:00:23.249Z';

/**
 * The place of each field, the expected value, and whether the API reference or an example of
 * Vonage leaves the field out.
 */
const knowledge: Record<AgentField, { path: string; expected: string; optional?: true }> = {
  presence_since: { path: 'presence.since', expected: expectedTime },
  description: { path: 'presence.description', expected: 'a string', optional: true },
  eligible_for_routing: { path: 'presence.eligibleForRouting', expected: 'true or false', optional: true },
  workload: { path: 'workload', expected: 'an object' },
  workload_since: { path: 'workload.since', expected: expectedTime },
  calls: { path: 'workload.calls', expected: expectedCount },
  semi_live: { path: 'workload.semiLive', expected: expectedCount, optional: true },
  non_live: { path: 'workload.nonLive', expected: expectedCount, optional: true },
  interaction: { path: 'interaction', expected: 'an array of objects', optional: true },
  interaction_guid: { path: 'guid', expected: expectedName },
  interaction_since: { path: 'since', expected: expectedTime },
  medium: { path: 'medium', expected: expectedName },
  medium_manager: { path: 'mediumManager', expected: expectedName },
  direction: { path: 'direction', expected: expectedName },
  state: { path: 'state', expected: expectedName },
  reason: { path: 'reason', expected: 'a string' },
};

/** Counts the gaps of one page. */
class GapCounter {
  readonly gaps: Gaps = noGaps();
  /** The index of the current interaction. Undefined for fields of the agent itself. */
  leg: number | undefined;
  readonly #where: string;
  #index = 0;
  #loggedOut = false;
  #flawed = false;

  constructor(where: string) {
    this.#where = where;
  }

  /** Starts counting for the agent at this index. */
  begin(index: number, loggedOut: boolean): void {
    this.#index = index;
    this.#loggedOut = loggedOut;
    this.#flawed = false;
    this.leg = undefined;
  }

  end(): void {
    if (this.#flawed) this.gaps.flawedAgents++;
  }

  /** Counts a value that is absent, according to the answer. */
  skip(field: AgentField): undefined {
    this.gaps.absent[field]++;
  }

  /**
   * Counts an absent or invalid value. Absent values of logged-out agents are not a flaw, since
   * some agents never logged in.
   */
  miss(field: AgentField, value: unknown): undefined {
    const { path, expected, optional } = knowledge[field];
    const absent = value === undefined || value === null;
    this.gaps[absent ? 'absent' : 'invalid'][field]++;
    if (absent && (optional || this.#loggedOut)) return;
    this.#flawed = true;
    const inner = this.leg === undefined ? path : `interaction[${this.leg}].${path}`;
    this.gaps.first ??= {
      path: `${this.#where}: items[${this.#index}].${inner}`,
      expected,
      received: receivedOf(value, expected),
    };
  }
}

/**
 * Describes a value for messages. It quotes only numbers in place of counts, and only the form of
 * texts in place of times.
 */
function receivedOf(value: unknown, expected: string): string {
  if (value === '') return 'an empty string';
  if (typeof value === 'number' && expected === expectedCount) return `number ${value}`;
  if (typeof value === 'string' && expected === expectedTime) {
    return isNoTime(value) ? 'the year 1' : `a string like ${outline(value)}`;
  }
  return kindOf(value);
}

/**
 * Returns the form of a text without its content, at most 30 characters: 9 for digits, a for
 * letters, ASCII signs as they are, ? for the rest.
 */
function outline(text: string): string {
  // Phone numbers may have digits of any script. Control characters must not reach a terminal.
  const form = text
    .slice(0, 30)
    .replace(/\p{N}/gu, '9')
    .replace(/\p{L}/gu, 'a')
    .replace(/[^ -~]/gu, '?');
  return `"${form}${text.length > 30 ? '…' : ''}"`;
}
