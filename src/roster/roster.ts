import { toLogFields } from '../log.ts';
import type { Roster, RosterEntry, RosterStatus } from '../snapshot/roster.ts';
import { RosterError } from './errors.ts';
import type { RosterTable } from './table.ts';

/** Which roster an account has, and what it is for. */
export interface RosterOptions {
  source: 'users-api' | { location: string };
  /** Columns that become labels of an agent. */
  labels: readonly string[];
  /** Columns that patterns of agents ask for. */
  filters: readonly string[];
  ttlMs: number;
}

/** A roster as its source gives it. */
export interface FetchedRoster extends RosterTable {
  /** Agents in several groups; undefined where that cannot be. */
  inSeveralTeams?: number;
}

/** Fetches a roster within the time. @throws ExporterError */
export type FetchRoster = (budgetMs: number) => Promise<FetchedRoster>;

/** The roster in use, if there is one, and how it stands with it. */
export interface CurrentRoster {
  roster: Roster | undefined;
  status: RosterStatus;
}

/** Gives the current roster within the time. Never throws: a roster that cannot be read is a status, and a log line. */
export type GetRoster = (budgetMs: number) => Promise<CurrentRoster>;

/** Longest that a scrape waits for a new roster while there is an old one. */
const refreshMs = 2000;
/** Of its time a scrape may wait that much for the first one. */
const firstShare = 0.8;
/** After a failure the next attempt waits so long, and twice as long after each further one, at most for the ttl. */
const firstRetryMs = 30_000;

/** Keeps a roster for its ttl; while it cannot be read, the last one serves, whatever its age. */
export function createRoster(
  fetch: FetchRoster,
  options: RosterOptions,
  now: () => number,
  log: (event: string, fields: Record<string, unknown>) => void,
): GetRoster {
  let kept: { roster: Roster; readAtMs: number; inSeveralTeams: number | undefined } | undefined;
  let nextReadMs = 0;
  let failures = 0;
  let reading: Promise<void> | undefined;

  async function read(limitMs: number): Promise<void> {
    try {
      const table = await fetch(limitMs);
      const { inSeveralTeams } = table;
      kept = { roster: toRoster(table, options), readAtMs: now(), inSeveralTeams };
      failures = 0;
      nextReadMs = now() + options.ttlMs;
    } catch (error) {
      const delayMs = Math.min(options.ttlMs, firstRetryMs * 2 ** failures++);
      nextReadMs = now() + delayMs;
      const then = kept ? 'the last one serves' : 'there are no teams';
      log(`roster not read; ${then}`, { ...toLogFields(error), nextAttemptInMs: delayMs });
    }
  }

  return async (budgetMs) => {
    const limitMs = kept ? Math.min(refreshMs, budgetMs) : budgetMs * firstShare;
    if (now() >= nextReadMs) {
      reading ??= read(limitMs).finally(() => {
        reading = undefined;
      });
    }
    // Whoever began it may have more time than this one.
    const done = reading === undefined || (await within(reading, limitMs));
    return {
      roster: kept?.roster,
      status: {
        up: done && kept !== undefined && failures === 0,
        agents: kept?.roster.size,
        readAtMs: kept?.readAtMs,
        inSeveralTeams: kept?.inSeveralTeams,
      },
    };
  };
}

/** Whether it was done in time. */
async function within(done: Promise<void>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, limitMs, false);
  });
  const inTime = await Promise.race([done.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}

/** @throws RosterError when a column that is asked for is not there; team and site may be absent */
function toRoster({ columns, agents }: RosterTable, { labels, filters }: RosterOptions): Roster {
  const optional = ['team', 'site'];
  const missing = [...new Set([...labels, ...filters])].filter(
    (column) => !columns.has(column) && !optional.includes(column),
  );
  if (missing.length > 0) {
    throw new RosterError(`the roster has no column ${missing.join(', ')}, which the settings ask for`);
  }
  // Agents with the same labels share them.
  const interned = new Map<string, RosterEntry['labels']>();
  const roster = new Map<string, RosterEntry>();
  for (const [id, record] of agents) {
    const values = labels.map((label) => record[label] ?? '');
    const key = values.join('\0');
    const shared =
      interned.get(key) ?? Object.fromEntries(labels.map((label, index) => [label, values[index]!]));
    interned.set(key, shared);
    roster.set(id, { team: record.team ?? '', columns: record, labels: shared });
  }
  return roster;
}
