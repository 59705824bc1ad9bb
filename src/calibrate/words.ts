import type { Agent } from '../snapshot/agent.ts';
import { isReasonOf } from '../snapshot/legs.ts';
import {
  directions,
  type KnownValues,
  media,
  mediumManagers,
  type OpenField,
  openFields,
  presences,
  reasonsByState,
  states,
} from '../snapshot/vocabulary.ts';

/**
 * Whether a text looks like a word, so that it may be shown. Any other text may be a misplaced
 * phone number or name. A text with a space at either end is not a word: VCC_KNOWN_VALUES cannot
 * contain it.
 */
export function isWord(text: string): boolean {
  return /^(?! )(?=.*\p{L})[\p{L} _-]{1,40}(?<! )$/u.test(text);
}

/** A value that is not in the API reference. */
export interface UnknownWord {
  field: OpenField;
  /** Undefined for values that are not words. */
  word: string | undefined;
  /** The number of readings with the value. */
  readings: number;
}

/** Most words of a field to keep apart. All further words count as values that are not words. */
const maxWords = 20;

const reasons: readonly string[] = Object.values(reasonsByState).flat();
const named: Readonly<Record<OpenField, readonly string[]>> = {
  presence: presences,
  state: states,
  reason: reasons,
  direction: directions,
  medium: media,
  medium_manager: mediumManagers,
};

/** Collects the values that are neither in the API reference nor in VCC_KNOWN_VALUES. */
export class WordList {
  readonly #known: KnownValues;
  readonly #readings = new Map<OpenField, Map<string | undefined, number>>();

  constructor(known: KnownValues) {
    this.#known = known;
  }

  /** Adds the values of one reading. */
  add(agents: readonly Agent[]): void {
    const found = new Map<OpenField, Set<string | undefined>>();
    const note = (field: OpenField, value: string, isNamed = named[field].includes(value)) => {
      if (value === '' || isNamed || this.#known[field]?.includes(value)) return;
      const values = found.get(field) ?? new Set();
      found.set(field, values.add(isWord(value) ? value : undefined));
    };
    for (const { presence, interactions = [] } of agents) {
      note('presence', presence);
      for (const leg of interactions) {
        note('state', leg.state);
        const reason = leg.reason ?? '';
        note('reason', reason, reasons.includes(reason) && isReasonOf(leg.state, reason));
        note('direction', leg.direction);
        note('medium', leg.medium);
        note('medium_manager', leg.mediumManager);
      }
    }
    for (const [field, values] of found) for (const value of values) this.#count(field, value);
  }

  #count(field: OpenField, value: string | undefined): void {
    const counts = this.#readings.get(field) ?? new Map<string | undefined, number>();
    this.#readings.set(field, counts);
    const kept = counts.has(value) || counts.size < maxWords ? value : undefined;
    counts.set(kept, (counts.get(kept) ?? 0) + 1);
  }

  /** Returns the values by field, in the order of their first reading. */
  words(): UnknownWord[] {
    return openFields.flatMap((field) =>
      [...(this.#readings.get(field) ?? [])].map(([word, readings]) => ({ field, word, readings })),
    );
  }
}
