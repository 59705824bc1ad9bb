import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { formats } from '../src/exposition/format.ts';
import { agentListing, assemble } from '../src/snapshot/assemble.ts';
import { toFloor } from '../src/snapshot/floor.ts';
import type { Page } from '../src/snapshot/page.ts';
import { parseAgentStatus } from '../src/vcc/agent-status.ts';
import { familiesOf, floorOptions, readingOf } from './support/reading.ts';

// Pages in -> snapshot -> expositions out. After an intended change: UPDATE_GOLDEN=1 npm run jest
// -- golden, and read the diff.
const update = process.env.UPDATE_GOLDEN === '1';
const file = (path: string) => new URL(path, import.meta.url);
const rich = readdirSync(file('fixtures/rich'))
  .sort()
  .map((name) => `fixtures/rich/${name}`);

function expectGolden(path: string, content: string): void {
  if (update || !existsSync(file(path))) {
    if (process.env.CI) throw new Error(`${path} is missing`);
    writeFileSync(file(path), content);
  }
  expect(content).toBe(readFileSync(file(path), 'utf8'));
}

describe.each([
  ['reference-example', ['fixtures/reference-example.json']],
  ['rich', rich],
])('golden files of %s', (name, bodies) => {
  const pages = new Map<number, Page>(
    bodies.map((path, index) => [index + 1, parseAgentStatus(readFileSync(file(path), 'utf8'), index + 1)]),
  );
  const snapshot = assemble(pages, agentListing);
  if ('reason' in snapshot) throw new Error(snapshot.reason);

  test('snapshot', () => {
    expectGolden(`golden/${name}.snapshot.json`, `${JSON.stringify(snapshot, null, 1)}\n`);
  });

  test.each(formats)('$name', async (format) => {
    const floor = toFloor(snapshot, floorOptions);
    const families = await familiesOf(readingOf([], { account: name, floor, pages: snapshot.pages }));
    const suffix = format.name === 'text' ? 'prom' : 'openmetrics';
    expectGolden(`golden/${name}.${suffix}`, format.encode(families).toString());
  });
});
