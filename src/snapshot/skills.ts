import { idleSinceMs, isIdle, knowsEligibility, toActivity } from './activity.ts';
import { AgeCounter, type Ages } from './ages.ts';
import { foldNames } from './fold.ts';
import type { Snapshot } from './page.ts';

/** The skills of an account, and those of each agent by agent id. */
export interface SkillTable {
  names: ReadonlySet<string>;
  skillsOf: ReadonlyMap<string, readonly string[]>;
}

/** The agents with one skill, counted. An agent with several skills counts in each. */
export interface SkillCount {
  name: string;
  /** Free agents, as in the account's floor. */
  available: number;
  /** Idle agents, as in the account's floor. */
  idle: Ages;
}

/** The skills of an account. */
export interface Skills {
  skills: SkillCount[];
  /** The number of skills that are added up under `other`. */
  folded: number;
}

/**
 * Counts a snapshot by skill. The result includes every skill, even one without agents. If there
 * are more than `max`, the rest is added up under `other`, where an agent counts once.
 */
export function toSkills(
  snapshot: Snapshot,
  { names, skillsOf }: SkillTable,
  { max, eligibilitySeen }: { max: number; eligibilitySeen: boolean },
): Skills {
  const { labelOf, folded } = foldNames(names, max);
  const counters = new Map<string, { available: number; idle: AgeCounter }>();
  for (const label of labelOf.values()) {
    counters.set(label, { available: 0, idle: new AgeCounter(snapshot.takenAtMs, []) });
  }
  const eligibilityKnown = eligibilitySeen || knowsEligibility(snapshot.items);
  for (const agent of snapshot.items) {
    if (!isIdle(agent)) continue;
    const isFree = toActivity(agent, eligibilityKnown) === 'idle';
    for (const label of new Set((skillsOf.get(agent.id) ?? []).map((name) => labelOf.get(name)!))) {
      const counter = counters.get(label)!;
      counter.idle.add(idleSinceMs(agent));
      if (isFree) counter.available++;
    }
  }
  return {
    skills: [...counters].map(([name, { available, idle }]) => ({ name, available, idle: idle.ages() })),
    folded,
  };
}
