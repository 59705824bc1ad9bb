/** Returns a number with its noun, in the plural unless it is 1. */
export const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

/** Returns a line for each name and its text, with the texts below each other. */
export function toPairs(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`);
}

/** Returns the lines of a table. Columns of numbers are aligned to the right. */
export function toTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => String(row[column]).length)),
  );
  const line = (cells: readonly (string | number)[]) =>
    `  ${cells
      .map((cell, column) =>
        typeof (rows[0]?.[column] ?? '') === 'number'
          ? String(cell).padStart(widths[column]!)
          : String(cell).padEnd(widths[column]!),
      )
      .join('  ')}`.trimEnd();
  return [line(head), ...rows.map(line)];
}
