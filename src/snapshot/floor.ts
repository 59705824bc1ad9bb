import { hasWorkload, idleSinceMs, isIdle, knowsEligibility, legSinceMs, toActivity } from './activity.ts';
import { AgeCounter, type Ages } from './ages.ts';
import { compare } from './compare.ts';
import { type LegCount, LegCounter } from './legs.ts';
import { OpenSet } from './open-set.ts';
import type { Snapshot } from './page.ts';
import type { Semantics } from './semantics.ts';
import { type Activity, activities, type KnownValues, presences, type Workload } from './vocabulary.ts';

/**
 * The counts of a snapshot. All metrics of an account have this source, except the metrics of teams
 * and of single agents.
 */
export interface Floor {
  agents: number;
  takenAtMs: number;
  /** The bounds of all {@link Ages}, in seconds. */
  ageBounds: readonly number[];
  presences: { name: string; ages: Ages }[];
  descriptions: DescriptionCount[];
  /** Pairs of presence and description that are added up under `other`. */
  descriptionsFolded: number;
  activities: { name: Activity; agents: number }[];
  /** Ready, without workload and without interactions. */
  idle: Ages;
  /** Idle and eligible for routing. All idle agents if `eligible` is undefined. */
  available: Ages;
  /** Ready, with work. */
  busy: number;
  readyWithoutWorkload: number;
  /**
   * Undefined if no agent, of this or an earlier snapshot, has `eligibleForRouting`. A number if
   * there are no agents.
   */
  eligible: number | undefined;
  /** Agents with this kind of workload, and their interactions. */
  workloads: { name: Workload; agents: number; interactions: number }[];
  /** Kinds with at least one leg. `reason` is always empty. */
  legs: LegCount[];
  reasons: { state: string; reason: string; legs: number }[];
  states: { name: string; ages: Ages }[];
  distinctInteractions: number;
  /** Values that the API reference does not name, by field. */
  unknown: { field: string; values: number }[];
  /** Values that are absent in the answer, by field. */
  absent: { field: string; values: number }[];
  /** Values that contradict the API reference, by field. */
  invalid: { field: string; values: number }[];
  /** Agents with a value that is invalid, or absent although the API reference always has it. */
  flawed: number;
}

interface DescriptionCount {
  presence: string;
  description: string;
  agents: number;
}

/** Limits on the number of series. */
export interface FloorOptions {
  /** Bounds of ages, in seconds and ascending. Agents above each bound are counted. */
  ageBounds: readonly number[];
  /** Most pairs of presence and description with their own series. */
  maxDescriptions: number;
  known?: KnownValues | undefined;
  /**
   * Whether an earlier snapshot of the account had `eligibleForRouting` for any agent. Then an
   * agent without it is not free.
   */
  eligibilitySeen?: boolean;
  semantics?: Semantics | undefined;
}

interface PresenceCounter {
  name: string;
  ages: AgeCounter;
  descriptions: Map<string, DescriptionCount>;
}

