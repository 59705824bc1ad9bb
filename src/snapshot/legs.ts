import type { Interaction } from './agent.ts';
import type { AgeCounter, Ages } from './ages.ts';
import { OpenSet } from './open-set.ts';
import {
  directions,
  type KnownValues,
  media,
  mediumManagers,
  type OpenField,
  reasonsByState,
  states,
} from './vocabulary.ts';

/** The kind of an agent's leg. */
export interface LegKind {
  medium: string;
  mediumManager: string;
  direction: string;
  state: string;
  reason: string;
}

/** The number of legs of one kind. */
export type LegCount = LegKind & { legs: number };

interface Leaf {
  kind: LegKind;
  legs: number;
  ages: AgeCounter;
  /** Fields with a value that the API reference does not name. */
  unknown: ReadonlySet<UnknownField>;
}

const legFields = ['state', 'reason', 'direction', 'medium', 'medium_manager'] as const satisfies OpenField[];
type UnknownField = (typeof legFields)[number];

type Branch<T> = Map<string | null, T>;

/**
 * Counts legs by kind. The keys of the tree are the values in the answer, so that each combination
 * is converted to labels only once.
 */
export class LegCounter {
  readonly #newAges: () => AgeCounter;
  readonly #tree: Branch<Branch<Branch<Branch<Branch<Leaf>>>>> = new Map();
  readonly #leaves: Leaf[] = [];
  readonly #states = new Map<string, AgeCounter>();
  readonly #guids = new Set<string>();
  readonly #names: Record<UnknownField, OpenSet>;
  readonly #known: KnownValues;

  constructor(newAges: () => AgeCounter, known: KnownValues) {
    this.#newAges = newAges;
    this.#known = known;
    this.#names = {
      state: new OpenSet(states, known.state),
      reason: new OpenSet(['', ...Object.values(reasonsByState).flat()], known.reason),
      direction: new OpenSet(directions, known.direction),
      medium: new OpenSet(media, known.medium),
      medium_manager: new OpenSet(mediumManagers, known.medium_manager),
    };
    for (const state of states) this.#states.set(state, newAges());
  }

  /** Counts a leg. `sinceMs` is when it entered its state. Undefined when that is unknown. */
  add(leg: Interaction, sinceMs: number | undefined): void {
    const byManager = branch(this.#tree, leg.medium);
    const byDirection = branch(byManager, leg.mediumManager);
    const byState = branch(byDirection, leg.direction);
    const byReason = branch(byState, leg.state);
    let leaf = byReason.get(leg.reason);
    if (leaf === undefined) {
      leaf = this.#newLeaf(leg);
      byReason.set(leg.reason, leaf);
    }
    leaf.legs++;
    leaf.ages.add(sinceMs);
    if (leg.guid !== '') this.#guids.add(leg.guid);
  }

  #newLeaf(leg: Interaction): Leaf {
    const values = {
      state: leg.state,
      reason: leg.reason ?? '',
      direction: leg.direction,
      medium: leg.medium,
      medium_manager: leg.mediumManager,
    };
    const kind = {
      medium: this.#names.medium.label(values.medium),
      mediumManager: this.#names.medium_manager.label(values.medium_manager),
      direction: this.#names.direction.label(values.direction),
      state: this.#names.state.label(values.state),
      reason: this.#names.reason.label(values.reason),
    };
    let ages = this.#states.get(kind.state);
    if (ages === undefined) {
      ages = this.#newAges();
      this.#states.set(kind.state, ages);
    }
    const unknown = new Set<UnknownField>(
      legFields.filter((field) => values[field] !== '' && !this.#names[field].isKnown(values[field])),
    );
    const known = isReasonOf(leg.state, values.reason) || this.#known.reason?.includes(values.reason);
    if (!known) unknown.add('reason');
    const leaf = { kind, legs: 0, ages, unknown };
    this.#leaves.push(leaf);
    return leaf;
  }

  /** The number of distinct interactions. Several agents may have legs with the same guid. */
  get distinct(): number {
    return this.#guids.size;
  }

  /** Returns the kinds with legs, in alphabetical order. All reasons are added up. */
  kinds(): LegCount[] {
    const sums = new Map<string, LegCount>();
    for (const { kind, legs } of this.#leaves) {
      const key = `${kind.medium}\0${kind.mediumManager}\0${kind.direction}\0${kind.state}`;
      const sum = sums.get(key);
      if (sum) sum.legs += legs;
      else sums.set(key, { ...kind, reason: '', legs });
    }
    return [...sums.keys()].sort().map((key) => sums.get(key)!);
  }

  /**
   * Returns the legs by state and reason. Every pair of the API reference is present, even with 0
   * legs.
   */
  reasons(): { state: string; reason: string; legs: number }[] {
    const sums = new Map<string, Map<string, number>>();
    for (const state of states) {
      sums.set(state, new Map(['', ...reasonsByState[state]].map((reason) => [reason, 0])));
    }
    for (const { kind, legs } of this.#leaves) {
      const byReason = branch(sums, kind.state);
      byReason.set(kind.reason, (byReason.get(kind.reason) ?? 0) + legs);
    }
    return [...sums].flatMap(([state, byReason]) =>
      [...byReason].map(([reason, legs]) => ({ state, reason, legs })),
    );
  }

  /** Returns the ages by state. Every state of the API reference is present. */
  states(): { name: string; ages: Ages }[] {
    return [...this.#states].map(([name, counter]) => ({ name, ages: counter.ages() }));
  }

  /** Returns the number of legs with a value that the API reference does not name, by field. */
  unknown(): { field: string; values: number }[] {
    return legFields.map((field) => ({
      field,
      values: this.#leaves.reduce((sum, leaf) => sum + (leaf.unknown.has(field) ? leaf.legs : 0), 0),
    }));
  }
}

/**
 * Whether the reason may occur in this state. Any reason may occur in a state that the API
 * reference does not name.
 */
export function isReasonOf(state: string, reason: string): boolean {
  const reasons = Object.hasOwn(reasonsByState, state)
    ? reasonsByState[state as keyof typeof reasonsByState]
    : undefined;
  return reason === '' || reasons === undefined || (reasons as readonly string[]).includes(reason);
}

/** Returns the subtree of a key. Adds the subtree if it is missing. */
function branch<K, L, T>(tree: Map<K, Map<L, T>>, key: K): Map<L, T> {
  let found = tree.get(key);
  if (found === undefined) {
    found = new Map();
    tree.set(key, found);
  }
  return found;
}
