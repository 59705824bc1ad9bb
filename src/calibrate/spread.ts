/** How some numbers are distributed. */
export interface Spread {
  count: number;
  least: number;
  median: number;
  /** Nine in ten are at most this large. */
  ninetieth: number;
  most: number;
}

/** Returns the distribution of these numbers. Undefined without any. */
export function toSpread(numbers: readonly number[]): Spread | undefined {
  if (numbers.length === 0) return undefined;
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]!;
  return {
    count: sorted.length,
    least: sorted[0]!,
    median: at(0.5),
    ninetieth: at(0.9),
    most: sorted.at(-1)!,
  };
}
