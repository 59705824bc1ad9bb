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

/** How much of an agent an interaction takes. */
export type Grade = 'live' | 'semiLive' | 'nonLive';
/** A state in which an interaction is listed. */
export type State = 'Ringing' | 'Connected' | 'Wrap' | 'Unexpected' | 'Failed';

/** What a leg keeps for its whole life. */
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
   * What the API gives as `since`: when its state began, or an earlier one if it does not restart
   * with this state.
   */
  sinceMs: number;
  /** Undefined: in hand but not listed (parked, or interrupted by a call). */
  state: State | undefined;
  reason: string | null;
}

/** An agent of a simulator. */
export interface SimulatedAgent {
  id: string;
  presence: string;
  description: string;
  presenceSinceMs: number;
  workloadSinceMs: number;
  legs: Leg[];
  left: boolean;
  /** Taken by another agent's internal call until then. */
  engagedUntilMs: number;
}

/** What the API reference leaves open, and how this simulator answers it. */
export type World = Semantics;

/**
 * How a simulator answers unless it is told otherwise. Workload of all media falls when wrap-up
 * begins.
 */
export const defaultWorld: World = {
  since_in_connected: 'restarts',
  since_in_wrap: 'restarts',
  eligible_for_routing: 'follows_workload',
};

/**
 * Workload rises when an interaction rings, and falls when wrap-up begins, or in some worlds when
 * it ends. Parked and interrupted work still counts.
 */
export function isWork({ state, medium }: Leg, world: World): boolean {
  if (state === 'Wrap') {
    return world[`workload_falls_${medium.toLowerCase().replaceAll(' ', '_')}`] === 'when_wrap_ends';
  }
  return state === undefined || state === 'Ringing' || state === 'Connected';
}

/**
 * Whether `since` of an interaction restarts with this state. What is true of Connected is true of
 * all but Wrap.
 */
export function restartsSince(state: State, world: World): boolean {
  return (state === 'Wrap' ? world.since_in_wrap : world.since_in_connected) !== 'continues';
}

/** An agent as the API would give it. */
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
