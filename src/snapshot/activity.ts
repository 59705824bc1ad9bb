import type { Agent } from './agent.ts';
import { type Activity, activities } from './vocabulary.ts';

const activityOfState = new Map<string, Activity>([
  ['Failed', 'failed'],
  ['Unexpected', 'unexpected'],
  ['Connected', 'connected'],
  ['Ringing', 'ringing'],
  ['Wrap', 'wrap'],
]);

const activityOfPresence = new Map<string, Activity>([
  ['Ready', 'idle'],
  ['Away', 'away'],
  ['ExtendedAway', 'extended_away'],
  ['LoggedOut', 'logged_out'],
]);

const rank = new Map<Activity, number>(activities.map((activity, index) => [activity, index]));

/** Whether the API reports any workload for the agent. */
export function hasWorkload(agent: Agent): boolean {
  return agent.live > 0 || agent.semiLive > 0 || agent.nonLive > 0;
}

/**
 * Returns the one thing that an agent is doing. An interaction in a state that the API reference does not name counts
 * as `working`. `idle` means Ready, without workload and without interactions. Workload alone is not enough: it drops
 * to 0 when wrap-up begins, while the agent is still Ready.
 */
export function toActivity(agent: Agent): Activity {
  let activity: Activity | undefined = hasWorkload(agent) ? 'working' : undefined;
  if (agent.interactions) {
    for (const { state } of agent.interactions) {
      const candidate = activityOfState.get(state) ?? 'working';
      if (activity === undefined || rank.get(candidate)! < rank.get(activity)!) activity = candidate;
    }
  }
  return activity ?? activityOfPresence.get(agent.presence) ?? 'other';
}

/**
 * Returns since when an idle agent has been idle, in ms since 1970: the later of the last presence and workload
 * changes. Workload drops at the start of wrap-up, so this may be early by the length of the last wrap-up. Undefined if
 * one of the two is unknown.
 */
export function idleSinceMs({ presenceSinceMs, workloadSinceMs }: Agent): number | undefined {
  if (presenceSinceMs === undefined || workloadSinceMs === undefined) return undefined;
  return Math.max(presenceSinceMs, workloadSinceMs);
}
