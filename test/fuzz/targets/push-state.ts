import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { allMetrics } from '../../../src/catalogue/all.ts';
import { PushError } from '../../../src/push/errors.ts';
import { encodeState, parseState } from '../../../src/push/schedule/state.ts';
import { damagedBytes, damagedValue } from '../damage.ts';
import { assertOwnSeries, parsed, target } from '../target.ts';

const states = fc.record({
  timestampMs: fc.nat(),
  series: fc.dictionary(
    fc.constantFrom('a', 'b'),
    fc.array(
      fc.constantFrom(
        ['__name__', 'vcc_up', 'account', 'uk'],
        ['__name__', 'vcc_agents', 'account', 'uk', 'presence', 'Ready'],
      ),
      { maxLength: 3 },
    ),
  ),
});
const saved = states.map((state) => ({ v: 1, ...state }));

/** The state that a process left for the next one: the same state, or none. */
export const pushState = target(
  'push-state',
  fc.oneof(
    states.map((state) => ({ content: encodeState(state), state })),
    damagedValue(saved).map((value) => ({ content: new Uint8Array(gzipSync(JSON.stringify(value) ?? '')) })),
    damagedBytes(states.map((state) => new Uint8Array(encodeState(state)))).map((content) => ({ content })),
  ),
  (input: { content: Uint8Array; state?: unknown }) => {
    const read = (content: Uint8Array) => parsed(() => parseState(content, 'uk', allMetrics), [PushError]);
    const result = read(input.content);
    if (input.state !== undefined) {
      assert.equal(JSON.stringify(result), JSON.stringify({ value: { state: input.state } }));
    }
    if ('refusal' in result) return;
    const { state } = result.value;
    assert(Number.isFinite(state.timestampMs));
    for (const series of Object.values(state.series)) assertOwnSeries(series);
    assert.deepEqual(read(encodeState(state)), { value: { state, dropped: undefined } });
  },
  { share: 0.3 },
);
