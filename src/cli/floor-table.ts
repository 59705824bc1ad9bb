import { accountOverview, agentsRows, longest, type Overview, teamOverviews } from '../snapshot/overview.ts';
import { queuesOverview } from '../snapshot/queue-overview.ts';
import type { Reading } from '../snapshot/reading.ts';

/**
 * Returns the summary of an account for a terminal, in a few lines without colours and without
 * agents' names.
 */
export function floorTable({ account, floor, error, queues, requests, durationMs }: Reading): string {
  const took = `${requests} ${requests === 1 ? 'request' : 'requests'}, ${(durationMs / 1000).toFixed(2)} s`;
  const waiting = queues ? ['', queuesLine(queues, floor)] : [];
  if (!floor) return [`  Account ${account}: no snapshot, reason ${error} (${took})`, ...waiting].join('\n');
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
    ...waiting,
  ].join('\n');
}

/** Who waits, and how many agents are free for them. */
function queuesLine(reading: NonNullable<Reading['queues']>, floor: Reading['floor']): string {
  const { all, queues, failed } = queuesOverview(reading);
  const longestWait = all?.longest ? `, longest ${all.longest}` : '';
  const inQueues =
    queues.length > 0 ? ` in ${queues.length} ${queues.length === 1 ? 'queue' : 'queues'}` : '';
  const parts = [
    all ? `${all.waiting} waiting${inQueues}${longestWait}` : 'unknown who waits',
    ...(floor ? [`${floor.available.count} ${floor.available.count === 1 ? 'agent' : 'agents'} free`] : []),
    ...failed.map(({ source, error }) => `${source} down: ${error}`),
  ];
  return `  Queues: ${parts.join('; ')}`;
}

/**
 * Returns the summary of several accounts: a line per account and per team. For one account, the
 * same as {@link floorTable}.
 */
export function floorTables(readings: readonly Reading[]): string {
  if (readings.length === 1) return floorTable(readings[0]!);
  const hasQueues = readings.some(({ queues }) => queues);
  const head = [
    ...['Account', 'Agents', 'Ready', 'Free', 'Longest', 'Busy', 'Away', 'Logged out'],
    ...(hasQueues ? ['Waiting', 'Longest wait'] : []),
  ];
  const rows = readings.flatMap((reading): (string | number)[][] => {
    const { account, floor, error, queues } = reading;
    if (!floor) return [[account, `down: ${error}`]];
    const teams = teamOverviews(reading, readings.length);
    return [
      [...toCells(accountOverview(account, floor)), ...(queues ? waitingCells(queues) : [])],
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

function waitingCells(reading: NonNullable<Reading['queues']>): (string | number)[] {
  const { all } = queuesOverview(reading);
  return all ? [all.waiting, all.longest] : ['unknown'];
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
