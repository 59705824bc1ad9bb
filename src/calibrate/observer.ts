import type { Agent } from '../snapshot/agent.ts';
import { isAscending } from '../snapshot/compare.ts';
import { agentFields } from '../snapshot/gaps.ts';
import type { Page, Snapshot } from '../snapshot/page.ts';
import type { KnownValues } from '../snapshot/vocabulary.ts';
import { evidenceOf } from './evidence.ts';
import { type LimitHeader, LimitHeaders } from './limit-headers.ts';
import { type FieldGaps, MostGaps } from './most-gaps.ts';
import { Tally, type Verdict } from './tally.ts';
import { type UnknownWord, WordList } from './words.ts';

/** One answer of the API, without its body. */
export interface SeenAnswer {
  status: number;
  /** The requested limit of agents per page. Undefined when the request had none. */
  limit: number | undefined;
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/**
 * The findings about an account. They contain no id, guid, description, phone number or name of a
 * person.
 */
export interface Findings {
  /** The number of complete readings. */
  readings: number;
  /** The number of agents in the last reading. */
  agents: number;
  verdicts: readonly Verdict[];
  words: readonly UnknownWord[];
  /** Fields that were absent or invalid, with the highest numbers of one reading. */
  gaps: readonly FieldGaps[];
  /** The highest number of flawed agents in one reading. */
  flawed: number;
  paging: Paging;
  /** The number of readings in the order of agentId, compared as text and as numbers. */
  order: { asText: number; asNumber: number };
  /**
   * The time from the newest `since` of a page to its `upTo`, in ms: the smallest of all pages.
   * Negative if a `since` was later than `upTo`.
   */
  newestSinceMs: number | undefined;
  limitHeaders: readonly LimitHeader[];
}

/** How many agents the API returns per page. */
export interface Paging {
  /** The requested limit of the last successful answer. Undefined without a limit. */
  asked: number | undefined;
  /** Limits that the API refused, and never accepted. */
  refused: readonly number[];
  /** The highest number of pages in an answer. */
  pages: number;
  /** The number of agents on the largest page. */
  largest: number;
}

/** Statuses by which the API may refuse a page size. */
const refusals = [400, 413, 422];

/**
 * Collects findings about an account from the answers of the API. It has no clock, and sends no
 * requests.
 */
export class Observer {
  readonly #tally = new Tally();
  readonly #words: WordList;
  readonly #limitHeaders = new LimitHeaders();
  readonly #gaps = new MostGaps(agentFields);
  readonly #paging = {
    asked: undefined as number | undefined,
    /** The requested limits, and whether the API ever accepted them. */
    sizes: new Map<number, boolean>(),
    pages: 0,
    largest: 0,
  };
  readonly #order = { asText: 0, asNumber: 0 };
  #last: ReadonlyMap<string, Agent> = new Map();
  #readings = 0;
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
    // A single refusal proves nothing: its cause may be a page that no longer exists, or a rate
    // limit.
    if (status === 200) sizes.set(limit, true);
    else if (refusals.includes(status)) sizes.set(limit, sizes.get(limit) ?? false);
  }

  /** Adds a page, even if its reading stays incomplete. */
  addPage({ items: agents, pageCount, upToMs }: Page): void {
    this.#paging.pages = Math.max(this.#paging.pages, pageCount);
    this.#paging.largest = Math.max(this.#paging.largest, agents.length);
    for (const agent of agents) {
      for (const sinceMs of sincesOf(agent)) {
        const ageMs = upToMs - sinceMs;
        if (!(ageMs >= this.#newestSinceMs!)) this.#newestSinceMs = ageMs;
      }
    }
  }

  /** Adds a complete reading. Changes since the last reading are evidence. */
  addSnapshot({ items: agents, gaps }: Snapshot): void {
    for (const agent of agents) {
      const before = this.#last.get(agent.id);
      if (!before) continue;
      for (const { question, answer } of evidenceOf(before, agent))
        this.#tally.add(question, answer, agent.id);
    }
    this.#last = new Map(agents.map((agent) => [agent.id, agent]));
    this.#readings++;
    this.#words.add(agents);
    this.#gaps.add(gaps);
    if (isAscending(agents)) this.#order.asText++;
    if (isAscendingNumber(agents)) this.#order.asNumber++;
  }

  /** The number of observations so far, of all questions. */
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
      gaps: this.#gaps.fields(),
      flawed: this.#gaps.flawed,
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
