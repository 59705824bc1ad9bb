import fc from 'fast-check';
import type { Agent, Interaction } from '../../src/snapshot/agent.ts';
import { agentFields, noGaps } from '../../src/snapshot/gaps.ts';
import type { Page, Snapshot } from '../../src/snapshot/page.ts';
import {
  directions,
  media,
  mediumManagers,
  presences,
  reasonsByState,
  states,
} from '../../src/snapshot/vocabulary.ts';

/** The time at which the tests' snapshots are taken. */
export const takenAtMs = Date.parse('2026-01-15T10:00:00.500Z');

/** An idle agent, except for what the test sets. */
export function agent(id: string, more: Partial<Agent> = {}): Agent {
  return {
    id,
    presence: 'Ready',
    presenceSinceMs: takenAtMs - 600_000,
    description: 'Ready',
    eligibleForRouting: true,
    workloadSinceMs: takenAtMs - 300_000,
    live: 0,
    semiLive: 0,
    nonLive: 0,
    interactions: [],
    ...more,
  };
}

/** A connected inbound call, except for what the test sets. */
export function interaction(more: Partial<Interaction> = {}): Interaction {
  return {
    guid: 'b6c01065-a5fa-432f-981b-649f98518878',
    sinceMs: takenAtMs - 60_000,
    medium: 'Phone',
    mediumManager: 'CC',
    direction: 'Inbound',
    state: 'Connected',
    reason: null,
    ...more,
  };
}

/** A snapshot of these agents, as the API reference describes them. */
export function snapshotOf(agents: readonly Agent[], more: Partial<Snapshot> = {}): Snapshot {
  return { items: agents, takenAtMs, duplicates: 0, pages: 1, gaps: noGaps(agentFields), ...more };
}

/** Agents cut into pages that agree with each other. */
export function pagesOf(agents: readonly Agent[], size: number, upToMs = takenAtMs): Map<number, Page> {
  const pageCount = Math.ceil(agents.length / size);
  const pages = new Map<number, Page>();
  for (let number = 1; number <= Math.max(1, pageCount); number++) {
    const items = agents.slice((number - 1) * size, number * size);
    pages.set(number, {
      number,
      count: items.length,
      pageCount,
      totalCount: agents.length,
      upToMs,
      items: items,
      gaps: noGaps(agentFields),
    });
  }
  return pages;
}

/** The API may not know a time. */
const since = fc.option(
  fc.integer({ min: -5_000, max: 100_000_000 }).map((ageMs) => takenAtMs - ageMs),
  { nil: undefined, freq: 9 },
);
/** A word of the API reference, or another one. */
const oneOrNew = (known: readonly string[]) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...known) },
    fc.constantFrom('Novel', 'a"b\\c\nd', 'other'),
  );

const anyInteraction: fc.Arbitrary<Interaction> = fc.record({
  guid: fc.constantFrom('', ...Array.from({ length: 40 }, (_, index) => `guid-${index}`)),
  sinceMs: since,
  medium: oneOrNew(media),
  mediumManager: oneOrNew(mediumManagers),
  direction: oneOrNew(directions),
  state: oneOrNew(states),
  reason: fc.oneof(fc.constant(null), oneOrNew(Object.values(reasonsByState).flat())),
});

const anyAgent: fc.Arbitrary<Agent> = fc.record({
  id: fc.constant(''),
  presence: oneOrNew(presences),
  presenceSinceMs: since,
  description: fc.option(fc.constantFrom('', 'Ready', 'Lunch', 'Break', 'Meeting', 'other', 'Tea "5"'), {
    nil: undefined,
  }),
  eligibleForRouting: fc.option(fc.boolean(), { nil: undefined }),
  workloadSinceMs: since,
  live: fc.constantFrom(0, 0, 0, 1, undefined),
  semiLive: fc.constantFrom(0, 0, 0, 1, 3, undefined),
  nonLive: fc.constantFrom(0, 0, 0, 2, undefined),
  interactions: fc.option(fc.oneof(fc.constant([]), fc.array(anyInteraction, { maxLength: 4 })), {
    nil: undefined,
  }),
});

/** Any agents that the API may return, ids all different, up to `most`. */
export const anyAgentsUpTo = (most: number): fc.Arbitrary<Agent[]> =>
  fc
    .array(anyAgent, { maxLength: most })
    .map((agents) => agents.map((each, index) => ({ ...each, id: `agent-${index}` })));

/** Any agents that the API may return, ids all different. */
export const anyAgents: fc.Arbitrary<Agent[]> = anyAgentsUpTo(60);
