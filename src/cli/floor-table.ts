import { accountOverview, agentsRows, longest, type Overview, teamOverviews } from '../snapshot/overview.ts';
import type { Reading } from '../snapshot/reading.ts';

/**
 * Returns the summary of an account for a terminal, in a few lines without colours and without
 * agents' names.
 */
export function floorTable({ account, floor, error, requests, durationMs }: Reading): string {
  const took = `${requests} ${requests === 1 ? 'request' : 'requests'}, ${(durationMs / 1000).toFixed(2)} s`;
  if (!floor) return `  Account ${account}: no snapshot, reason ${error} (${took})`;
  const agents = agentsRows(floor).map(
    ({ name, agents, longest, isPart }): Row => [`${isPart ? '  ' : ''}${printable(name)}`, agents, longest],
  );
  const interactions = floor.states.map(
    ({ name, ages }): Row => [printable(name), ages.count, longest(ages, floor.takenAtMs)],
  );
  return [
    `  Account ${account}: ${floor.agents} agents at ${new Date(floor.takenAtMs).toISOString()} (${took})`,
    '',
    ...columns(['Presence', 'Agents', 'Longest'], agents, ['Interactions', 'Legs', 'Longest'], interactions),
  ].join('\n');
}

/**
 * Returns the summary of several accounts: a line per account and per team. For one account, the
 * same as {@link floorTable}.
 */
export function floorTables(readings: readonly Reading[]): string {
  if (readings.length === 1) return floorTable(readings[0]!);
  const head = ['Account', 'Agents', 'Ready', 'Free', 'Longest', 'Busy', 'Away', 'Logged out'];
  const rows = readings.flatMap((reading): (string | number)[][] => {
    const { account, floor, error } = reading;
    if (!floor) return [[account, `down: ${error}`]];
    const teams = teamOverviews(reading, readings.length);
    return [
      toCells(accountOverview(account, floor)),
      ...teams.map((team) => toCells({ ...team, name: `  ${team.name}` })),
    ];
  });
  const widths = head.map((title, column) =>
    Math.max(
      title.length,
      ...rows.map((row) => (row.length < 3 && column > 0 ? 0 : String(row[column] ?? '').length)),
    ),
  );
  const line = (cells: readonly (string | number)[]) =>
    `  ${cells.map((cell, column) => (column === 0 || cells.length < 3 ? String(cell).padEnd(widths[column]!) : String(cell).padStart(widths[column]!))).join('  ')}`.trimEnd();
  const rule = `  ${'─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2))}`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

function toCells({ name, agents, ready, free, longestFree, busy, away, loggedOut }: Overview) {
  return [printable(name), agents, ready, free, longestFree, busy, away, loggedOut];
}

/**
 * Replaces control characters. Words of the API and names of teams may contain some that control a
 * terminal.
 */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');

type Row = [string, number, string];

/** Two tables side by side. */
function columns(leftHead: string[], left: Row[], rightHead: string[], right: Row[]): string[] {
  const line = (cells: readonly (string | number)[]) =>
    `${String(cells[0] ?? '').padEnd(14)}${String(cells[1] ?? '').padStart(7)}${String(cells[2] ?? '').padStart(10)}`;
  const rule = '─'.repeat(31);
  const lines = [`  ${line(leftHead)}     ${line(rightHead)}`, `  ${rule}     ${rule}`];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    lines.push(`  ${line(left[index] ?? [])}     ${line(right[index] ?? [])}`.trimEnd());
  }
  return lines;
}
