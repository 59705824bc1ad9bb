import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

/**
 * Makes garbage as scrapes do, with a few MB in use at any time. Prints how often the young
 * generation has doubled.
 */
const program = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { keepHeapSmall } from '${new URL('../../src/cli/heap.ts', import.meta.url)}';
  const youngBytes = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size;
  if (process.argv[1] === 'small') keepHeapSmall();
  const before = youngBytes();
  let alive = [];
  for (let round = 0; round < 50; round++) alive = Array.from({ length: 30_000 }, (_, index) => ({ index, round }));
  process.stdout.write(String(Math.log2(youngBytes() / before)));
`;

function doublings(kind: 'small' | 'usual'): number {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program, kind];
  return Number(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }));
}

test('the heap of the command line does not grow with garbage, as V8 lets it otherwise', () => {
  expect(doublings('small')).toBeLessThan(1);
  expect(doublings('usual')).toBeGreaterThan(1);
});
