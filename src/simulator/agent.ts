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
  begunMs: number;
  /** When its state began. */
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

/** Workload rises when an interaction rings and falls when wrap-up begins; parked and interrupted work still counts. */
export function isWork(leg: Leg): boolean {
  return leg.state === undefined || leg.state === 'Ringing' || leg.state === 'Connected';
}

/** What the API reference leaves open, and how this simulator answers it. */
export interface World {
  /** Whether `since` of an interaction restarts with each state, or is when the agent started on it. */
  since: 'state' | 'interaction';
  /** Whether an agent on a call is eligible for routing: the examples of the reference and of the FAQ disagree. */
  onCall: 'not-eligible' | 'eligible';
}

/** How a simulator answers unless it is told otherwise. */
export const defaultWorld: World = { since: 'state', onCall: 'not-eligible' };

/** An agent as the API would give it. */
export function toStatus(agent: SimulatedAgent, world: World): AgentStatus {
  const workload = { live: 0, semiLive: 0, nonLive: 0 };
  for (const leg of agent.legs) if (isWork(leg)) workload[leg.grade]++;
  return {
    agentId: agent.id,
    presence: {
      since: new Date(agent.presenceSinceMs).toISOString(),
      name: agent.presence,
      description: agent.description,
      eligibleForRouting:
        agent.presence === 'Ready' &&
        agent.description === 'Ready' &&
        (workload.live === 0 || world.onCall === 'eligible'),
    },
    workload: {
      since: new Date(agent.workloadSinceMs).toISOString(),
      calls: workload.live,
      semiLive: workload.semiLive,
      nonLive: workload.nonLive,
    },
    interaction: agent.legs.flatMap(
      ({ guid, channelGuid, begunMs, sinceMs, medium, mediumManager, direction, state, reason }) =>
        state === undefined
          ? []
          : [
              {
                guid,
                channelGuid,
                since: new Date(world.since === 'state' ? sinceMs : begunMs).toISOString(),
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
