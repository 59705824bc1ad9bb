import assert from 'node:assert/strict';
import { PushMessageError, toDimensionValue, toEmfLines } from '../../../src/push/encoding/emf.ts';
import { anyPoints } from '../../support/any-points.ts';
import { expectedOf, extractedOf } from '../../support/emf.ts';
import { parsed, target } from '../target.ts';

/** CloudWatch's embedded metric format, read as CloudWatch does. */
export const emf = target(
  'emf',
  anyPoints,
  (points) => {
    const result = parsed(() => toEmfLines(points, { namespace: 'VCC' }), [PushMessageError]);
    if ('refusal' in result) return;
    assert.deepEqual(extractedOf(result.value), expectedOf(points));
    for (const [, text] of points.flatMap(({ labels }) => labels)) {
      const written = toDimensionValue(text);
      // A longer one ends in a hash.
      if (!/\\#[0-9a-f]{16}$/.test(written))
        assert.equal(JSON.parse(`"${written.replaceAll('"', '\\"')}"`), text);
    }
  },
  { share: 0.04 },
);
