import { agentFields } from '../../src/snapshot/gaps.ts';
import {
  activities,
  directions,
  media,
  mediumManagers,
  presences,
  reasonsByState,
  states,
  workloads,
} from '../../src/snapshot/vocabulary.ts';

const known = new Set<string>([
  ...activities,
  ...workloads,
  ...presences,
  ...states,
  ...Object.values(reasonsByState).flat(),
  ...directions,
  ...media,
  ...mediumManagers,
  ...agentFields,
  'presence',
  '',
]);
// It is an activity, and also the name for unknown words above a limit.
known.delete('other');

/**
 * Makes counts of an account comparable with those of its recording. Times are earlier by
 * `movedMs`. Words that the API reference does not name become the same word, and the order of rows
 * does not depend on them.
 */
export function comparable(value: unknown, movedMs = 0): unknown {
  if (typeof value === 'string') return known.has(value) ? value : '?';
  // Milliseconds since 1970, also of means.
  if (typeof value === 'number') return value > 1e11 ? Math.round((value - movedMs) * 100) / 100 : value;
  if (typeof value !== 'object' || value === null) return value;
  if (!Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, comparable(each, movedMs)]));
  }
  const rows = value.map((each) => comparable(each, movedMs));
  const keyed = rows.map((row) => [JSON.stringify(row), row] as const);
  return rows.every((row) => typeof row === 'object')
    ? keyed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
    : rows;
}
