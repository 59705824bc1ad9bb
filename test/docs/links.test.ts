import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { anchorsOf, linksOf } from '../support/markdown.ts';
import { filesIn, read, root } from '../support/repository.ts';

const folders = ['docs', 'alerts', 'bench', 'dashboards', 'deploy', 'handlers', 'scripts', 'src'];
const onTop = readdirSync(root).filter((name) => statSync(join(root, name)).isFile());
const files = [...onTop, ...folders.flatMap(filesIn)].filter((path) => !/\.png$|lock\.json$/.test(path));
const pages = files.filter((path) => path.endsWith('.md'));
const addresses = 'https://github.com/vcc-exporter/vcc-exporter/(?:blob|tree)/main/';

/**
 * Why a path of the repository, with or without an anchor, leads nowhere. Undefined if it leads
 * somewhere.
 */
function problemOf(target: string): string | undefined {
  const [path, anchor] = target.split('#') as [string, string?];
  if (path.startsWith('..') || !existsSync(join(root, path))) return 'no such file';
  if (anchor === undefined) return undefined;
  return path.endsWith('.md') && anchorsOf(read(path)).includes(anchor) ? undefined : 'no such heading';
}

/** The links of a page that lead nowhere. */
function deadLinks(path: string, text: string): string[] {
  return linksOf(text)
    .filter((link) => !/^[a-z]+:/.test(link))
    .flatMap((link) => {
      const target = link.startsWith('#') ? path + link : normalize(join(dirname(path), link));
      const problem = problemOf(target);
      return problem === undefined ? [] : [`${link}: ${problem}`];
    });
}

/** The paths `docs/…` and addresses of this repository in a text that do not exist. */
function deadMentions(text: string): string[] {
  const named = [
    ...text.matchAll(/(?<![\w./-])(docs\/[\w/.-]+\.(?:md|json|png)(?:#[\w-]+)?)/g),
    ...text.matchAll(new RegExp(`${addresses}([\\w./-]+\\w(?:#[\\w-]+)?)`, 'g')),
  ].map(([, target]) => target!);
  return named.flatMap((target) => {
    const problem = problemOf(target);
    return problem === undefined ? [] : [`${target}: ${problem}`];
  });
}

describe('links', () => {
  test.each(pages)('%s: each leads to a file and a heading', (path) => {
    expect(deadLinks(path, read(path))).toEqual([]);
  });

  test('pages of docs that code, messages and settings name exist', () => {
    const dead = files.flatMap((path) => deadMentions(read(path)).map((problem) => `${path}: ${problem}`));
    expect(dead).toEqual([]);
  });

  test('every page of docs is at most two clicks from docs/README.md', () => {
    const pagesFrom = (path: string) =>
      linksOf(read(path))
        .filter((link) => !/^[a-z]+:/.test(link))
        .map((link) => normalize(join(dirname(path), link.replace(/#.*/, ''))))
        .filter((target) => target.startsWith('docs/') && target.endsWith('.md'));
    const near = pagesFrom('docs/README.md');
    const reached = new Set(['docs/README.md', ...near, ...near.flatMap(pagesFrom)]);
    expect(pages.filter((path) => path.startsWith('docs/') && !reached.has(path))).toEqual([]);
  });

  test.each([
    ['[x](nothing.md)', 'nothing.md: no such file'],
    ['[x](../use/alerts.md#nothing)', '../use/alerts.md#nothing: no such heading'],
    ['[x](#nothing)', '#nothing: no such heading'],
    ['[x](../../../nothing.md)', '../../../nothing.md: no such file'],
  ])('%s would be found', (text, problem) => {
    expect(deadLinks('docs/reference/errors.md', text)).toEqual([problem]);
  });

  test.each([
    ['docs/errors.md says', 'docs/errors.md: no such file'],
    [
      'https://github.com/vcc-exporter/vcc-exporter/blob/main/docs/runbook/VccIdleAgents.md',
      'docs/runbook/VccIdleAgents.md: no such file',
    ],
  ])('%s would be found', (text, problem) => {
    expect(deadMentions(text)).toEqual([problem]);
  });
});
