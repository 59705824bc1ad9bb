import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Label, Point } from './points.ts';

/**
 * `prometheus.WriteRequest` of remote write 1.0, not yet compressed: a time series for each point. Metadata, which 1.0 has as
 * an option, is left out.
 */
export function encodeWriteRequest(points: readonly Point[]): Uint8Array {
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

/** Prometheus' stale marker: a signalling NaN, which would lose its bits as a number. */
export const staleBits = 0x7ff0000000000002n;

/** The fields of a Sample, which are the same in 1.0 and 2.0; undefined is a stale marker. */
export function writeSample(writer: BinaryWriter, value: number | undefined, timestampMs: number): void {
  if (value === undefined) writer.tag(1, WireType.Bit64).fixed64(staleBits);
  // Protobuf 3: zero is what a field that is not there stands for; minus zero is another number.
  else if (!Object.is(value, 0)) writer.tag(1, WireType.Bit64).double(value);
  if (timestampMs !== 0) writer.tag(2, WireType.Varint).int64(timestampMs);
}

/** Most labels come again and again. */
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
