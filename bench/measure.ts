/** Returns the median of a list of figures. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Returns the milliseconds of a step. */
export async function timed(step: () => unknown): Promise<number> {
  const startedMs = performance.now();
  await step();
  return performance.now() - startedMs;
}

/**
 * Returns the times of each step. The steps run in turn (A B C A B C …), so that a slower machine
 * slows down all of them.
 */
export async function inTurn(
  rounds: number,
  warmUps: number,
  ...steps: (() => unknown)[]
): Promise<number[][]> {
  const times: number[][] = steps.map(() => []);
  for (let round = -warmUps; round < rounds; round++) {
    for (const [index, step] of steps.entries()) {
      const ms = await timed(step);
      if (round >= 0) times[index]!.push(ms);
    }
  }
  return times;
}

/** Returns the median of the ratios a/b, pair by pair. */
export function ratio(a: readonly number[], b: readonly number[]): number {
  return median(a.map((figure, index) => figure / b[index]!));
}

/** Returns a plain table. The first column is aligned left. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ');
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** Returns a line of the report about a goal. The unrounded figure decides. */
export function verdict(what: string, figure: number, atMost: number): string {
  return `${figure <= atMost ? 'met   ' : 'MISSED'}  ${what}: ${figure.toFixed(2)}, goal at most ${atMost}`;
}

/** Replaces the verdicts of a quick run, which has too few rounds for them. */
export const unjudged = 'Goals are judged by the whole run only.';
