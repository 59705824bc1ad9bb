import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith } from './support/parts.ts';
import { run } from './support/process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

describeWith(['node18'], 'a Node.js that is too old', ({ node18: { node } }) => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vcc-e2e-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is reported by npm start and npm test, before anything is installed', async () => {
    for (const name of ['package.json', 'package-lock.json', 'scripts']) {
      cpSync(join(root, name), join(folder, name), { recursive: true });
    }
    expect(await run(node, ['scripts/install.cjs'], { folder })).toEqual({
      status: 1,
      stdout: '',
      stderr: 'Node.js 20.19 or later is required, and this is 18.19\n',
    });
    expect(existsSync(join(folder, 'node_modules'))).toBe(false);
  });

  test('is reported by the command line, first of all', async () => {
    expect(await run(node, [join(root, 'dist', 'cli.mjs'), 'serve', '--demo'], { folder })).toEqual({
      status: 2,
      stdout: '',
      stderr: 'vcc-exporter: Node.js 20.19 or later is required, and this is 18.19\n',
    });
  });
});
