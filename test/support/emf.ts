import assert from 'node:assert/strict';
import { toDimensionValue } from '../../src/push/encoding/emf.ts';
import { nameOf, type Point, toKey } from '../../src/push/encoding/points.ts';
import { without } from './any-points.ts';

interface Document {
  _aws: {
    Timestamp: number;
    LogGroupName?: string;
    CloudWatchMetrics: {
      Namespace: string;
      Dimensions: string[][];
      Metrics: { Name: string; Unit: string }[];
    }[];
  };
  [member: string]: unknown;
}

/** CloudWatch's reading of a line, by its specification. */
interface Extracted {
  timestampMs: number;
  dimensions: [string, string][];
  metrics: { name: string; unit: string; value: number }[];
}

/** Reads a line as CloudWatch does, and throws where CloudWatch would reject it. */
export function extract(line: string): Extracted {
  assert(Buffer.byteLength(line) < 256 * 1024);
  assert.doesNotMatch(line, /[\r\n]/);
  const document = JSON.parse(line) as Document;
  const { Timestamp, CloudWatchMetrics } = document._aws;
  assert.equal(CloudWatchMetrics.length, 1);
  const { Namespace, Dimensions, Metrics } = CloudWatchMetrics[0]!;
  assert.deepEqual([Namespace, Dimensions.length], ['VCC', 1]);
  const names = Dimensions[0]!;
  assert(names.length <= 30 && Metrics.length > 0 && Metrics.length <= 100);
  // Every member is one of these, and only one.
  const members = ['_aws', ...names, ...Metrics.map(({ Name }) => Name)];
  assert.equal(new Set(members).size, members.length);
  assert.deepEqual(Object.keys(document).toSorted(), members.toSorted());
  const dimensions = names.map((name): [string, string] => {
    const value = Object.entries(document).find(([member]) => member === name)![1] as string;
    assert.match(name, /^[\x21-\x39\x3b-\x7e]{1,255}$/);
    assert.match(value, /^[\x20-\x7e]{1,1024}$/);
    assert.equal(value.trim(), value);
    return [name, value];
  });
  const metrics = Metrics.map(({ Name, Unit }) => {
    const value = document[Name] as number;
    assert(Math.abs(value) <= 2 ** 360);
    assert(['Seconds', 'Count', 'None'].includes(Unit));
    return { name: Name, unit: Unit, value };
  });
  return { timestampMs: Timestamp, dimensions, metrics };
}

/** The metrics that the line declares to CloudWatch. */
function isWanted({ labels, value, meta: { type } }: Point): boolean {
  if (labels.some(([name]) => name === 'agent_id') || type === 'info') return false;
  return value !== undefined && Number.isFinite(value) && Math.abs(value) <= 2 ** 360;
}

const inOrder = (all: Iterable<object>) => [...all].map((each) => JSON.stringify(each)).toSorted();

/** The samples of lines, in a fixed order. */
export function extractedOf(lines: readonly string[]): string[] {
  return inOrder(
    lines
      .map(extract)
      .flatMap(({ timestampMs, dimensions, metrics }) =>
        metrics.map(({ name, value }) => ({ name, timestampMs, dimensions, value })),
      ),
  );
}

/**
 * The same, of points. Points that differ only in job or instance, which are no dimensions, are the
 * same here.
 */
export function expectedOf(points: readonly Point[]): string[] {
  const expected = new Map(
    points.filter(isWanted).map((each) => {
      const labels = without(each.labels, 'job', 'instance');
      const dimensions = without(labels, '__name__').map(([name, value]) => [name, toDimensionValue(value)]);
      // JSON has no -0.
      const value = each.value! + 0;
      return [
        `${each.timestampMs} ${toKey({ labels })}`,
        { name: nameOf(each), timestampMs: each.timestampMs, dimensions, value },
      ];
    }),
  );
  return inOrder(expected.values());
}
