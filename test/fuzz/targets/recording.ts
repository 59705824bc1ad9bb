import assert from 'node:assert/strict';
import { validateHeaderValue } from 'node:http';
import fc from 'fast-check';
import { DocumentError } from '../../../src/documents/errors.ts';
import { encodeRecording, parseRecording } from '../../../src/recording/format.ts';
import { serveRecording } from '../../../src/simulator/recorded.ts';
import { anyAgentsUpTo } from '../../support/agents.ts';
import { toBody } from '../../support/bodies.ts';
import { damagedJson, piece } from '../damage.ts';
import { parsed, target } from '../target.ts';

const headers = fc.dictionary(
  fc.constantFrom('date', 'retry-after', 'content-type', 'x-rate-limit', 'ratelimit-limit'),
  fc.constantFrom('Thu, 15 Jan 2026 10:00:00 GMT', '7', 'application/json', ''),
);
const result = fc.oneof(
  fc.record({
    status: fc.constantFrom(200, 429, 503),
    headers,
    json: fc.oneof(anyAgentsUpTo(2).map(toBody), fc.constant({ error: 'x' })),
  }),
  fc.record({
    status: fc.constantFrom(200, 502),
    headers,
    notJson: fc.record({ characters: fc.nat(2_000_000) }),
  }),
  fc.constant({ failure: 'ECONNRESET' }),
);
const answer = fc.record(
  { page: fc.integer({ min: 1, max: 3 }), limit: fc.constantFrom(1, 5000), result },
  { requiredKeys: ['page', 'result'] },
);
const readings = fc
  .array(fc.tuple(fc.nat(60_000), fc.array(answer, { maxLength: 3 })), { minLength: 1, maxLength: 3 })
  .map((all) => {
    let afterMs = 0;
    return all.map(([ms, answers], index) => {
      if (index > 0) afterMs += ms;
      return { afterMs, answers };
    });
  });
const recordings = readings.map((all) => JSON.parse(encodeRecording({ readings: all }, '1.0.0')));

const startMs = Date.parse('2026-01-15T10:00:00.250Z');

/** Files of `simulate --from`: their content can be served at any time, or they are rejected. */
export const recording = target(
  'recording',
  fc.record({
    text: fc.oneof(damagedJson(recordings), piece),
    afterMs: fc.nat(200_000),
    query: fc.oneof(fc.constantFrom('page=1', 'page=2&limit=5000', '', 'page=x'), piece),
  }),
  ({ text, afterMs, query }) => {
    const result = parsed(() => parseRecording(text, 'r.json'), [DocumentError]);
    if ('refusal' in result) return;
    assert.deepEqual(parseRecording(encodeRecording(result.value, '1.0.0'), 'r.json'), result.value);
    const page = serveRecording(result.value, startMs);
    for (const at of [0, afterMs, afterMs, 2_700_000_000]) {
      const { status, headers = {}, body, text } = page(new URLSearchParams(query), startMs + at);
      assert(Number.isInteger(status) && status >= 200 && status <= 999);
      for (const [name, value] of Object.entries(headers)) validateHeaderValue(name, value);
      assert((text ?? JSON.stringify(body) ?? '').length < 3_000_000);
    }
  },
  { share: 0.3 },
);
