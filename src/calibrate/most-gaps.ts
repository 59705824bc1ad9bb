import type { Gaps } from '../snapshot/gaps.ts';

/** A field that was absent or invalid, with the highest numbers of one reading. */
export interface FieldGaps {
  field: string;
  absent: number;
  invalid: number;
}

/** Collects the values that are absent or invalid. */
export class MostGaps<Field extends string> {
  readonly #fields: ReadonlyMap<Field, FieldGaps>;
  /** The highest number of flawed items in one reading. */
  flawed = 0;

  constructor(fields: readonly Field[]) {
    this.#fields = new Map(fields.map((field) => [field, { field, absent: 0, invalid: 0 }]));
  }

  /** Adds the gaps of one reading. */
  add(gaps: Gaps<Field>): void {
    for (const [field, most] of this.#fields) {
      most.absent = Math.max(most.absent, gaps.absent[field]);
      most.invalid = Math.max(most.invalid, gaps.invalid[field]);
    }
    this.flawed = Math.max(this.flawed, gaps.flawed);
  }

  /** Returns the fields with gaps. */
  fields(): FieldGaps[] {
    return [...this.#fields.values()].filter(({ absent, invalid }) => absent + invalid > 0);
  }
}
