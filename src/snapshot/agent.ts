import type { Gaps } from './gaps.ts';

/**
 * What one agent is doing: one item of the API's answer. All times are ms since 1970. An undefined
 * value is unknown: it is absent or invalid in the answer ({@link Gaps}).
 */
export interface Agent {
  id: string;
  presence: string;
  presenceSinceMs: number | undefined;
  /** The account's own name for the presence ("Lunch"). */
  description: string | undefined;
  eligibleForRouting: boolean | undefined;
  workloadSinceMs: number | undefined;
  /** The API's `calls`: the agent's live interactions. */
  live: number | undefined;
  semiLive: number | undefined;
  nonLive: number | undefined;
  /** Empty when the agent has none. Undefined when that is unknown. */
  interactions: readonly Interaction[] | undefined;
}

/**
 * One agent's leg of an interaction. Two agents may have a leg with the same `guid`. Empty texts
 * are unknown.
 */
export interface Interaction {
  guid: string;
  sinceMs: number | undefined;
  medium: string;
  mediumManager: string;
  direction: string;
  state: string;
  /** Null when there is no reason, or when it is unknown. */
  reason: string | null;
}
