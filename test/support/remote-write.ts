import assert from 'node:assert/strict';
import { fromBinary } from '@bufbuild/protobuf';
import type { Point } from '../../src/push/encoding/points.ts';
import { WriteRequestSchema } from './proto/remote-write-1_pb.ts';
import { RequestSchema } from './proto/remote-write-2_pb.ts';

/** As a receiver reads them: labels, time, and the bits of the value. */
export type Read = { labels: string[][]; timestampMs: number; bits: bigint }[];

function bitsOf(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

const staleBits = 0x7ff0000000000002n;
/** Points as a receiver reads them. */
export const expectedOf = (points: readonly Point[]): Read =>
  points.map(({ labels, value, timestampMs }) => ({
    labels: labels.map(([name, text]) => [name, toUtf8(text)]),
    timestampMs,
    bits: value === undefined ? staleBits : bitsOf(value),
  }));
const toUtf8 = (text: string) => Buffer.from(text).toString();

/** Decodes a request of remote write 1.0. */
export function read1(body: Uint8Array): Read {
  return fromBinary(WriteRequestSchema, body).timeseries.map(({ labels, samples: [sample, ...more] }) => {
    assert.deepEqual(more, []);
    return {
      labels: labels.map(({ name, value }) => [name, value]),
      timestampMs: Number(sample!.timestamp),
      bits: bitsOf(sample!.value),
    };
  });
}

/** Decodes a request of remote write 2.0. */
export function read2(body: Uint8Array): Read {
  const { symbols, timeseries } = fromBinary(RequestSchema, body);
  assert.equal(symbols[0], '');
  assert.equal(new Set(symbols).size, symbols.length);
  return timeseries.map(({ labelsRefs, samples: [sample] }) => ({
    labels: Array.from({ length: labelsRefs.length / 2 }, (_, at) => [
      symbols[labelsRefs[2 * at]!]!,
      symbols[labelsRefs[2 * at + 1]!]!,
    ]),
    timestampMs: Number(sample!.timestamp),
    bits: bitsOf(sample!.value),
  }));
}

/** All NaNs are the same here: a decoder may return any of them. */
export const plain = (read: Read): Read =>
  read.map((each) => ({
    ...each,
    bits:
      (each.bits & 0x7ff0000000000000n) === 0x7ff0000000000000n && (each.bits & 0xfffffffffffffn) !== 0n
        ? -1n
        : each.bits,
  }));
