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

/** One page of the API's answer, as it is. It is not compared with other pages. */
export interface Page {
  /** `meta.page`: the page number in the answer. */
  number: number;
  /** `meta.count`: how many agents this page has, according to itself. */
  count: number;
  pageCount: number;
  totalCount: number;
  /** The API's time of the answer, in ms since 1970. */
  upToMs: number;
  agents: readonly Agent[];
  gaps: Gaps;
}

/** Every agent of an account exactly once, at one time. */
export interface Snapshot {
  agents: readonly Agent[];
  /** Records that were left out because the API returned an agent more than once. */
  duplicates: number;
  /** The earliest `upTo` of the pages, in ms since 1970. Ages are measured at this time. */
  takenAtMs: number;
  pages: number;
  gaps: Gaps;
}
