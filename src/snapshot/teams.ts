import { idleSinceMs, toActivity } from './activity.ts';
import type { Snapshot } from './agent.ts';
import { AgeCounter, type Ages } from './ages.ts';
import { compare } from './compare.ts';
import { OpenSet } from './open-set.ts';
import type { Roster } from './roster.ts';
import { presences, type Workload, workloads } from './vocabulary.ts';

/** One team, counted. */
export interface Team {
  /** Empty: agents in no team, or not in the roster. */
  name: string;
  presences: { name: string; agents: number }[];
  idle: Ages;
  workloads: { name: Workload; interactions: number }[];
}

/** The teams of an account. Every agent is in exactly one. */
export interface Teams {
  teams: Team[];
  /** Upper ends of the buckets of all ages, in seconds. */
  ageBuckets: readonly number[];
  /** Teams that were added up under `other`. */
  folded: number;
  /** Agents who are not LoggedOut and of whom the roster says nothing. */
  missing: number;
}

/** What bounds the number of series. */
export interface TeamOptions {
  /** Upper ends of the age buckets, in seconds, ascending. */
  ageBuckets: readonly number[];
  /** Teams with series of their own. */
  maxTeams: number;
}

/**
 * Counts a snapshot by team. Every team of the roster is there, empty ones too; of more than `maxTeams` the first ones by
 * name stay, since a choice by size would have series come and go.
 */
export function toTeams(snapshot: Snapshot, roster: Roster, { ageBuckets, maxTeams }: TeamOptions): Teams {
  const boundsMs = ageBuckets.map((seconds) => seconds * 1000);
  const presenceNames = new OpenSet(presences);
  const names = [...new Set([...roster.values()].map(({ team }) => team))]
    .filter((name) => name !== '')
    .sort(compare);
  const counters = new Map<string, TeamCounter>();
  const counterOf = new Map<string, TeamCounter>();
  for (const [index, name] of ['', ...names].entries()) {
    const label = index > maxTeams ? 'other' : name;
    const counter = counters.get(label) ?? new TeamCounter(label, snapshot.takenAtMs, boundsMs);
    counters.set(label, counter);
    counterOf.set(name, counter);
  }

  let missing = 0;
  for (const agent of snapshot.agents) {
    const entry = roster.get(agent.id);
    if (entry === undefined && agent.presence !== 'LoggedOut') missing++;
    const counter = counterOf.get(entry?.team ?? '')!;
    const presence = presenceNames.label(agent.presence);
    counter.presences.set(presence, (counter.presences.get(presence) ?? 0) + 1);
    if (toActivity(agent) === 'idle') counter.idle.add(idleSinceMs(agent));
    counter.interactions.live += agent.live;
    counter.interactions.semi_live += agent.semiLive;
    counter.interactions.non_live += agent.nonLive;
  }
  return {
    teams: [...counters.values()].map((counter) => counter.team()),
    ageBuckets,
    folded: Math.max(0, names.length - maxTeams),
    missing,
  };
}

class TeamCounter {
  readonly presences = new Map<string, number>(presences.map((name) => [name, 0]));
  readonly idle: AgeCounter;
  readonly interactions: Record<Workload, number> = { live: 0, semi_live: 0, non_live: 0 };
  readonly #name: string;

  constructor(name: string, takenAtMs: number, boundsMs: readonly number[]) {
    this.#name = name;
    this.idle = new AgeCounter(takenAtMs, boundsMs);
  }

  team(): Team {
    return {
      name: this.#name,
      presences: [...this.presences].map(([name, agents]) => ({ name, agents })),
      idle: this.idle.ages(),
      workloads: workloads.map((name) => ({ name, interactions: this.interactions[name] })),
    };
  }
}
