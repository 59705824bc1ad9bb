/** What one agent is doing: the domain's form of one item of the API's answer. All times are ms since 1970. */
export interface Agent {
  id: string;
  presence: string;
  presenceSinceMs: number;
  /** The admin's own name for the presence ("Lunch"); undefined when the answer left it out. */
  description: string | undefined;
  /** Undefined when the answer left it out. */
  eligibleForRouting: boolean | undefined;
  workloadSinceMs: number;
  /** The API's `calls`: live interactions in hand. */
  live: number;
  semiLive: number;
  nonLive: number;
  /** Undefined when the answer left the list out, which is not the same as an empty one. */
  interactions: readonly Interaction[] | undefined;
}

/** One agent's leg of an interaction; two agents may be on one `guid`. */
export interface Interaction {
  guid: string;
  channelGuid: string | null;
  sinceMs: number;
  medium: string;
  mediumManager: string;
  direction: string;
  state: string;
  reason: string | null;
}

/** One page of the answer, as it came. */
export interface Page {
  /** meta.page: which page the answer says it is. */
  number: number;
  /** meta.count: how many agents the answer says it holds. */
  count: number;
  pageCount: number;
  totalCount: number;
  /** The API's clock when it answered. */
  upToMs: number;
  agents: readonly Agent[];
}

/** Every agent of an account exactly once, at one time. */
export interface Snapshot {
  agents: readonly Agent[];
  /** The earliest `upTo` of the pages. Ages are taken at this time. */
  takenAtMs: number;
  pages: number;
}
