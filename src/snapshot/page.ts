import type { Agent } from './agent.ts';
import type { AgentField, Gaps } from './gaps.ts';

/** An item of a page. No two items of a snapshot have the same id. */
export interface Item {
  id: string;
}

/**
 * One page of an answer of the API, as it is: agents by default. It is not compared with other
 * pages.
 */
export interface Page<I extends Item = Agent, Field extends string = AgentField> {
  /** `meta.page`: the page number in the answer. */
  number: number;
  /** `meta.count`: how many items this page has, according to itself. */
  count: number;
  pageCount: number;
  totalCount: number;
  /** The API's time of the answer, in ms since 1970. */
  upToMs: number;
  items: readonly I[];
  gaps: Gaps<Field>;
}

/** Every item of an account exactly once, at one time: agents by default. */
export interface Snapshot<I extends Item = Agent, Field extends string = AgentField> {
  items: readonly I[];
  /** Records that were left out because the API returned an item more than once. */
  duplicates: number;
  /** The earliest `upTo` of the pages, in ms since 1970. Ages are measured at this time. */
  takenAtMs: number;
  pages: number;
  gaps: Gaps<Field>;
}
