import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPool, openShared, runCell, type Shared } from './support/fault-cells.ts';
import { type Cell, cells, faults } from './support/fault-matrix.ts';

/** Runs only cells whose name, `fault, place, way`, matches this expression. */
const only = new RegExp(process.env.FAULT_CELLS ?? '');
const nameOf = ({ fault, place, way }: Cell) => `${fault}, ${place}, ${way}`;
const chosen = cells.filter((cell) => only.test(nameOf(cell)));

/** Most cells wait most of the time. */
const pool = createPool(12);
const outcomes = new Map<Cell, Promise<string[]>>();
let shared: Shared & { close(): Promise<void> };
const envBefore = { ...process.env };

beforeAll(async () => {
  shared = await openShared(pool);
  for (const [index, cell] of chosen.entries()) {
    outcomes.set(
      cell,
      pool.run(() => runCell(cell, `cell-${index}`, shared)),
    );
  }
});
afterAll(async () => {
  await Promise.all(outcomes.values());
  await shared.close();
  process.env = envBefore;
});

describe.each([...new Set(chosen.map(({ fault }) => fault))])('%s', (fault) => {
  const ways = new Set(chosen.filter((cell) => cell.fault === fault).map(({ way }) => way));
  for (const way of ways) {
    const own = chosen.filter((cell) => cell.fault === fault && cell.way === way);
    test(`${faults[fault].about}: ${way}, ${own.length} places`, async () => {
      const found: Record<string, string[]> = {};
      for (const cell of own) {
        const problems = await outcomes.get(cell)!;
        if (problems.length > 0) found[nameOf(cell)] = problems;
      }
      expect(found).toEqual({});
    });
  }
});
