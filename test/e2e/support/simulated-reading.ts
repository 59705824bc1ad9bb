import { settings } from '../../../src/config/settings.ts';
import type { SimulatedAccount } from '../../../src/simulator/account.ts';
import { ongoing } from '../../../src/simulator/ongoing.ts';
import { queueTimes } from '../../../src/simulator/queue-times.ts';
import type { Agent } from '../../../src/snapshot/agent.ts';
import { agentListing, assemble, type Listing } from '../../../src/snapshot/assemble.ts';
import type { Item, Page, Snapshot } from '../../../src/snapshot/page.ts';
import type { QueueReading, QueueSource } from '../../../src/snapshot/queue-reading.ts';
import type { QueueTime, QueueTimeField } from '../../../src/snapshot/queue-time.ts';
import { toQueues } from '../../../src/snapshot/queues.ts';
import { toSkills } from '../../../src/snapshot/skills.ts';
import { parseAgentStatus } from '../../../src/vcc/agent-status.ts';
import { parseOngoing } from '../../../src/vcc/ongoing.ts';
import { parseQueueTimes } from '../../../src/vcc/queue-times.ts';

const windowMs = 30 * 60_000;
const queueOptions = {
  bounds: settings.VCC_QUEUE_BOUNDS.parse(settings.VCC_QUEUE_BOUNDS.fallback),
  maxQueues: 100,
  windowMs,
  include: undefined,
  exclude: undefined,
  labelOfNumber: (name: string) => name,
};

/** What the exporter would read of a simulated account, without HTTP. */
interface Reader {
  /** Returns the agents as they are now. */
  agents(): Snapshot;
  /** Returns the queues and skills as they are now. Queue times are read again only if `due`. */
  queues(agents: Snapshot, due: boolean): QueueReading;
}

/** Reads an account through the parsers of the exporter. It has VCC_QUEUES and VCC_SKILLS on. */
export function createReader(account: SimulatedAccount): Reader {
  let left: Snapshot<QueueTime, QueueTimeField>;
  return {
    agents() {
      const items = account.items();
      const { length: count } = items;
      const meta = { page: 1, count, pageCount: 1, totalCount: count };
      const upTo = new Date(account.nowMs).toISOString();
      return readAll<Agent, string>(() => ({ items, meta, upTo }), parseAgentStatus, agentListing);
    },
    queues(agents, due) {
      const { nowMs } = account;
      const start = new Date(nowMs - windowMs - 60_000).toISOString();
      const common = { plural: 'items', one: 'an item', replaces: () => true } as const;
      const now = readAll(
        ({ page, limit }) => ongoing(account, toQuery({ page, limit }), nowMs, {}).body,
        parseOngoing,
        common,
      );
      if (due) {
        left = readAll(
          ({ page, limit }) =>
            queueTimes(account, toQuery({ page, limit, start, include: 'Processed' }), nowMs, {}).body,
          parseQueueTimes,
          { ...common, onlyGrows: true },
        );
      }
      const { skills: skillsOf } = account.callers!.truth(nowMs, 0);
      const names = new Set(account.callers!.queues.map(({ name }) => name));
      const source = (name: QueueSource, takenAtMs: number) => ({
        source: name,
        error: undefined,
        requests: 1,
        takenAtMs,
        flawed: 0,
      });
      return {
        sources: [source('ongoing', nowMs), source('queue_times', left.takenAtMs), source('skills', nowMs)],
        counts: toQueues({ ongoing: now, queueTimes: left }, queueOptions),
        skills: toSkills(agents, { names, skillsOf }, { max: 100, eligibilitySeen: true }),
      };
    },
  };
}

function toQuery(parameters: Readonly<Record<string, string | number>>): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) query.set(name, String(value));
  return query;
}

/** Reads all pages, and puts them together. */
function readAll<I extends Item, Field extends string>(
  answer: (query: { page: number; limit: number }) => unknown,
  parse: (body: string, page: number) => Page<I, Field>,
  listing: Listing<I>,
): Snapshot<I, Field> {
  const pages = new Map<number, Page<I, Field>>();
  for (let page = 1, last = 1; page <= last; page++) {
    const parsed = parse(JSON.stringify(answer({ page, limit: 5000 })), page);
    pages.set(page, parsed);
    last = parsed.pageCount;
  }
  const snapshot = assemble(pages, listing);
  if ('reason' in snapshot) throw new Error(snapshot.reason);
  return snapshot;
}
