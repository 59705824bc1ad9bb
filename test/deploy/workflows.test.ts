import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const folder = new URL('../../.github/workflows/', import.meta.url);

test.each(readdirSync(folder))('%s pins each action by the digest of a named version', (name) => {
  const used = [...readFileSync(new URL(name, folder), 'utf8').matchAll(/^ *-? *uses: (.*)$/gm)];
  expect(used).not.toEqual([]);
  for (const [, action] of used) expect(action).toMatch(/^[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*$/);
});
