import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Label, Point } from './points.ts';
import { writeSample } from './sample.ts';

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
