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

/** Whether the API says that the agent handles anything. */
export function hasWorkload(agent: Agent): boolean {
  return agent.live > 0 || agent.semiLive > 0 || agent.nonLive > 0;
}

/**
 * The one thing an agent is doing. An interaction in a state that the reference does not name counts as working.
 * `idle` is exactly: Ready, no workload, no interaction. (Workload alone would not do: it falls to 0 when wrap-up
 * begins, while the agent is still Ready.)
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
 * Since when an idle agent has been idle: the later of presence and workload. Workload falls at the start of
 * wrap-up, so this may be early by the length of the last wrap-up.
 */
export function idleSinceMs(agent: Agent): number {
  return Math.max(agent.presenceSinceMs, agent.workloadSinceMs);
}
