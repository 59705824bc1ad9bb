import type { Ages } from '../snapshot/ages.ts';
import type { Reading } from '../snapshot/reading.ts';

/** The floor at a glance, for a terminal: a few lines, no colours, no names of agents. */
export function floorTable({ account, floor, error, requests, durationMs }: Reading): string {
  const took = `${requests} requests, ${(durationMs / 1000).toFixed(2)} s`;
  if (!floor) return `  Account ${account}: no snapshot, reason ${error} (${took})`;
  const ago = (sinceMs: number | undefined) =>
    sinceMs === undefined ? '' : toDuration(Math.max(0, floor.takenAtMs - sinceMs));
  const toRow = ({ name, ages }: { name: string; ages: Ages }): Row => [name, ages.count, ago(ages.oldestMs)];
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
