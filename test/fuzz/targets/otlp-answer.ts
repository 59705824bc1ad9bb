import assert from 'node:assert/strict';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { parsePartialSuccess } from '../../../src/push/encoding/otlp.ts';
import { ExportMetricsServiceResponseSchema } from '../../support/proto/otlp_pb.ts';
import { damagedBytes } from '../damage.ts';
import { target } from '../target.ts';

const answers = fc
  .record({
    rejectedDataPoints: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    errorMessage: fc.string({ unit: 'binary' }),
  })
  .map((partialSuccess) =>
    toBinary(
      ExportMetricsServiceResponseSchema,
      create(ExportMetricsServiceResponseSchema, { partialSuccess }),
    ),
  );

/** The answer of an OTLP receiver: the same as the generated decoder reads, or nothing. */
export const otlpAnswer = target(
  'otlp-answer',
  fc.oneof(damagedBytes(answers), fc.uint8Array({ maxLength: 40 })),
  (bytes) => {
    const read = parsePartialSuccess(bytes);
    if (read === undefined) return;
    assert(Number.isInteger(read.rejected) && typeof read.message === 'string');
    const theirs = decode(bytes);
    if (!theirs) return;
    const { rejectedDataPoints = 0n, errorMessage = '' } = theirs.partialSuccess ?? {};
    assert.deepEqual(read, { rejected: Number(rejectedDataPoints), message: errorMessage });
  },
);

/**
 * The decoder reads damaged bytes differently, since it accepts every wire type. So only bytes that
 * it would write itself count.
 */
function decode(bytes: Uint8Array) {
  try {
    const answer = fromBinary(ExportMetricsServiceResponseSchema, bytes);
    return Buffer.from(toBinary(ExportMetricsServiceResponseSchema, answer)).equals(bytes)
      ? answer
      : undefined;
  } catch {
    return undefined;
  }
}
