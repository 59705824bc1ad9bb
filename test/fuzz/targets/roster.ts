import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DocumentError } from '../../../src/documents/errors.ts';
import { parseRoster } from '../../../src/roster/table.ts';
import { damagedJson, damagedText, piece } from '../damage.ts';
import { mark, parsedLater, target } from '../target.ts';

const record = fc.record(
  {
    agentId: fc.constantFrom('0012', '13', '14', `${mark}-15`),
    name: fc.constantFrom(mark, 'Ü', ''),
    team: fc.constantFrom('Sales', 'Support, 2nd', '', '__proto__', mark),
    'Cost Centre': fc.constantFrom('47', mark),
  },
  { requiredKeys: ['agentId', 'name', 'team'] },
);
const records = fc.array(record, { maxLength: 4 });
// Without the first row, an agent is read as the header.
const csvTexts = fc
  .tuple(fc.constantFrom([], ['agentId;name;team']), records)
  .map(([header, all]) =>
    [...header, ...all.map(({ agentId, name, team }) => `${agentId};${name};"${team}"`)].join('\n'),
  );

/** Rosters of every kind: agents once, each with texts, or a rejection that names nobody. */
export const roster = target(
  'roster',
  fc.oneof(
    damagedText(csvTexts).map((text) => ({ text, name: 'r.csv' })),
    damagedJson(records).map((text) => ({ text, name: 'r.yml' })),
    piece.map((text) => ({ text, name: 'R.JSON' })),
  ),
  async ({ text, name }) => {
    const result = await parsedLater(() => parseRoster(text, name), [DocumentError]);
    if ('refusal' in result) return;
    const { agents, columns } = result.value;
    assert(agents.size > 0 && columns.has('agent_id'));
    for (const [id, fields] of agents) {
      assert(id !== '' && id === id.trim());
      assert.equal(Object.getPrototypeOf(fields), null);
      for (const [column, value] of Object.entries(fields)) {
        assert(columns.has(column) && column !== 'agent_id' && typeof value === 'string');
      }
    }
  },
  { share: 0.3 },
);
