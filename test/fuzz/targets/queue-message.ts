import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PushError } from '../../../src/push/errors.ts';
import { type Batch, batchFormats, encodeBatch, parseBatch } from '../../../src/push/queue.ts';
import { damagedJson, piece } from '../damage.ts';
import { assertOwnSeries, mark, parsed, target } from '../target.ts';

/** Any batches. */
export const batches: fc.Arbitrary<Batch> = fc
  .record({
    account: fc.constantFrom('uk', mark),
    destination: fc.constantFrom('a', mark),
    format: fc.constantFrom(...batchFormats),
    timestampMs: fc.integer({ min: 0, max: 1e15 - 1 }),
    part: fc.nat(99_999),
    samples: fc.nat(100_000),
    body: fc.uint8Array({ minLength: 1, maxLength: 30 }),
    ended: fc.option(fc.constantFrom([], [['__name__', 'vcc_up', 'account', mark]]), { nil: undefined }),
  })
  .map(({ ended, ...rest }) => ({ ...rest, body: Buffer.from(rest.body), ...(ended && { ended }) }));

/** Messages of a queue: the written batch, or a rejection. */
export const queueMessage = target(
  'queue-message',
  fc.oneof(
    batches.map((batch) => ({ text: encodeBatch(batch), whole: true })),
    damagedJson(batches.map((batch) => JSON.parse(encodeBatch(batch)))).map((text) => ({
      text,
      whole: false,
    })),
    piece.map((text) => ({ text, whole: false })),
  ),
  ({ text, whole }) => {
    const result = parsed(() => parseBatch(text), [PushError]);
    if ('refusal' in result) {
      assert(!whole, result.refusal.message);
      return;
    }
    const batch = result.value;
    if (whole) assert.equal(encodeBatch(batch), text);
    // A received batch can be queued again.
    assert.deepEqual(parseBatch(encodeBatch(batch)), batch);
    if (batch.ended) assertOwnSeries(batch.ended);
    for (const number of [batch.timestampMs, batch.part, batch.samples]) assert(Number.isSafeInteger(number));
  },
);
