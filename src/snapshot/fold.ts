import { compare } from './compare.ts';

/**
 * Limits the number of names that become label values. It keeps the first `max` in alphabetical
 * order; all others become `other`. If it kept the most frequent ones, series would appear and
 * disappear with every change of the counts.
 */
export function foldNames(
  names: Iterable<string>,
  max: number,
): { labelOf: ReadonlyMap<string, string>; folded: number } {
  const sorted = [...new Set(names)].sort(compare);
  return {
    labelOf: new Map(sorted.map((name, index) => [name, index < max ? name : 'other'])),
    folded: Math.max(0, sorted.length - max),
  };
}
