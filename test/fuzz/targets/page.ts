import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Item, Page } from '../../../src/snapshot/page.ts';
import { ShapeError } from '../../../src/vcc/errors.ts';
import { damagedJson, piece } from '../damage.ts';
import { assertUnmarked, assertWellFormed, parsed, target } from '../target.ts';

/** How the pages of one endpoint are read. */
interface Pages<I extends Item, Field extends string> {
  name: string;
  /** Pages as the API reference describes them, and hostile ones. Each is then damaged. */
  bodies: fc.Arbitrary<unknown>;
  hostile: fc.Arbitrary<unknown>;
  fields: readonly Field[];
  parse(body: string, page: number): Page<I, Field>;
  /** A second reader. Undefined when the page must be rejected. */
  read(body: string): Omit<Page<I, Field>, 'gaps'> | undefined;
  /** More that must hold for each page. */
  check?(page: Omit<Page<I, Field>, 'gaps'>): void;
  share: number;
}

/** Creates the target of one endpoint's pages. */
export function pageTarget<I extends Item, Field extends string>(pages: Pages<I, Field>) {
  const { name, bodies, hostile, fields, parse, read, check, share } = pages;
  return target(
    name,
    fc.oneof(
      { weight: 6, arbitrary: damagedJson(bodies) },
      { weight: 2, arbitrary: damagedJson(hostile) },
      { weight: 1, arbitrary: piece },
    ),
    (body) => {
      const result = parsed(() => parse(body, 3), [ShapeError]);
      const expected = read(body);
      if ('refusal' in result) {
        assert.equal(expected, undefined, `refused: ${result.refusal.message}`);
        return;
      }
      assert(expected, 'took what the API reference does not allow');
      const { gaps, ...page } = result.value;
      assert.deepEqual(page, expected);
      if (gaps.first) assertUnmarked(JSON.stringify(gaps.first));
      assertWellFormed(JSON.stringify(page.items));
      for (const field of fields) assert(gaps.absent[field] >= 0 && gaps.invalid[field] >= 0);
      assert(gaps.flawed <= page.items.length);
      assert.equal(gaps.flawed > 0, gaps.first !== undefined);
      check?.(page);
    },
    { share },
  );
}
