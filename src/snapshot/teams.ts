import { idleSinceMs, isIdle, knowsEligibility, toActivity } from './activity.ts';
import { AgeCounter, type Ages } from './ages.ts';
import { foldNames } from './fold.ts';
import { OpenSet } from './open-set.ts';
import type { Snapshot } from './page.ts';
import type { Roster } from './roster.ts';
import { type KnownValues, presences, type Workload, workloads } from './vocabulary.ts';

/** One team, counted. */
export interface Team {
  /** Empty for the agents without a team or without a roster entry. */
  name: string;
  presences: { name: string; agents: number }[];
  /** Free agents, as in {@link Floor.available}. */
  available: Ages;
  /** Ready, with work. */
  busy: number;
  workloads: { name: Workload; interactions: number }[];
}

/** The teams of an account. Every agent counts in exactly one. */
export interface Teams {
  teams: Team[];
  /** The bounds of all ages, in seconds. */
  ageBounds: readonly number[];
  /** The number of teams that are added up under `other`. */
  folded: number;
  /** Agents who are not LoggedOut and not in the roster. */
  missing: number;
}

/** Limits on the number of series. */
export interface TeamOptions {
  /** Bounds of ages, in seconds and ascending. Free agents above each bound are counted. */
  ageBounds: readonly number[];
  /** Most teams with their own series. */
  maxTeams: number;
  known?: KnownValues | undefined;
  /** As in the options of the account's floor. */
  eligibilitySeen?: boolean;
}

/**
 * Counts a snapshot by team. The result includes every team of the roster, even an empty one. If
 * there are more than `maxTeams`, the rest is added up under `other` ({@link foldNames}).
 */
export function toTeams(
  snapshot: Snapshot,
  roster: Roster,
  { ageBounds, maxTeams, known, eligibilitySeen }: TeamOptions,
): Teams {
  const boundsMs = ageBounds.map((seconds) => seconds * 1000);
  const presenceNames = new OpenSet(presences, known?.presence);
  const names = [...roster.values()].map(({ team }) => team).filter((name) => name !== '');
  const { labelOf, folded } = foldNames(names, maxTeams);
  const counters = new Map<string, TeamCounter>();
  const counterOf = new Map<string, TeamCounter>();
  for (const [name, label] of [['', ''] as const, ...labelOf]) {
    const counter = counters.get(label) ?? new TeamCounter(label, snapshot.takenAtMs, boundsMs);
    counters.set(label, counter);
    counterOf.set(name, counter);
  }

  const eligibilityKnown = eligibilitySeen || knowsEligibility(snapshot.items);
  let missing = 0;
  for (const agent of snapshot.items) {
    const entry = roster.get(agent.id);
    if (entry === undefined && agent.presence !== 'LoggedOut') missing++;
    const counter = counterOf.get(entry?.team ?? '')!;
    const presence = presenceNames.label(agent.presence);
    counter.presences.set(presence, (counter.presences.get(presence) ?? 0) + 1);
    if (toActivity(agent, eligibilityKnown) === 'idle') counter.available.add(idleSinceMs(agent));
    if (agent.presence === 'Ready' && isIdle(agent) === false) counter.busy++;
    counter.interactions.live += agent.live ?? 0;
    counter.interactions.semi_live += agent.semiLive ?? 0;
    counter.interactions.non_live += agent.nonLive ?? 0;
  }
  return {
    teams: [...counters.values()].map((counter) => counter.team()),
    ageBounds,
    folded,
    missing,
  };
}

class TeamCounter {
  readonly presences = new Map<string, number>(presences.map((name) => [name, 0]));
  readonly available: AgeCounter;
  busy = 0;
  readonly interactions: Record<Workload, number> = { live: 0, semi_live: 0, non_live: 0 };
  readonly #name: string;

  constructor(name: string, takenAtMs: number, boundsMs: readonly number[]) {
    this.#name = name;
    this.available = new AgeCounter(takenAtMs, boundsMs);
  }

  team(): Team {
    return {
      name: this.#name,
      presences: [...this.presences].map(([name, agents]) => ({ name, agents })),
      available: this.available.ages(),
      busy: this.busy,
      workloads: workloads.map((name) => ({ name, interactions: this.interactions[name] })),
    };
  }
}
