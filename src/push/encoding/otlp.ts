import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { isInSeconds, type Label, nameOf, type Point } from './points.ts';

/** DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK: the series has ended; Prometheus makes a stale marker of it. */
const noRecordedValue = 1;

/**
 * OTLP's ExportMetricsServiceRequest. The labels job and instance are the resource, of which receivers make these labels
 * again; all others are attributes. Everything is a gauge, of whatever type it was: a sum or histogram of OTLP needs the
 * time since when it has been counted, and only the present value is known here.
 */
export function encodeMetrics(
  points: readonly Point[],
  { job, instance }: { job: string; instance: string },
): Uint8Array {
  const writer = new BinaryWriter();
  const ofResource = new Map([
    ['job', job],
    ['instance', instance],
  ]);
  // Field numbers are those of opentelemetry-proto; test/support/proto/otlp.proto has their names.
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

/** Points by name, which each stand once in a request. */
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
  // What is remembered of an ended series may lack help and unit.
  const { meta } = points.find(({ value }) => value !== undefined) ?? points[0]!;
  writeText(writer, 1, name);
  writeText(writer, 2, meta.help);
  // None for the rest: of '1' Prometheus would make the suffix _ratio.
  if (isInSeconds(name, meta)) writeText(writer, 3, 's');
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
  // Nanoseconds of today are more than a number holds exactly.
  writer.tag(3, WireType.Bit64).fixed64(BigInt(timestampMs) * 1_000_000n);
  if (value !== undefined) writer.tag(4, WireType.Bit64).double(value);
  for (const label of labels) {
    const [name, text] = label;
    // A series' own job, other than the resource's, is still a part of what it is.
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
 * What a receiver that took a request says of it: how many data points it rejected all the same, and why. None rejected,
 * with a message, is a warning; an empty body is a full success. Undefined: the body is no ExportMetricsServiceResponse.
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
    // The reader's own errors, of which no caller can do anything else.
    return undefined;
  }
  return success;
}

/** Offers every field to `read`; passes over those that it does not take, as protobuf has it of unknown ones. */
function readFields(
  reader: BinaryReader,
  read: (field: number, wireType: WireType, reader: BinaryReader) => boolean,
): void {
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (!read(field, wireType, reader)) reader.skip(wireType, field);
  }
}
