import { agentFields } from '../../../src/snapshot/gaps.ts';
import { parseAgentStatus } from '../../../src/vcc/agent-status.ts';
import { anyAgentsUpTo } from '../../support/agents.ts';
import { anyHostileBody, toBody } from '../../support/bodies.ts';
import { readPage } from '../../support/page.ts';
import { mark } from '../target.ts';
import { pageTarget } from './page.ts';

/** Identities and free texts are marked: no message may have them. */
const bodies = anyAgentsUpTo(4).map((agents) =>
  toBody(
    agents.map((each) => ({ ...each, id: `${mark}-${each.id}`, description: each.description && mark })),
  ),
);

/** Bodies of GET /stats/agent-status. */
export const agentStatusPage = pageTarget({
  name: 'agent-status-page',
  bodies,
  hostile: anyHostileBody,
  fields: agentFields,
  parse: parseAgentStatus,
  read: readPage,
  share: 0.4,
});
