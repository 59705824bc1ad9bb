import assert from 'node:assert/strict';
import { fromBinary } from '@bufbuild/protobuf';
import { nameOf, type Point } from '../../src/push/encoding/points.ts';
import { without } from './any-points.ts';
import { ExportMetricsServiceRequestSchema, type KeyValue, type Metric } from './proto/otlp_pb.ts';

/**
 * A request of one resource and one scope. A field that the specification does not have is an
 * error.
 */
export function decode(bytes: Uint8Array) {
  const request = fromBinary(ExportMetricsServiceRequestSchema, bytes);
  assert.equal(hasUnknown(request), false);
  assert.equal(request.resourceMetrics.length, 1);
  const [{ resource: of, scopeMetrics }] = request.resourceMetrics as [(typeof request.resourceMetrics)[0]];
  assert.equal(scopeMetrics.length, 1);
  const { scope, metrics } = scopeMetrics[0]!;
  return { resource: toEntries(of!.attributes), scope: scope!.name, metrics };
}

/** Whether a message has a field anywhere that its type does not have. */
function hasUnknown(message: unknown): boolean {
  if (typeof message !== 'object' || message === null) return false;
  return '$unknown' in message || Object.values(message).some(hasUnknown);
}

function toEntries(attributes: readonly KeyValue[]): [string, string][] {
  return attributes.map(({ key, value }) => {
    if (value?.value.case !== 'stringValue') throw new Error(`${key} is no text`);
    return [key, value.value.value];
  });
}

/** A point at one end of the wire. */
export interface Sample {
  name: string;
  attributes: [string, string][];
  timeUnixNano: bigint;
  value: number | undefined;
}

/** The points of metrics, all of which are gauges. */
export function samplesOf(metrics: readonly Metric[]): Sample[] {
  return metrics.flatMap(({ name, data }) => {
    if (data.case !== 'gauge') throw new Error(`${name} is no gauge`);
    return data.value.dataPoints.map(({ attributes, timeUnixNano, value, flags }) => {
      const ended = (flags & 1) === 1;
      assert.deepEqual([value.case, flags], ended ? [undefined, 1] : ['asDouble', 0]);
      return {
        name,
        attributes: toEntries(attributes),
        timeUnixNano,
        value: value.case === 'asDouble' ? value.value : undefined,
      };
    });
  });
}

/** The same, of points: by name, in the order in which names first occur. */
export function expectedOf(points: readonly Point[], resource: Readonly<Record<string, string>>): Sample[] {
  const names = [...new Set(points.map(nameOf))];
  return names.flatMap((name) =>
    points
      .filter((each) => nameOf(each) === name)
      .map(({ labels, value, timestampMs }) => ({
        name,
        attributes: without(labels, '__name__')
          .filter(([label, text]) => resource[label] !== text)
          .map(([label, text]): [string, string] => [label, text]),
        timeUnixNano: BigInt(timestampMs) * 1_000_000n,
        value,
      })),
  );
}
