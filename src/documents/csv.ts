import { DocumentError } from './errors.ts';

/**
 * A table. Each row has one cell per column. Rows have the numbers of a spreadsheet: the header is
 * row 1.
 */
export interface Table {
  columns: readonly string[];
  rows: readonly { row: number; cells: readonly string[] }[];
}

/**
 * Parses CSV (RFC 4180) with a header. The delimiter is the comma, semicolon or tab that is most
 * frequent in the header. Empty lines are ignored, and cells are trimmed.
 * @throws DocumentError with the row, without quoting a cell
 */
export async function parseCsv(text: string, name: string): Promise<Table> {
  const { papa } = await import('./parsers.ts');
  const { data, errors } = papa.parse<string[]>(text, { delimiter: delimiterOf(text) });
  const [problem] = errors;
  if (problem) {
    // Do not use the parser's message, since a later version may quote a cell.
    const what = problems[problem.code] ?? 'this is not valid CSV';
    throw new DocumentError(`${name}, row ${(problem.row ?? 0) + 1}: ${what}`);
  }
  const [columns = [], ...rest] = data.map((cells) => cells.map((cell) => cell.trim()));
  const rows = rest
    .map((cells, index) => ({ row: index + 2, cells }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''));
  const uneven = rows.find(({ cells }) => cells.length !== columns.length);
  if (uneven) {
    const { row, cells } = uneven;
    throw new DocumentError(
      `${name}, row ${row}: expected ${columns.length} cells; received ${cells.length}`,
    );
  }
  return { columns, rows };
}

/** Messages for the parser's error codes. */
const problems: Readonly<Record<string, string>> = {
  MissingQuotes: 'a quoted cell without a closing quote',
  InvalidQuotes: 'a closing quote in the middle of a cell',
};

function delimiterOf(text: string): string {
  const [header = ''] = text.split(/[\r\n]/, 1);
  const count = (delimiter: string) => header.split(delimiter).length;
  return [',', ';', '\t'].reduce((best, each) => (count(each) > count(best) ? each : best));
}
