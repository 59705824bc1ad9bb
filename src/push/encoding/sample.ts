import { type BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Prometheus' stale marker: a signalling NaN, which would lose its bits as a number. */
export const staleBits = 0x7ff0000000000002n;

/** The fields of a Sample, which are the same in 1.0 and 2.0; undefined is a stale marker. */
export function writeSample(writer: BinaryWriter, value: number | undefined, timestampMs: number): void {
  if (value === undefined) writer.tag(1, WireType.Bit64).fixed64(staleBits);
  // Protobuf 3: zero is what a field that is not there stands for; minus zero is another number.
  else if (!Object.is(value, 0)) writer.tag(1, WireType.Bit64).double(value);
  if (timestampMs !== 0) writer.tag(2, WireType.Varint).int64(timestampMs);
}
