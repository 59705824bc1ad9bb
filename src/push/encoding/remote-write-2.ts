import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Label, Meta, Point } from './points.ts';
import { encodeWriteRequest, staleBits, writeSample } from './remote-write-1.ts';

/** The numbers of `Metadata.MetricType`. */
const typeNumbers: Record<Meta['type'], number> = {
  unknown: 0,
  counter: 1,
  gauge: 2,
  histogram: 3,
  gaugehistogram: 4,
  summary: 5,
  info: 6,
};

/**
 * Encodes points as an `io.prometheus.write.v2.Request` of remote write 2.0, uncompressed: one time
 * series with metadata per point.
 */
export function encodeRequest(points: readonly Point[]): Uint8Array {
  // The first symbol must be the empty text.
  const symbols = new Map([['', 0]]);
  const refOf = (text: string): number => {
    const known = symbols.get(text);
    if (known !== undefined) return known;
    symbols.set(text, symbols.size);
    return symbols.size - 1;
  };
  const series = new BinaryWriter();
  for (const { labels, value, timestampMs, meta } of points) {
    series.tag(5, WireType.LengthDelimited).fork();
    series.tag(1, WireType.LengthDelimited).fork();
    for (const [name, text] of labels) series.uint32(refOf(name)).uint32(refOf(text));
    series.join();
    series.tag(2, WireType.LengthDelimited).fork();
    writeSample(series, value, timestampMs);
    series.join();
    series.tag(5, WireType.LengthDelimited).fork();
    writeNumber(series, 1, typeNumbers[meta.type]);
    writeNumber(series, 3, refOf(meta.help));
    writeNumber(series, 4, refOf(meta.unit ?? ''));
    series.join().join();
  }
  const writer = new BinaryWriter();
  for (const symbol of symbols.keys()) writer.tag(4, WireType.LengthDelimited).string(symbol);
  return writer.raw(series.finish()).finish();
}

function writeNumber(writer: BinaryWriter, field: number, value: number): void {
  if (value !== 0) writer.tag(field, WireType.Varint).uint32(value);
}

/**
 * Converts a request to remote write 1.0, for destinations that do not support 2.0. Metadata is
 * lost.
 */
export function toWriteRequest(request: Uint8Array): Uint8Array {
  const symbols: string[] = [];
  const series: { refs: number[]; value: number | undefined; timestampMs: number }[] = [];
  readFields(new BinaryReader(request), {
    4: (reader) => symbols.push(reader.string()),
    5: (reader) => series.push(readSeries(reader.bytes())),
  });
  return encodeWriteRequest(
    series.map(({ refs, value, timestampMs }) => {
      const labels: Label[] = [];
      for (let at = 0; at < refs.length; at += 2) labels.push([symbols[refs[at]!]!, symbols[refs[at + 1]!]!]);
      return { labels, value, timestampMs };
    }),
  );
}

function readSeries(bytes: Uint8Array) {
  const series = { refs: [] as number[], value: 0 as number | undefined, timestampMs: 0 };
  readFields(new BinaryReader(bytes), {
    1(reader) {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) series.refs.push(reader.uint32());
    },
    2(reader) {
      readFields(new BinaryReader(reader.bytes()), {
        1(sample) {
          const bits = BigInt(sample.fixed64());
          series.value = bits === staleBits ? undefined : toDouble(bits);
        },
        2(sample) {
          series.timestampMs = Number(sample.int64());
        },
      });
    },
  });
  return series;
}

function readFields(reader: BinaryReader, fields: Record<number, (reader: BinaryReader) => void>): void {
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const read = fields[field];
    if (read) read(reader);
    else reader.skip(wireType);
  }
}

function toDouble(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}
