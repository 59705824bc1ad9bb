import type { Agent, Interaction } from './agent.ts';
import type { Semantics } from './semantics.ts';
import { type Activity, activities } from './vocabulary.ts';

const activityOfState = new Map<string, Activity>([
  ['Failed', 'failed'],
  ['Unexpected', 'unexpected'],
  ['Connected', 'connected'],
  ['Ringing', 'ringing'],
  ['Wrap', 'wrap'],
]);

const activityOfPresence = new Map<string, Activity>([
  ['Away', 'away'],
  ['ExtendedAway', 'extended_away'],
  ['LoggedOut', 'logged_out'],
]);

const rank = new Map<Activity, number>(activities.map((activity, index) => [activity, index]));

/**
 * Whether the API reports any workload for the agent. Undefined when it reports none, but not of
 * all three kinds.
 */
export function hasWorkload({ live, semiLive, nonLive }: Agent): boolean | undefined {
  if (live! > 0 || semiLive! > 0 || nonLive! > 0) return true;
  return live === undefined || semiLive === undefined || nonLive === undefined ? undefined : false;
}

/**
 * Whether an agent is Ready, without workload and without interactions. Workload alone is not
 * enough: it drops to 0 when wrap-up begins, while the agent is still Ready. Undefined when the
 * answer does not say.
 */
export function isIdle(agent: Agent): boolean | undefined {
  if (agent.presence !== 'Ready') return false;
  const atWork = hasWorkload(agent);
  if (atWork || (agent.interactions && agent.interactions.length > 0)) return false;
  return atWork === undefined || agent.interactions === undefined ? undefined : true;
}

/**
 * Whether the answer says of any agent whether a new interaction can be routed to them. With no
 * agents it counts as yes.
 */
export function knowsEligibility(agents: readonly Agent[]): boolean {
  return agents.length === 0 || agents.some(({ eligibleForRouting }) => eligibleForRouting !== undefined);
}

/**
 * Returns the one thing that an agent is doing. An interaction in a state that the API reference
 * does not name, or that is unknown, counts as `working`. `idle` is an idle agent ({@link isIdle})
 * who is eligible for routing; where the answer does not say so of anybody (`eligibilityKnown`),
 * every idle agent.
 */
export function toActivity(agent: Agent, eligibilityKnown: boolean): Activity {
  const atWork = hasWorkload(agent);
  let activity: Activity | undefined = atWork ? 'working' : undefined;
  if (agent.interactions) {
    for (const { state } of agent.interactions) {
      const candidate = activityOfState.get(state) ?? 'working';
      if (activity === undefined || rank.get(candidate)! < rank.get(activity)!) activity = candidate;
    }
  }
  if (activity) return activity;
  if (agent.presence !== 'Ready') return activityOfPresence.get(agent.presence) ?? 'other';
  if (!isIdle(agent)) return 'unknown';
  if (!eligibilityKnown || agent.eligibleForRouting) return 'idle';
  return agent.eligibleForRouting === false ? 'ready_not_routable' : 'unknown';
}

/**
 * Returns since when an agent has been on an interaction, in ms since 1970. The API reference says
 * of `since`: "The time when the agent started work on the interaction", and not whether it
 * restarts with each state. For wrap-up it is known all the same if the agent has no other
 * interaction and no workload: the workload fell when wrap-up began, so it began at the later of
 * both times. For other wrap-ups it is undefined where `since` is known not to restart
 * (docs/decisions/0022-semantics.md).
 */
export function legSinceMs(
  agent: Agent,
  leg: Interaction,
  { since_in_wrap: inWrap }: Semantics = {},
): number | undefined {
  if (leg.state !== 'Wrap' || inWrap === 'restarts') return leg.sinceMs;
  const { interactions, workloadSinceMs } = agent;
  const onlyWrap = interactions?.length === 1 && hasWorkload(agent) === false;
  if (onlyWrap && leg.sinceMs !== undefined && workloadSinceMs !== undefined) {
    return Math.max(leg.sinceMs, workloadSinceMs);
  }
  return inWrap === 'continues' ? undefined : leg.sinceMs;
}

/**
 * Returns since when an idle agent has been idle, in ms since 1970: the later of the last presence
 * and workload changes. Workload drops at the start of wrap-up, so this may be early by the length
 * of the last wrap-up. Undefined if one of the two is unknown.
 */
export function idleSinceMs({ presenceSinceMs, workloadSinceMs }: Agent): number | undefined {
  if (presenceSinceMs === undefined || workloadSinceMs === undefined) return undefined;
  return Math.max(presenceSinceMs, workloadSinceMs);
}
