import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseCsv } from '../../../src/documents/csv.ts';
import { DocumentError } from '../../../src/documents/errors.ts';
import { damagedText, piece } from '../damage.ts';
import { mark, parsedLater, target } from '../target.ts';

const cell = fc
  .oneof(piece, fc.constantFrom('a', 'agentId', 'Müller, Jörg', 'say "hi"', 'two\nlines', '', mark))
  .map((text) => text.trim());

const tables = fc
  .record({
    delimiter: fc.constantFrom(',', ';', '\t'),
    end: fc.constantFrom('\n', '\r\n'),
    width: fc.integer({ min: 2, max: 4 }),
    cells: fc.array(cell, { maxLength: 16 }),
  })
  .map(({ delimiter, end, width, cells }) => {
    const columns = ['agentId', 'Name', 'team', 'site'].slice(0, width);
    const rows = Array.from({ length: Math.floor(cells.length / width) }, (_, row) =>
      cells.slice(row * width, (row + 1) * width),
    );
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const text = [columns.join(delimiter), ...rows.map((row) => row.map(quoted).join(delimiter))].join(end);
    return { text, table: { columns, rows: rows.filter((row) => row.some((each) => each !== '')) } };
  });

/** CSV: every cell unchanged, or a rejection that quotes nothing. */
export const csv = target(
  'csv',
  fc.oneof(
    tables,
    damagedText(
      fc.oneof(
        tables.map(({ text }) => text),
        piece,
      ),
    ).map((text) => ({ text })),
  ),
  async (input: { text: string; table?: { columns: string[]; rows: string[][] } }) => {
    const result = await parsedLater(() => parseCsv(input.text, 'r.csv'), [DocumentError]);
    if ('refusal' in result) {
      assert.equal(input.table, undefined, result.refusal.message);
      return;
    }
    const { columns, rows } = result.value;
    for (const { row, cells } of rows) assert(row >= 2 && cells.length === columns.length);
    if (input.table) assert.deepEqual({ columns, rows: rows.map(({ cells }) => cells) }, input.table);
  },
  { share: 0.3 },
);
