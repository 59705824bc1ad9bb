import type { Agent, Page, Snapshot } from '../snapshot/agent.ts';
import { isAscending } from '../snapshot/compare.ts';
import { agentFields } from '../snapshot/gaps.ts';
import type { KnownValues } from '../snapshot/vocabulary.ts';
import { evidenceOf } from './evidence.ts';
import { type LimitHeader, LimitHeaders } from './limit-headers.ts';
import { Tally, type Verdict } from './tally.ts';
import { type UnknownWord, WordList } from './words.ts';

/** One answer of the API, as far as it is of interest beside its agents. */
export interface SeenAnswer {
  status: number;
  /** Agents per page that were asked for. Undefined when the choice was left to the API. */
  limit: number | undefined;
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What was found out about an account. It contains no id, guid, description, number or name. */
export interface Findings {
  /** Complete readings. */
  readings: number;
  /** Agents of the last one. */
  agents: number;
  verdicts: readonly Verdict[];
  words: readonly UnknownWord[];
  /** Fields that were absent or invalid, with the most values of one reading. */
  gaps: readonly { field: string; absent: number; invalid: number }[];
  /** Most agents of one reading that count as flawed. */
  flawed: number;
  paging: Paging;
  /** Readings in the order of agentId, as a text and as a number. */
  order: { asText: number; asNumber: number };
  /**
   * How long before `upTo` the newest `since` of a page was, at the least, in ms. Negative: it was
   * later.
   */
  newestSinceMs: number | undefined;
  limitHeaders: readonly LimitHeader[];
}

/** How many agents the API gives per page. */
export interface Paging {
  /** Agents per page that were asked for when it last answered. */
  asked: number | undefined;
  /** Sizes that it refused, and never took. */
  refused: readonly number[];
  /** Most pages of an answer. */
  pages: number;
  /** Agents on the largest page. */
  largest: number;
}

/** Statuses by which the API may refuse a page size. */
const refusals = [400, 413, 422];

/**
 * Watches an account: it is fed what the API answers, and tells what that says. It has no clock and
 * asks for nothing.
 */
export class Observer {
  readonly #tally = new Tally();
  readonly #words: WordList;
  readonly #limitHeaders = new LimitHeaders();
  readonly #gaps = new Map(agentFields.map((field) => [field, { field, absent: 0, invalid: 0 }]));
  readonly #paging = {
    asked: undefined as number | undefined,
    /** Sizes that were asked for, and whether a page of that size ever came. */
    sizes: new Map<number, boolean>(),
    pages: 0,
    largest: 0,
  };
  readonly #order = { asText: 0, asNumber: 0 };
  #last: ReadonlyMap<string, Agent> = new Map();
  #readings = 0;
  #flawed = 0;
  #newestSinceMs: number | undefined;

  constructor(known: KnownValues = {}) {
    this.#words = new WordList(known);
  }

  /** Adds an answer to a request for a page, of any status. */
  addAnswer({ status, limit, headers }: SeenAnswer): void {
    this.#limitHeaders.add(headers);
    if (status === 200) this.#paging.asked = limit;
    if (limit === undefined) return;
    const { sizes } = this.#paging;
    // A page that has gone is refused in the same way, and so is one request too many.
    if (status === 200) sizes.set(limit, true);
    else if (refusals.includes(status)) sizes.set(limit, sizes.get(limit) ?? false);
  }

  /** Adds a page, whether or not it becomes part of a reading. */
  addPage({ agents, pageCount, upToMs }: Page): void {
    this.#paging.pages = Math.max(this.#paging.pages, pageCount);
    this.#paging.largest = Math.max(this.#paging.largest, agents.length);
    for (const agent of agents) {
      for (const sinceMs of sincesOf(agent)) {
        const ageMs = upToMs - sinceMs;
        if (!(ageMs >= this.#newestSinceMs!)) this.#newestSinceMs = ageMs;
      }
    }
  }

  /** Adds a complete reading. What changed since the last one is evidence. */
  addSnapshot({ agents, gaps }: Snapshot): void {
    for (const agent of agents) {
      const before = this.#last.get(agent.id);
      if (!before) continue;
      for (const { question, answer } of evidenceOf(before, agent))
        this.#tally.add(question, answer, agent.id);
    }
    this.#last = new Map(agents.map((agent) => [agent.id, agent]));
    this.#readings++;
    this.#words.add(agents);
    for (const [field, most] of this.#gaps) {
      most.absent = Math.max(most.absent, gaps.absent[field]);
      most.invalid = Math.max(most.invalid, gaps.invalid[field]);
    }
    this.#flawed = Math.max(this.#flawed, gaps.flawedAgents);
    if (isAscending(agents)) this.#order.asText++;
    if (isAscendingNumber(agents)) this.#order.asNumber++;
  }

  /** Observations about any question so far. */
  get observations(): number {
    return this.#tally.observations;
  }

  findings(): Findings {
    const { sizes, ...paging } = this.#paging;
    const refused = [...sizes].flatMap(([size, came]) => (came ? [] : [size]));
    return {
      readings: this.#readings,
      agents: this.#last.size,
      verdicts: this.#tally.verdicts(),
      words: this.#words.words(),
      gaps: [...this.#gaps.values()].filter(({ absent, invalid }) => absent + invalid > 0),
      flawed: this.#flawed,
      paging: { ...paging, refused },
      order: { ...this.#order },
      newestSinceMs: this.#newestSinceMs,
      limitHeaders: this.#limitHeaders.headers(),
    };
  }
}

function sincesOf({ presenceSinceMs, workloadSinceMs, interactions = [] }: Agent): number[] {
  const all = [presenceSinceMs, workloadSinceMs, ...interactions.map(({ sinceMs }) => sinceMs)];
  return all.filter((sinceMs) => sinceMs !== undefined);
}

function isAscendingNumber(agents: readonly Agent[]): boolean {
  const ids = agents.map(({ id }) => (/^\d{1,15}$/.test(id) ? Number(id) : Number.NaN));
  // Comparisons with NaN are false.
  return ids.every((id, index) => id > (ids[index - 1] ?? -1));
}
