import assert from 'node:assert/strict';
import { queueTimeFields } from '../../../src/snapshot/queue-time.ts';
import { parseQueueTimes } from '../../../src/vcc/queue-times.ts';
import { takenAtMs } from '../../support/agents.ts';
import { anyQueueTimes } from '../../support/any-queues.ts';
import { hostileItems } from '../../support/bodies.ts';
import { pageOf } from '../../support/ongoing.ts';
import { readQueueTimesPage } from '../../support/queue-pages.ts';
import { mark } from '../target.ts';
import { pageTarget } from './page.ts';

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
export const queueTimesPage = pageTarget({
  name: 'queue-times-page',
  bodies,
  hostile: hostileItems('interactionGuid', fields),
  fields: queueTimeFields,
  parse: parseQueueTimes,
  read: readQueueTimesPage,
  check({ items }) {
    // Times stay within what a Date can hold.
    for (const { startMs = takenAtMs } of items) assert(Math.abs(startMs) <= 8.64e15);
  },
  share: 0.3,
});