/** Counts a snapshot in one pass over its agents. */
export function toFloor(snapshot: Snapshot, options: FloorOptions): Floor {
  const boundsMs = options.ageBounds.map((seconds) => seconds * 1000);
  const newAges = () => new AgeCounter(snapshot.takenAtMs, boundsMs);
  const { known = {}, semantics } = options;
  const presenceNames = new OpenSet(presences, known.presence);
  const presenceCounters = new Map<string, PresenceCounter>();
  const presenceCounter = (presence: string): PresenceCounter => {
    const name = presenceNames.label(presence);
    const counter = presenceCounters.get(name) ?? { name, ages: newAges(), descriptions: new Map() };
    presenceCounters.set(name, counter);
    return counter;
  };
  for (const presence of presences) presenceCounter(presence);

  const activityCounts = new Map(activities.map((name) => [name, { name, agents: 0 }]));
  const legs = new LegCounter(newAges, known);
  const idle = newAges();
  const available = newAges();
  const eligibilityKnown = options.eligibilitySeen || knowsEligibility(snapshot.items);
  const workloads = {
    live: { agents: 0, interactions: 0 },
    semi_live: { agents: 0, interactions: 0 },
    non_live: { agents: 0, interactions: 0 },
  };
  let busy = 0;
  let readyWithoutWorkload = 0;
  let eligible = 0;

  for (const agent of snapshot.items) {
    const counter = presenceCounters.get(agent.presence) ?? presenceCounter(agent.presence);
    counter.ages.add(agent.presenceSinceMs);
    const description = agent.description ?? '';
    const described = counter.descriptions.get(description);
    if (described) described.agents++;
    else counter.descriptions.set(description, { presence: counter.name, description, agents: 1 });

    const activity = toActivity(agent, eligibilityKnown);
    const atWork = hasWorkload(agent);
    activityCounts.get(activity)!.agents++;
    if (agent.presence === 'Ready') {
      if (atWork === false) readyWithoutWorkload++;
      const nothingInHand = isIdle(agent);
      if (nothingInHand) idle.add(idleSinceMs(agent));
      if (nothingInHand === false) busy++;
      if (activity === 'idle') available.add(idleSinceMs(agent));
    }
    if (agent.eligibleForRouting) eligible++;
    addWorkload(workloads.live, agent.live);
    addWorkload(workloads.semi_live, agent.semiLive);
    addWorkload(workloads.non_live, agent.nonLive);

    if (agent.interactions)
      for (const leg of agent.interactions) legs.add(leg, legSinceMs(agent, leg, semantics));
  }

  const counters = [...presenceCounters.values()];
  const unknownPresences = counters
    .filter(({ name }) => !presenceNames.isKnown(name))
    .reduce((sum, { ages }) => sum + ages.count, 0);
  const agents = snapshot.items.length;
  return {
    agents,
    takenAtMs: snapshot.takenAtMs,
    ageBounds: options.ageBounds,
    presences: counters.map(({ name, ages }) => ({ name, ages: ages.ages() })),
    ...foldDescriptions(counters, options.maxDescriptions),
    activities: [...activityCounts.values()],
    idle: idle.ages(),
    available: available.ages(),
    busy,
    readyWithoutWorkload,
    eligible: eligibilityKnown ? eligible : undefined,
    workloads: [
      { name: 'live', ...workloads.live },
      { name: 'semi_live', ...workloads.semi_live },
      { name: 'non_live', ...workloads.non_live },
    ],
    legs: legs.kinds(),
    reasons: legs.reasons(),
    states: legs.states(),
    distinctInteractions: legs.distinct,
    unknown: [{ field: 'presence', values: unknownPresences }, ...legs.unknown()],
    absent: toRows(snapshot.gaps.absent),
    invalid: toRows(snapshot.gaps.invalid),
    flawed: snapshot.gaps.flawed,
  };
}

const toRows = (byField: Readonly<Record<string, number>>) =>
  Object.entries(byField).map(([field, values]) => ({ field, values }));

function addWorkload(sum: { agents: number; interactions: number }, interactions = 0): void {
  if (interactions > 0) sum.agents++;
  sum.interactions += interactions;
}

/**
 * Limits the number of descriptions, which are free text of the account's admin. It keeps the first
 * ones in alphabetical order. If it kept the largest ones, series would appear and disappear with
 * every change of the counts.
 */
function foldDescriptions(
  presenceCounters: readonly PresenceCounter[],
  max: number,
): Pick<Floor, 'descriptions' | 'descriptionsFolded'> {
  const all = presenceCounters
    .flatMap(({ descriptions }) => [...descriptions.values()])
    .sort((a, b) => compare(a.description, b.description) || compare(a.presence, b.presence));
  const kept = all.slice(0, max);
  for (const { presence, agents } of all.slice(max)) {
    const other = kept.find((row) => row.presence === presence && row.description === 'other');
    if (other) other.agents += agents;
    else kept.push({ presence, description: 'other', agents });
  }
  return { descriptions: kept, descriptionsFolded: Math.max(0, all.length - max) };
}
