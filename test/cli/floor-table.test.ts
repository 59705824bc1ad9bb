import { describe, expect, test } from '@jest/globals';
import { floorTable, floorTables } from '../../src/cli/floor-table.ts';
import { agent, interaction } from '../support/agents.ts';
import { fullReadingOf, rosterOf } from '../support/reading.ts';

describe('the table of a terminal', () => {
  const odd = 'x\u001b[2J\n\u009b\u202e';
  const agents = [agent('a', { presence: odd }), agent('b', { interactions: [interaction({ state: odd })] })];
  const reading = fullReadingOf(agents, rosterOf({ a: { team: odd } }));

  test.each([
    ['of one account', 2, floorTable(reading)],
    ['of several', 2, floorTables([reading, reading])],
  ])('%s has no control characters', (_, times, table) => {
    expect(table.split('x?[2J???')).toHaveLength(times + 1);
    expect(table.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
