import { fromBinary } from '@bufbuild/protobuf';
import { expect } from '@jest/globals';
import { WriteRequestSchema } from './proto/remote-write-1_pb.ts';
import { RequestSchema } from './proto/remote-write-2_pb.ts';

/** As a receiver reads them: labels, time, and the bits of the value. */
export type Read = { labels: string[][]; timestampMs: number; bits: bigint }[];

/** The 64 bits of a number. */
export function bitsOf(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

/** Reads a request of 1.0. */
export function read1(body: Uint8Array): Read {
  return fromBinary(WriteRequestSchema, body).timeseries.map(({ labels, samples: [sample, ...more] }) => {
    expect(more).toEqual([]);
    return {
      labels: labels.map(({ name, value }) => [name, value]),
      timestampMs: Number(sample!.timestamp),
      bits: bitsOf(sample!.value),
    };
  });
}

/** Reads a request of 2.0. */
export function read2(body: Uint8Array): Read {
  const { symbols, timeseries } = fromBinary(RequestSchema, body);
  expect(symbols[0]).toBe('');
  expect(new Set(symbols).size).toBe(symbols.length);
  return timeseries.map(({ labelsRefs, samples: [sample] }) => ({
    labels: Array.from({ length: labelsRefs.length / 2 }, (_, at) => [
      symbols[labelsRefs[2 * at]!]!,
      symbols[labelsRefs[2 * at + 1]!]!,
    ]),
    timestampMs: Number(sample!.timestamp),
    bits: bitsOf(sample!.value),
  }));
}

/** All NaNs are one: which of them a decoder gives is its own affair. */
export const plain = (read: Read): Read =>
  read.map((each) => ({
    ...each,
    bits:
      (each.bits & 0x7ff0000000000000n) === 0x7ff0000000000000n && (each.bits & 0xfffffffffffffn) !== 0n
        ? -1n
        : each.bits,
  }));
