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
 * Whether the agent has any workload. Undefined when the API reports none, and not all three kinds
 * are known.
 */
export function hasWorkload({ live, semiLive, nonLive }: Agent): boolean | undefined {
  if (live! > 0 || semiLive! > 0 || nonLive! > 0) return true;
  return live === undefined || semiLive === undefined || nonLive === undefined ? undefined : false;
}

/**
 * Whether an agent is Ready, without workload and without interactions. Workload alone is not
 * enough: it falls to 0 when wrap-up begins, while the agent is still Ready. Undefined when the
 * API's answer does not say.
 */
export function isIdle(agent: Agent): boolean | undefined {
  if (agent.presence !== 'Ready') return false;
  const atWork = hasWorkload(agent);
  if (atWork || (agent.interactions && agent.interactions.length > 0)) return false;
  return atWork === undefined || agent.interactions === undefined ? undefined : true;
}

/** Whether any agent has `eligibleForRouting`. True for an empty list. */
export function knowsEligibility(agents: readonly Agent[]): boolean {
  return agents.length === 0 || agents.some(({ eligibleForRouting }) => eligibleForRouting !== undefined);
}

/**
 * Returns the activity of an agent: the first in the order of {@link activities} that fits.
 * - An interaction in a state that is unknown, or not in the API reference, is `working`.
 * - `idle` is an idle agent ({@link isIdle}) who is eligible for routing.
 * - While no agent's eligibility is known (`eligibilityKnown` is false), every idle agent is
 *   `idle`.
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
 * Returns since when an agent has been on an interaction, in ms since 1970. The API reference calls
 * `since` the time when the agent started work on the interaction. It does not say whether `since`
 * restarts with each state (docs/decisions/0022-semantics.md). So for an interaction in Wrap:
 * - If `since` is known to restart, it is the answer.
 * - Otherwise, if the agent has no other interaction and no workload, and both times are known, the
 *   answer is the later of `since` and the last change of workload. The workload fell when wrap-up
 *   began.
 * - Otherwise the answer is undefined if `since` is known not to restart, and else `since`.
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
 * and workload changes. The workload falls when wrap-up begins, so this may be too early by the
 * length of the last wrap-up. Undefined if one of the two changes is unknown.
 */
export function idleSinceMs({ presenceSinceMs, workloadSinceMs }: Agent): number | undefined {
  if (presenceSinceMs === undefined || workloadSinceMs === undefined) return undefined;
  return Math.max(presenceSinceMs, workloadSinceMs);
}
