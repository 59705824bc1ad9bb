import type { Agent } from '../../src/snapshot/agent.ts';
import type { Page } from '../../src/snapshot/page.ts';

// biome-ignore lint/suspicious/noExplicitAny: it may be anything
type Any = any;

/** Whether a value is an object of JSON. */
export const isObject = (value: Any) => typeof value === 'object' && value !== null && !Array.isArray(value);
/** Whether a value is a whole number from 0. */
export const isCount = (value: Any) => Number.isSafeInteger(value) && value >= 0;
/** Whether a value is a text that is not empty. */
export const isName = (value: Any) => typeof value === 'string' && value !== '';

/**
 * A time in UTC as the API writes it, in ms since 1970. Undefined for others, and for the year 1,
 * which is no time.
 */
export function readTime(value: unknown): number | undefined {
  const form = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|\+00:00)$/;
  const [, seconds, fraction = ''] = (typeof value === 'string' && form.exec(value)) || [];
  if (seconds === undefined || seconds.startsWith('0001-01-01')) return undefined;
  const text = `${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
  const date = new Date(text);
  // Date accepts the 30th of February, and 24:00.
  return !Number.isNaN(date.getTime()) && date.toISOString() === text ? date.getTime() : undefined;
}

/**
 * Reads a page of GET /stats/agent-status anew, from the text of
 * docs/decisions/0003-absent-fields.md, without its gaps. Undefined when it must be rejected.
 */
export function readPage(body: string): Omit<Page, 'gaps'> | undefined {
  const fits = (item: Any) => isObject(item.presence) && isName(item.agentId) && isName(item.presence.name);
  return readList(body, fits, readAgent);
}

/** Reads a page of any list. Items that do not fit reject it. */
export function readList<I>(
  body: string,
  fits: (item: Any) => boolean,
  readItem: (item: Any) => I,
): (Omit<Page, 'gaps' | 'items'> & { items: I[] }) | undefined {
  let root: Any;
  try {
    root = wellFormed(JSON.parse(body.replace(/^\ufeff/, '')));
  } catch {
    return undefined;
  }
  if (!isObject(root) || !isObject(root.meta) || !Array.isArray(root.items)) return undefined;
  const { page, count, pageCount, totalCount } = root.meta;
  const upToMs = readTime(root.upTo);
  if (![page, count, pageCount, totalCount].every(isCount) || upToMs === undefined) return undefined;
  if (!root.items.every((item: Any) => isObject(item) && fits(item))) return undefined;
  return { number: page, count, pageCount, totalCount, upToMs, items: root.items.map(readItem) };
}

function readAgent({ agentId, presence, workload, interaction }: Any): Agent {
  const work = isObject(workload) ? workload : undefined;
  const count = (value: Any) => (isCount(value) ? value : undefined);
  // A workload without these has none of them.
  const countOrNone = (value: Any) => (work && (value === undefined || value === null) ? 0 : count(value));
  const name = (value: Any) => (isName(value) ? value : '');
  return {
    id: agentId,
    presence: presence.name,
    presenceSinceMs: readTime(presence.since),
    description: typeof presence.description === 'string' ? presence.description : undefined,
    eligibleForRouting:
      typeof presence.eligibleForRouting === 'boolean' ? presence.eligibleForRouting : undefined,
    workloadSinceMs: readTime(work?.since),
    live: count(work?.calls),
    semiLive: countOrNone(work?.semiLive),
    nonLive: countOrNone(work?.nonLive),
    interactions:
      Array.isArray(interaction) && interaction.every(isObject)
        ? interaction.map((leg: Any) => ({
            guid: name(leg.guid),
            sinceMs: readTime(leg.since),
            medium: name(leg.medium),
            mediumManager: name(leg.mediumManager),
            direction: name(leg.direction),
            state: name(leg.state),
            reason: typeof leg.reason === 'string' ? leg.reason : null,
          }))
        : undefined,
  };
}

/** Halves of surrogate pairs become U+FFFD, as in UTF-8. */
function wellFormed(value: Any): Any {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, wellFormed(each)]));
}
