import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ongoingFields } from '../../../src/snapshot/ongoing.ts';
import { ShapeError } from '../../../src/vcc/errors.ts';
import { parseOngoing } from '../../../src/vcc/ongoing.ts';
import { hostileItems } from '../../support/bodies.ts';
import { anyInteraction, pageOf } from '../../support/ongoing.ts';
import { readOngoingPage } from '../../support/queue-pages.ts';
import { damagedJson, piece } from '../damage.ts';
import { assertUnmarked, assertWellFormed, mark, parsed, target } from '../target.ts';

/** Numbers of customers are marked: nothing of them may be left. */
const number = `${mark}-447700900123`;
const bodies = fc.array(anyInteraction, { maxLength: 3 }).map((items) =>
  JSON.parse(
    pageOf(
      items.map((item, index) => ({
        ...item,
        guid: `guid-${index}`,
        connectFrom: number,
        connectTo: number,
        channels: item.channels.map((channel) => ({
          ...channel,
          party: { ...channel.party, touchpoint: number },
        })),
      })),
    ),
  ),
);
const fields = ['direction', 'status', 'medium', 'start', 'connectFrom', 'channels'];

/** Bodies of GET /stats/interactions/ongoing. */
export const ongoingPage = target(
  'ongoing-page',
  fc.oneof(
    { weight: 6, arbitrary: damagedJson(bodies) },
    { weight: 2, arbitrary: damagedJson(hostileItems('guid', fields)) },
    { weight: 1, arbitrary: piece },
  ),
  (body) => {
    const result = parsed(() => parseOngoing(body, 3), [ShapeError]);
    const expected = readOngoingPage(body);
    if ('refusal' in result) {
      assert.equal(expected, undefined, `refused: ${result.refusal.message}`);
      return;
    }
    assert(expected, 'took what the API reference does not allow');
    const { gaps, ...page } = result.value;
    assert.deepEqual(page, expected);
    if (gaps.first) assertUnmarked(JSON.stringify(gaps.first));
    assertUnmarked(`${RegExp.$_}`);
    assertWellFormed(JSON.stringify(page.items));
    for (const field of ongoingFields) assert(gaps.absent[field] >= 0 && gaps.invalid[field] >= 0);
    assert(gaps.flawed <= page.items.length);
    assert.equal(gaps.flawed > 0, gaps.first !== undefined);
  },
  { share: 0.3 },
);
