/** The middle of a list of figures. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Milliseconds that a step takes. */
export async function timed(step: () => unknown): Promise<number> {
  const startedMs = performance.now();
  await step();
  return performance.now() - startedMs;
}

/**
 * Steps in turn, A B C A B C …, so that a machine that slows down slows all of them; the times of
 * each.
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

/** Median of the ratios a/b, pair by pair. */
export function ratio(a: readonly number[], b: readonly number[]): number {
  return median(a.map((figure, index) => figure / b[index]!));
}

/** A plain table, first column to the left. */
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

/** A goal as a line of the report, judged by the unrounded figure. */
export function verdict(what: string, figure: number, atMost: number): string {
  return `${figure <= atMost ? 'met   ' : 'MISSED'}  ${what}: ${figure.toFixed(2)}, goal at most ${atMost}`;
}

/** In place of a verdict when the rounds are too few for one. */
export const unjudged = 'Goals are judged by the whole run only.';
