/** What one agent is doing: one item of the API's answer. All times are ms since 1970. */
export interface Agent {
  id: string;
  presence: string;
  /** Undefined when unknown, as are all `since`. */
  presenceSinceMs: number | undefined;
  /** The account's own name for the presence ("Lunch"). Undefined when the answer left it out. */
  description: string | undefined;
  /** Undefined when the answer left it out. */
  eligibleForRouting: boolean | undefined;
  workloadSinceMs: number | undefined;
  /** The API's `calls`: the agent's live interactions. */
  live: number;
  semiLive: number;
  nonLive: number;
  /** Undefined when the answer left the list out, which differs from an empty list. */
  interactions: readonly Interaction[] | undefined;
}

/** One agent's leg of an interaction. Two agents may have a leg with the same `guid`. */
export interface Interaction {
  guid: string;
  channelGuid: string | null;
  sinceMs: number | undefined;
  medium: string;
  mediumManager: string;
  direction: string;
  state: string;
  reason: string | null;
}

/** One page of the API's answer. Nothing is corrected or checked against other pages. */
export interface Page {
  /** `meta.page`: the page number in the answer. */
  number: number;
  /** `meta.count`: the number of agents that the answer states. */
  count: number;
  pageCount: number;
  totalCount: number;
  /** The API's clock when it answered, in ms since 1970. */
  upToMs: number;
  agents: readonly Agent[];
}

/** Every agent of an account exactly once, at one time. */
export interface Snapshot {
  agents: readonly Agent[];
  /** Records left out, since the API returned an agent more than once. */
  duplicates: number;
  /** The earliest `upTo` of the pages, in ms since 1970. Ages are measured at this time. */
  takenAtMs: number;
  pages: number;
}
