import { createCached } from '../cached.ts';
import { type Deadline, leftMs, within } from '../deadline.ts';
import { answerBehind } from '../http/errors.ts';
import { toLogFields } from '../log.ts';
import type { Roster, RosterEntry, RosterStatus } from '../snapshot/roster.ts';
import type { Timing } from '../timing.ts';
import { RosterError } from './errors.ts';
import type { RosterTable } from './table.ts';

/** The source of an account's roster, and the columns that are used. */
export interface RosterOptions {
  source: 'users-api' | { location: string };
  /** Columns that become labels of an agent. */
  labels: readonly string[];
  /** Columns that the agent patterns use. */
  filters: readonly string[];
  ttlMs: number;
}

/** A roster as fetched from its source. */
export interface FetchedRoster extends RosterTable {
  /** Agents in several groups. Undefined when the source allows only one team per agent. */
  inSeveralTeams?: number;
}

/**
 * Fetches a roster before the deadline. It throws ExporterError, or the reason of the deadline's
 * signal.
 */
export type FetchRoster = (deadline: Deadline) => Promise<FetchedRoster>;

/** The current roster, if any, and its status. */
export interface CurrentRoster {
  roster: Roster | undefined;
  status: RosterStatus;
}

/**
 * Returns the current roster before the deadline. Never throws: a failed read shows in the status
 * and in the log.
 */
export type GetRoster = (deadline: Deadline) => Promise<CurrentRoster>;

/** Longest time of one read. Scrapes do not wait for its end. */
export const rosterReadMs = 60_000;
/** Longest time that a scrape waits for a new roster while there is an old one. */
const refreshMs = 2000;
/** The share of its time for which a scrape waits for the first roster. */
const firstShare = 0.8;
/** Delay after the first failure. It doubles with each further failure, up to the ttl. */
const firstRetryMs = 30_000;

/** What {@link createRoster} uses. */
export interface RosterPorts {
  timing: Timing;
  /** The lifetime of the account's scraper. A read may outlive the scrape that started it. */
  until: Deadline;
  log(event: string, fields: Record<string, unknown>): void;
}

/**
 * Creates the roster of an account. It reads the roster again after its ttl. If that fails, it
 * keeps the last roster.
 */
export function createRoster(
  fetch: FetchRoster,
  options: RosterOptions,
  { timing, until, log }: RosterPorts,
): GetRoster {
  let last: KeptRoster | undefined;
  let failures = 0;

  const rosters = createCached<KeptRoster>({
    clocks: timing,
    until,
    fetchMs: rosterReadMs,
    toReason: () => new RosterError(`the roster was not read within ${rosterReadMs / 1000} s`),
    refreshMs,
    lifeOf: () => ({ freshMs: options.ttlMs, usableMs: Number.POSITIVE_INFINITY }),
    onFailure(error) {
      const asked = answerBehind(error)?.retryAfterMs ?? 0;
      const retryMs = Math.max(asked, Math.min(options.ttlMs, firstRetryMs * 2 ** failures++));
      const then = last ? 'the last one is used' : 'metrics of teams are missing';
      log(`roster not read; ${then}`, { ...toLogFields(error), nextAttemptInMs: retryMs });
      return retryMs;
    },
  });

  async function read(deadline: Deadline): Promise<KeptRoster> {
    const table = await fetch(deadline);
    last = { roster: toRoster(table, options), readAtMs: timing.now(), inSeveralTeams: table.inSeveralTeams };
    failures = 0;
    return last;
  }

  return async (deadline) => {
    const wait = last ? deadline : within(deadline, leftMs(deadline) * firstShare);
    // Failures of a read are in the log. Any other error means that this scrape ran out of time.
    await rosters.get(wait, read).catch(() => {});
    return {
      roster: last?.roster,
      status: {
        up: last !== undefined && failures === 0,
        agents: last?.roster.size,
        readAtMs: last?.readAtMs,
        inSeveralTeams: last?.inSeveralTeams,
      },
    };
  };
}

interface KeptRoster {
  roster: Roster;
  readAtMs: number;
  inSeveralTeams: number | undefined;
}

/**
 * Converts a roster to entries with the columns that the settings name.
 * @throws RosterError when one of these columns is missing. The columns team and site are optional.
 */
function toRoster({ columns, agents }: RosterTable, { labels, filters }: RosterOptions): Roster {
  const optional = ['team', 'site'];
  const missing = [...new Set([...labels, ...filters])].filter(
    (column) => !columns.has(column) && !optional.includes(column),
  );
  if (missing.length > 0) {
    throw new RosterError(`the roster lacks columns that the settings name: ${missing.join(', ')}`);
  }
  // Agents with equal labels share one object.
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
