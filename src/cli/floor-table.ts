import type { Ages } from '../snapshot/ages.ts';
import type { Reading } from '../snapshot/reading.ts';
import type { Team } from '../snapshot/teams.ts';

/** The floor at a glance, for a terminal: a few lines, no colours, no names of agents. */
export function floorTable({ account, floor, error, requests, durationMs }: Reading): string {
  const took = `${requests} requests, ${(durationMs / 1000).toFixed(2)} s`;
  if (!floor) return `  Account ${account}: no snapshot, reason ${error} (${took})`;
  const toRow = ({ name, ages }: { name: string; ages: Ages }): Row => [
    name,
    ages.count,
    longest(ages, floor.takenAtMs),
  ];
  const [ready, ...others] = floor.presences.map(toRow);
  const agents: Row[] = [
    ready!,
    toRow({ name: '  idle', ages: floor.idle }),
    ['  busy', floor.busy, ''],
    ...others,
  ];
  const interactions = floor.states.map(toRow);
  return [
    `  Account ${account}: ${floor.agents} agents at ${new Date(floor.takenAtMs).toISOString()} (${took})`,
    '',
    ...columns(['Presence', 'Agents', 'Longest'], agents, ['Interactions', 'Legs', 'Longest'], interactions),
  ].join('\n');
}

/** Several accounts at a glance: a line for each, and one for each of its teams; a single one as {@link floorTable}. */
export function floorTables(readings: readonly Reading[]): string {
  if (readings.length === 1) return floorTable(readings[0]!);
  const head = ['Account', 'Agents', 'Ready', 'Idle', 'Longest', 'Busy', 'Away', 'Logged out'];
  const rows = readings.flatMap(({ account, floor, teams, error }) => {
    if (!floor) return [[account, `down: ${error}`]];
    const agentsIn = (name: string) => floor.presences.find((presence) => presence.name === name)!.ages.count;
    const away = agentsIn('Away') + agentsIn('ExtendedAway');
    const row = [
      account,
      floor.agents,
      agentsIn('Ready'),
      floor.idle.count,
      longest(floor.idle, floor.takenAtMs),
      floor.busy,
      away,
      agentsIn('LoggedOut'),
    ];
    // A wall of teams would hide the accounts.
    if (!teams || readings.length > 4) return [row];
    return [row, ...inOrder(teams.teams.filter(hasAgents)).map((team) => toTeamRow(team, floor.takenAtMs))];
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

/** Who is in no team comes last. */
function inOrder(teams: readonly Team[]): Team[] {
  return [...teams.filter(({ name }) => name !== ''), ...teams.filter(({ name }) => name === '')];
}

function hasAgents({ presences }: Team): boolean {
  return presences.some(({ agents }) => agents > 0);
}

function toTeamRow({ name, presences, idle }: Team, takenAtMs: number): (string | number)[] {
  const agentsIn = (presence: string) => presences.find((each) => each.name === presence)?.agents ?? 0;
  const ready = agentsIn('Ready');
  return [
    `  ${name === '' ? '(no team)' : name}`,
    presences.reduce((sum, { agents }) => sum + agents, 0),
    ready,
    idle.count,
    longest(idle, takenAtMs),
    ready - idle.count,
    agentsIn('Away') + agentsIn('ExtendedAway'),
    agentsIn('LoggedOut'),
  ];
}

function longest({ oldestMs }: Ages, takenAtMs: number): string {
  return oldestMs === undefined ? '' : toDuration(Math.max(0, takenAtMs - oldestMs));
}

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

/** `7 s`, `4 min`, `3.5 h`, `12 d`. */
function toDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${(seconds / 3600).toFixed(1)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
