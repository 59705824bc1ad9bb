import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { describeWith } from './support/parts.ts';

const folder = fileURLToPath(new URL('../../.github/workflows/', import.meta.url));
const names = readdirSync(folder);

describeWith(['goTools'], 'workflows, judged by actionlint', ({ goTools: { actionlint } }) => {
  /** The kinds of mistakes that actionlint finds in a workflow. */
  const lint = (workflow: string) => {
    const args = ['-no-color', '-format', '{{json .}}', '-'];
    const { stdout, stderr } = spawnSync(actionlint, args, { encoding: 'utf8', input: workflow });
    expect(stderr).toBe('');
    return (JSON.parse(stdout) as { kind: string }[]).map(({ kind }) => kind);
  };

  test.each(names)('%s has no mistake', (name) => {
    expect(lint(readFileSync(`${folder}${name}`, 'utf8'))).toEqual([]);
  });

  test('a mistake is found', () => {
    const workflow = readFileSync(`${folder}ci.yml`, 'utf8').replace('matrix.node', 'matrix.nodes');
    expect(lint(workflow)).toEqual(['expression']);
  });
});
