import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Label, Point } from './points.ts';

/**
 * Encodes points as a `prometheus.WriteRequest` of remote write 1.0, uncompressed: one time series
 * per point. Leaves out metadata, which 1.0 does not require.
 */
export function encodeWriteRequest(points: readonly Omit<Point, 'meta'>[]): Uint8Array {
  const writer = new BinaryWriter();
  const encoded = new Map<string, Uint8Array>();
  for (const { labels, value, timestampMs } of points) {
    writer.tag(1, WireType.LengthDelimited).fork();
    for (const label of labels) writer.tag(1, WireType.LengthDelimited).bytes(encodeOnce(label, encoded));
    writer.tag(2, WireType.LengthDelimited).fork();
    writeSample(writer, value, timestampMs);
    writer.join().join();
  }
  return writer.finish();
}

/** Prometheus' stale marker: a signalling NaN. A number would not preserve its bits. */
export const staleBits = 0x7ff0000000000002n;

/**
 * Writes the fields of a Sample, which are the same in 1.0 and 2.0. Undefined is a stale marker.
 */
export function writeSample(writer: BinaryWriter, value: number | undefined, timestampMs: number): void {
  if (value === undefined) writer.tag(1, WireType.Bit64).fixed64(staleBits);
  // In Protobuf 3 a missing field means zero. Minus zero is another number.
  else if (!Object.is(value, 0)) writer.tag(1, WireType.Bit64).double(value);
  if (timestampMs !== 0) writer.tag(2, WireType.Varint).int64(timestampMs);
}

/** Encodes a label, or returns its earlier encoding: most labels occur many times. */
function encodeOnce([name, value]: Label, encoded: Map<string, Uint8Array>): Uint8Array {
  const key = `${name}=${value}`;
  let bytes = encoded.get(key);
  if (bytes === undefined) {
    bytes = new BinaryWriter()
      .tag(1, WireType.LengthDelimited)
      .string(name)
      .tag(2, WireType.LengthDelimited)
      .string(value)
      .finish();
    encoded.set(key, bytes);
  }
  return bytes;
}
