import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseCsv } from '../../src/documents/csv.ts';
import { parseYaml } from '../../src/documents/yaml.ts';

describe('CSV', () => {
  test.each([
    ['commas', 'a,b\n1,2\n'],
    ['semicolons, as some spreadsheets have them', 'a;b\r\n1;2\r\n'],
    ['tabs', 'a\tb\n1\t2'],
    ['empty lines', 'a,b\n\n 1 , 2 \n,\n'],
  ])('is read with %s', async (_, text) => {
    const { columns, rows } = await parseCsv(text, 'r.csv');
    expect(columns).toEqual(['a', 'b']);
    expect(rows.map(({ cells }) => cells)).toEqual([['1', '2']]);
  });

  test('with one column is read', async () => {
    expect(await parseCsv('agentId\n1\n', 'r.csv')).toMatchObject({
      columns: ['agentId'],
      rows: [{ row: 2 }],
    });
  });

  test('gives every cell back unchanged', async () => {
    const cell = fc
      .string({ unit: fc.constantFrom('a', ',', '"', '\n', 'ü', '7') })
      .map((text) => text.trim());
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            cell,
            cell.map((text) => `x${text}`),
          ),
          { maxLength: 20 },
        ),
        async (rows) => {
          const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
          const text = ['a,b', ...rows.map((row) => row.map(quote).join(','))].join('\n');
          const read = await parseCsv(text, 'r.csv');
          expect(read.rows.map(({ cells }) => cells)).toEqual(rows);
        },
      ),
    );
  });

  test.each([
    ['a row that is too short', 'a,b\n1,2\n3\n', 'r.csv, row 3: expected 2 cells; received 1'],
    ['a quote that does not end', 'a,b\n1,"2\n', 'r.csv, row 2: a quoted cell without a closing quote'],
  ])('with %s is refused by its row', async (_, text, message) => {
    await expect(parseCsv(text, 'r.csv')).rejects.toThrow(message);
  });
});

describe('YAML', () => {
  test('keeps scalars as they are written', async () => {
    const text = 'id: 0012\nyes: no\ndate: 2026-01-15\nnone: ~\nnil: "~"\nmore: [1.50, "x"]\n';
    expect(await parseYaml(text, 'r.yml')).toEqual({
      id: '0012',
      yes: 'no',
      date: '2026-01-15',
      none: '',
      nil: '~',
      more: ['1.50', 'x'],
    });
  });

  test.each([
    ['client_secret: *Hunter.S3cret+x', 'a value that begins with \\* is an alias'],
    ['client_secret: !Hunter.S3cret x', 'a value that begins with ! has a tag'],
    ['client_secret: !Kd93^Hunter', 'a value that begins with ! has a tag'],
    ['client_secret: !<Hunter', 'a value that begins with ! has a tag'],
    ['client_secret: &Hunter *x', 'a value that begins with \\* is an alias'],
    ['%TAG !Hunter x\n---\na: 1', ''],
    ['client_secret: !h!Hunter x', 'a value that begins with ! has a tag'],
    ['a: "Hunter', ''],
    ['a: @Hunter', ''],
    ['a: `Hunter', ''],
    ['a: 1\nHunter', ''],
  ])('that is not YAML is refused without quoting it: %s', async (text, reason) => {
    const error = (await parseYaml(text, 'a.yml').catch((thrown: unknown) => thrown)) as Error;
    expect(error.message).toMatch(new RegExp(`^a\\.yml, line \\d, column \\d+: expected YAML; ${reason}`));
    expect(error.message).not.toMatch(/Hunter|S3cret/);
  });

  test('whose aliases expand beyond the memory is read at once', async () => {
    const levels = Array.from({ length: 60 }, (_, level) => `- &a${level + 1} [*a${level}, *a${level}]`);
    const list = (await parseYaml(['- &a0 [x, x]', ...levels].join('\n'), 'r.yml')) as unknown[];
    expect(list).toHaveLength(61);
    expect((list[60] as unknown[])[0]).toBe(list[59]);
  });

  test('has no halves of surrogate pairs, which would be the same in UTF-8', async () => {
    expect(await parseYaml('["t\\ud800", "t\\ud801", "\\ud83d\\ude00"]', 'r.json')).toEqual([
      't\ufffd',
      't\ufffd',
      '😀',
    ]);
  });

  test('does not run or make anything', async () => {
    await expect(parseYaml('a: !!js/function "x"', 'r.yml')).rejects.toThrow(/^r\.yml, line 1, column 4: /);
    const value = (await parseYaml('__proto__: {polluted: "1"}', 'r.yml')) as Record<string, unknown>;
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.keys(value)).toEqual(['__proto__']);
  });
});
