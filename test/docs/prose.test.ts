import { describe, expect, test } from '@jest/globals';
import { passagesOf } from '../support/passages.ts';
import { problemsOfProse, wideLines } from '../support/prose.ts';
import { filesIn, read } from '../support/repository.ts';

/** What people of this project have written: no fixtures, and no output of other programs. */
const written = filesIn('.').filter(
  (path) => !/^test\/(?:fixtures|golden)\/|_pb\.ts$|lock\.json$/.test(path),
);
const pages = written.filter((path) => path.endsWith('.md'));
const code = written.filter((path) =>
  /\.(?:[cm]?[jt]sx?|ya?ml|tf|sh|py|service|npmrc)$|Dockerfile|^\.ci\/run$/.test(path),
);
const generated = (path: string) => read(path).startsWith('<!-- Generated');

describe('plain English', () => {
  test.each(pages)('%s', async (path) => {
    expect(await problemsOfProse(read(path))).toEqual([]);
  });

  test.each(code)('comments and texts of %s', async (path) => {
    const problems = await Promise.all(
      passagesOf(path, read(path)).map(({ line, text }) => problemsOfProse(text, line)),
    );
    expect(problems.flat()).toEqual([]);
  });

  // Lines of generated pages are as long as the texts that they are made of.
  test.each([...pages.filter((path) => !generated(path)), ...code])('lines of %s', (path) => {
    expect(wideLines(path, read(path))).toEqual([]);
  });
});
