import type { Semantics } from '../snapshot/semantics.ts';

/** One item of the API's answer, in the API's spelling. */
export interface AgentStatus {
  agentId: string;
  presence: { since: string; name: string; description: string; eligibleForRouting: boolean };
  workload: { since: string; calls: number; semiLive: number; nonLive: number };
  interaction: {
    guid: string;
    channelGuid: string | null;
    since: string;
    medium: string;
    mediumManager: string;
    direction: string;
    state: string;
    reason: string | null;
  }[];
}

/** The kind of workload that an interaction is. */
export type Grade = 'live' | 'semiLive' | 'nonLive';
/** A state in which an interaction is listed. */
export type State = 'Ringing' | 'Connected' | 'Wrap' | 'Unexpected' | 'Failed';

/** The fields of a leg that never change. */
export interface Interaction {
  guid: string;
  channelGuid: string | null;
  medium: string;
  mediumManager: string;
  direction: 'Inbound' | 'Outbound' | 'Internal';
  grade: Grade;
}

/** An agent's part in an interaction. */
export interface Leg extends Interaction {
  /**
   * The API's `since`. The start of the current state, or of an earlier one if `since` does not
   * restart ({@link restartsSince}).
   */
  sinceMs: number;
  /**
   * Undefined: the agent has it, but the API does not list it (parked, or interrupted by a call).
   */
  state: State | undefined;
  reason: string | null;
}

/** An agent of the simulator. */
export interface SimulatedAgent {
  id: string;
  presence: string;
  description: string;
  presenceSinceMs: number;
  workloadSinceMs: number;
  legs: Leg[];
  left: boolean;
  /** In another agent's internal call until then. */
  engagedUntilMs: number;
}

/** How the simulator behaves where the API reference is silent. */
export type World = Semantics;

/** The simulator's defaults. The workload of all media falls when wrap-up begins. */
export const defaultWorld: World = {
  since_in_connected: 'restarts',
  since_in_wrap: 'restarts',
  eligible_for_routing: 'follows_workload',
};

/**
 * Whether an interaction counts as workload. Workload rises when an interaction rings. It falls
 * when wrap-up begins or ends, depending on `world`. Parked and interrupted work still counts.
 */
export function isWork({ state, medium }: Leg, world: World): boolean {
  if (state === 'Wrap') {
    return world[`workload_falls_${medium.toLowerCase().replaceAll(' ', '_')}`] === 'when_wrap_ends';
  }
  return state === undefined || state === 'Ringing' || state === 'Connected';
}

/**
 * Whether `since` of an interaction restarts with this state. All states except Wrap behave like
 * Connected.
 */
export function restartsSince(state: State, world: World): boolean {
  return (state === 'Wrap' ? world.since_in_wrap : world.since_in_connected) !== 'continues';
}

/** Returns an agent as the API would return it. */
export function toStatus(agent: SimulatedAgent, world: World): AgentStatus {
  const workload = { live: 0, semiLive: 0, nonLive: 0 };
  for (const leg of agent.legs) if (isWork(leg, world)) workload[leg.grade]++;
  return {
    agentId: agent.id,
    presence: {
      since: new Date(agent.presenceSinceMs).toISOString(),
      name: agent.presence,
      description: agent.description,
      eligibleForRouting:
        agent.presence === 'Ready' &&
        agent.description === 'Ready' &&
        (workload.live === 0 || world.eligible_for_routing === 'follows_presence'),
    },
    workload: {
      since: new Date(agent.workloadSinceMs).toISOString(),
      calls: workload.live,
      semiLive: workload.semiLive,
      nonLive: workload.nonLive,
    },
    interaction: agent.legs.flatMap(
      ({ guid, channelGuid, sinceMs, medium, mediumManager, direction, state, reason }) =>
        state === undefined
          ? []
          : [
              {
                guid,
                channelGuid,
                since: new Date(sinceMs).toISOString(),
                medium,
                mediumManager,
                direction,
                state,
                reason,
              },
            ],
    ),
  };
}
