import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type Label, nameOf, type Point } from './points.ts';

/**
 * DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK: the series has ended. Prometheus converts it to a stale
 * marker.
 */
const noRecordedValue = 1;

/**
 * Encodes points as OTLP's ExportMetricsServiceRequest:
 *
 * - The labels job and instance become the resource. Destinations convert them back to labels.
 * - All other labels become attributes. With `repeated`, job and instance become attributes too.
 * - Every metric becomes a gauge. OTLP's sums and histograms require a start time, which is not
 *   known here.
 */
export function encodeMetrics(
  points: readonly Point[],
  { job, instance }: { job: string; instance: string },
  { repeated = false } = {},
): Uint8Array {
  const writer = new BinaryWriter();
  const ofResource = new Map(repeated ? [] : Object.entries({ job, instance }));
  // Field numbers of opentelemetry-proto. test/support/proto/otlp.proto has the names.
  begin(writer, 1);
  begin(writer, 1);
  writeAttribute(writer, 1, ['service.name', job]);
  writeAttribute(writer, 1, ['service.instance.id', instance]);
  writer.join();
  begin(writer, 2);
  begin(writer, 1);
  writeText(writer, 1, 'vcc-exporter');
  writer.join();
  for (const [name, group] of toGroups(points)) {
    begin(writer, 2);
    writeMetric(writer, name, group, ofResource);
    writer.join();
  }
  return writer.join().join().finish();
}

/** Groups points by name, since each metric may occur only once in a request. */
function toGroups(points: readonly Point[]): Map<string, Point[]> {
  const groups = new Map<string, Point[]>();
  for (const point of points) {
    const name = nameOf(point);
    const group = groups.get(name);
    if (group) group.push(point);
    else groups.set(name, [point]);
  }
  return groups;
}

function writeMetric(
  writer: BinaryWriter,
  name: string,
  points: readonly Point[],
  ofResource: ReadonlyMap<string, string>,
): void {
  // Ended series may lack help and unit.
  const { meta } = points.find(({ value }) => value !== undefined) ?? points[0]!;
  writeText(writer, 1, name);
  writeText(writer, 2, meta.help);
  // No unit for the rest: Prometheus would convert '1' to the suffix _ratio.
  if (name.endsWith('_seconds')) writeText(writer, 3, 's');
  begin(writer, 5);
  for (const point of points) {
    begin(writer, 1);
    writePoint(writer, point, ofResource);
    writer.join();
  }
  writer.join();
}

function writePoint(
  writer: BinaryWriter,
  { labels, value, timestampMs }: Point,
  ofResource: ReadonlyMap<string, string>,
): void {
  // A number cannot represent today's nanoseconds exactly.
  writer.tag(3, WireType.Bit64).fixed64(BigInt(timestampMs) * 1_000_000n);
  if (value !== undefined) writer.tag(4, WireType.Bit64).double(value);
  for (const label of labels) {
    const [name, text] = label;
    // A series' own job or instance, if it differs from the resource's, still identifies the
    // series.
    if (name !== '__name__' && ofResource.get(name) !== text) writeAttribute(writer, 7, label);
  }
  if (value === undefined) writer.tag(8, WireType.Varint).uint32(noRecordedValue);
}

function writeAttribute(writer: BinaryWriter, field: number, [key, value]: Label): void {
  begin(writer, field);
  writeText(writer, 1, key);
  begin(writer, 2);
  writeText(writer, 1, value);
  writer.join().join();
}

function writeText(writer: BinaryWriter, field: number, text: string): void {
  writer.tag(field, WireType.LengthDelimited).string(text);
}

function begin(writer: BinaryWriter, field: number): void {
  writer.tag(field, WireType.LengthDelimited).fork();
}

/**
 * Decodes an ExportMetricsServiceResponse: how many data points the destination rejected, and why.
 * 0 with a message is a warning. An empty body is a full success. Returns undefined for any other
 * body.
 */
export function parsePartialSuccess(body: Uint8Array): { rejected: number; message: string } | undefined {
  const success = { rejected: 0, message: '' };
  try {
    readFields(new BinaryReader(body), (field, wireType, response) => {
      if (field !== 1 || wireType !== WireType.LengthDelimited) return false;
      readFields(new BinaryReader(response.bytes()), (inner, innerType, reader) => {
        if (inner === 1 && innerType === WireType.Varint) success.rejected = Number(reader.int64());
        else if (inner === 2 && innerType === WireType.LengthDelimited) success.message = reader.string();
        else return false;
        return true;
      });
      return true;
    });
  } catch {
    // The reader's errors do not help a caller.
    return undefined;
  }
  return success;
}

/**
 * Passes every field to `read`. If `read` returns false, skips the field, as protobuf requires for
 * unknown fields.
 */
function readFields(
  reader: BinaryReader,
  read: (field: number, wireType: WireType, reader: BinaryReader) => boolean,
): void {
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (!read(field, wireType, reader)) reader.skip(wireType, field);
  }
}
