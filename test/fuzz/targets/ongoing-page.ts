import fc from 'fast-check';
import { ongoingFields } from '../../../src/snapshot/ongoing.ts';
import { parseOngoing } from '../../../src/vcc/ongoing.ts';
import { hostileItems } from '../../support/bodies.ts';
import { anyInteraction, pageOf } from '../../support/ongoing.ts';
import { readOngoingPage } from '../../support/queue-pages.ts';
import { assertUnmarked, mark } from '../target.ts';
import { pageTarget } from './page.ts';

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
export const ongoingPage = pageTarget({
  name: 'ongoing-page',
  bodies,
  hostile: hostileItems('guid', fields),
  fields: ongoingFields,
  parse: parseOngoing,
  read: readOngoingPage,
  // The last match of a regular expression is kept after the read.
  check: () => assertUnmarked(`${RegExp.$_}`),
  share: 0.3,
});
