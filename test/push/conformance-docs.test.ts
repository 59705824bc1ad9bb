import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = read('docs/remote-write-conformance.md');
const between = (start: string, end: string) => page.slice(page.indexOf(start), page.indexOf(end));
const tests = [
  'push/conformance-2-protocol',
  'push/conformance-2-samples',
  'push/conformance-2-answers',
  'cli/forward',
]
  .map((name) => read(`test/${name}.test.ts`))
  .join('');

describe('docs/remote-write-conformance.md', () => {
  test('has all cases of 1.0, and each is a test', () => {
    const cases = [...between('## 1.0', '## 2.0').matchAll(/^\| (\w+) \| .* \| yes \|$/gm)].map(
      ([, name]) => name!,
    );
    expect(cases).toHaveLength(19);
    const titles = read('test/push/conformance-1.test.ts');
    expect(cases.filter((name) => !titles.includes(`'${name}: `))).toEqual([]);
  });

  test('names no case of 2.0 as applying that is no test', () => {
    const applying = between('## 2.0', '### Not applying')
      .split('\n')
      .filter((line) => line.startsWith('|'));
    const cases = new Set(applying.join('\n').match(/(?<=`)[a-z0-9_]+(?=`)|\bTest[A-Z]\w+/g));
    expect(cases.size).toBeGreaterThan(130);
    expect([...cases].filter((name) => !tests.includes(name))).toEqual([]);
  });
});
