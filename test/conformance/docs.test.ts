import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const here = new URL('./', import.meta.url);
const page = readFileSync(new URL('../../docs/explain/remote-write-conformance.md', here), 'utf8');
const between = (start: string, end: string) => page.slice(page.indexOf(start), page.indexOf(end));
const read = (file: string) => readFileSync(new URL(file, here), 'utf8');
const tests = readdirSync(here)
  .filter((file) => /^(remote-write-2-\w+|sender)\.test\.ts$/.test(file))
  .map(read)
  .join('');

describe('docs/explain/remote-write-conformance.md', () => {
  test('has all cases of 1.0, and each is a test', () => {
    const cases = [...between('### Cases of 1.0', '### Cases of 2.0').matchAll(/`(\w+)`/g)].map(
      ([, name]) => name!,
    );
    expect(new Set(cases).size).toBe(19);
    expect(cases).toHaveLength(19);
    const titles = read('remote-write-1.test.ts');
    expect(cases.filter((name) => !titles.includes(`'${name}: `))).toEqual([]);
  });

  test('names no case of 2.0 without a test', () => {
    const rows = between('### Cases of 2.0', '### Not applying')
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .join('\n');
    const cases = [...rows.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
    expect(cases.length).toBeGreaterThan(130);
    expect(cases.filter((name, at) => cases.indexOf(name) !== at)).toEqual([]);
    expect(cases.filter((name) => !new RegExp(`\\b${name}\\b`).test(tests))).toEqual([]);
  });

  test('starts the program with its real options and variables', () => {
    const program = read('main.ts');
    const options = [...page.matchAll(/(?<=\s)--(\w+)(?= )/g)].map(([, name]) => name!);
    expect(options.length).toBeGreaterThan(4);
    expect(options.filter((name) => !program.includes(`${name}: text`))).toEqual([]);
    expect(page).toContain('SENDER_INTERVAL=');
    expect(program).toContain('env.SENDER_INTERVAL');
  });
});
