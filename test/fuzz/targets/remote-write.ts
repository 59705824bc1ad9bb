import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Body, type Point, toBodies } from '../../../src/push/encoding/points.ts';
import { encodeWriteRequest } from '../../../src/push/encoding/remote-write-1.ts';
import { encodeRequest, toWriteRequest } from '../../../src/push/encoding/remote-write-2.ts';
import { anyPoints } from '../../support/any-points.ts';
import { expectedOf, plain, read1, read2 } from '../../support/remote-write.ts';
import { target } from '../target.ts';

const input = fc.record({
  points: anyPoints,
  maxSamples: fc.integer({ min: 1, max: 20 }),
  maxBytes: fc.integer({ min: 1, max: 4000 }),
});

/**
 * Remote write 1.0 and 2.0: bodies within their limits, from which a decoder reads the same points
 * in the same order.
 */
export const remoteWrite = (
  [
    ['remote-write-1', encodeWriteRequest, read1],
    ['remote-write-2', encodeRequest, read2],
  ] as const
).map(([name, encode, read]) =>
  target(
    name,
    input,
    ({ points, maxSamples, maxBytes }) => {
      const bodies = toBodies(points, { maxSamples, maxBytes }, encode);
      for (const each of bodies) assertWithin(each, maxSamples, maxBytes);
      assert.deepEqual(plain(bodies.flatMap(({ body }) => read(body))), plain(expectedOf(points)));
      assert.deepEqual(
        bodies.flatMap(({ ended = [] }) => ended),
        points.filter(({ value }) => value === undefined).map(({ labels }) => labels.flat()),
      );
      if (name === 'remote-write-2') assertFallback(points);
    },
    { share: 0.04 },
  ),
);

/** A single sample may be larger than the limit. */
function assertWithin({ body, samples }: Body, maxSamples: number, maxBytes: number): void {
  assert(samples >= 1 && samples <= maxSamples, `${samples} samples`);
  assert(body.length <= maxBytes || samples === 1, `${body.length} bytes`);
}

/** For a receiver that knows 1.0 only. The bits of a NaN are lost in JavaScript's numbers. */
function assertFallback(points: readonly Point[]): void {
  const fallback = toWriteRequest(encodeRequest(points));
  assert.deepEqual(plain(read1(fallback)), plain(expectedOf(points)));
  if (points.some(({ value }) => Number.isNaN(value))) return;
  assert(Buffer.from(fallback).equals(encodeWriteRequest(points)));
}
