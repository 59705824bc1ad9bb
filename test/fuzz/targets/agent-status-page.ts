import assert from 'node:assert/strict';
import fc from 'fast-check';
import { agentFields } from '../../../src/snapshot/gaps.ts';
import { parseAgentStatus } from '../../../src/vcc/agent-status.ts';
import { ShapeError } from '../../../src/vcc/errors.ts';
import { anyAgentsUpTo } from '../../support/agents.ts';
import { anyHostileBody, toBody } from '../../support/bodies.ts';
import { readPage } from '../../support/page.ts';
import { damagedJson, piece } from '../damage.ts';
import { assertUnmarked, assertWellFormed, mark, parsed, target } from '../target.ts';

/** Identities and free texts are marked: no message may have them. */
const bodies = anyAgentsUpTo(4).map((agents) =>
  toBody(
    agents.map((each) => ({ ...each, id: `${mark}-${each.id}`, description: each.description && mark })),
  ),
);

/** Bodies of GET /stats/agent-status. */
export const agentStatusPage = target(
  'agent-status-page',
  fc.oneof(
    { weight: 6, arbitrary: damagedJson(bodies) },
    { weight: 2, arbitrary: damagedJson(anyHostileBody) },
    { weight: 1, arbitrary: piece },
  ),
  (body) => {
    const result = parsed(() => parseAgentStatus(body, 3), [ShapeError]);
    const expected = readPage(body);
    if ('refusal' in result) {
      assert.equal(expected, undefined, `refused: ${result.refusal.message}`);
      return;
    }
    assert(expected, 'took what the API reference does not allow');
    const { gaps, ...page } = result.value;
    assert.deepEqual(page, expected);
    if (gaps.first) assertUnmarked(JSON.stringify(gaps.first));
    assertWellFormed(JSON.stringify(page.items));
    for (const field of agentFields) assert(gaps.absent[field] >= 0 && gaps.invalid[field] >= 0);
    assert(gaps.flawed <= page.items.length);
    assert.equal(gaps.flawed > 0, gaps.first !== undefined);
  },
  { share: 0.4 },
);
