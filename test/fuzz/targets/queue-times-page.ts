import assert from 'node:assert/strict';
import fc from 'fast-check';
import { queueTimeFields } from '../../../src/snapshot/queue-time.ts';
import { ShapeError } from '../../../src/vcc/errors.ts';
import { parseQueueTimes } from '../../../src/vcc/queue-times.ts';
import { takenAtMs } from '../../support/agents.ts';
import { anyQueueTimes } from '../../support/any-queues.ts';
import { hostileItems } from '../../support/bodies.ts';
import { pageOf } from '../../support/ongoing.ts';
import { readQueueTimesPage } from '../../support/queue-pages.ts';
import { damagedJson, piece } from '../damage.ts';
import { assertUnmarked, assertWellFormed, mark, parsed, target } from '../target.ts';

const bodies = anyQueueTimes.map((items) =>
  JSON.parse(
    pageOf(
      items.slice(0, 4).map((item) => ({
        start: item.startMs === undefined ? null : new Date(item.startMs).toISOString(),
        interactionGuid: `${mark}-${item.id}`,
        ...{ medium: item.medium, mediumManager: 'CC', interactionPlan: ` ${item.plan}`, queue: item.queue },
        ...{ type: item.type, category: item.category, reason: mark, duration: item.durationMs },
        targets: item.targetMs === undefined ? null : { targetTimeToAnswer: item.targetMs },
        party: { role: item.partyRole },
      })),
    ),
  ),
);
const fields = [
  'start',
  'medium',
  'interactionPlan',
  'queue',
  'type',
  'category',
  'duration',
  'targets',
  'party',
];

/** Bodies of GET /stats/queue-times. */
export const queueTimesPage = target(
  'queue-times-page',
  fc.oneof(
    { weight: 6, arbitrary: damagedJson(bodies) },
    { weight: 2, arbitrary: damagedJson(hostileItems('interactionGuid', fields)) },
    { weight: 1, arbitrary: piece },
  ),
  (body) => {
    const result = parsed(() => parseQueueTimes(body, 3), [ShapeError]);
    const expected = readQueueTimesPage(body);
    if ('refusal' in result) {
      assert.equal(expected, undefined, `refused: ${result.refusal.message}`);
      return;
    }
    assert(expected, 'took what the API reference does not allow');
    const { gaps, ...page } = result.value;
    assert.deepEqual(page, expected);
    if (gaps.first) assertUnmarked(JSON.stringify(gaps.first));
    assertWellFormed(JSON.stringify(page.items));
    for (const field of queueTimeFields) assert(gaps.absent[field] >= 0 && gaps.invalid[field] >= 0);
    assert(gaps.flawed <= page.items.length);
    assert.equal(gaps.flawed > 0, gaps.first !== undefined);
    // Times stay within what a Date can hold.
    for (const { startMs = takenAtMs } of page.items) assert(Math.abs(startMs) <= 8.64e15);
  },
  { share: 0.3 },
);
