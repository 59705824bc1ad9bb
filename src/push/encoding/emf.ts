import { ExporterError } from '../../errors.ts';
import { type Label, nameOf, type Point, toKey } from './points.ts';

/** Labels cannot be dimensions in CloudWatch. The message has their names, never their values. */
export class PushMessageError extends ExporterError {
  constructor(message: string) {
    // Our metrics have few labels with short names, so only a label from settings can be the cause.
    super('config', message);
  }
}

/** CloudWatch's limits. */
const maxMetrics = 100;
const maxDimensions = 30;
const maxNameLength = 255;
const maxValueLength = 1024;
const largestValue = 2 ** 360;

const notDimensions = new Set(['__name__', 'job', 'instance']);

/** Metrics with equal dimensions and the same time. */
interface Group {
  timestampMs: number;
  dimensions: readonly Label[];
  metrics: Map<string, { unit: 'Seconds' | 'Count' | 'None'; value: number }>;
}

/**
 * Returns JSON documents in CloudWatch's embedded metric format:
 *
 * - Only points for which {@link isMetric} is true.
 * - Labels become dimensions, except job and instance. {@link toDimensionValue} encodes their
 *   values.
 * - `logGroup` is the log group for CloudWatch's agent.
 *
 * @throws PushMessageError
 */
export function toEmfLines(
  points: readonly Point[],
  { namespace, logGroup }: { namespace: string; logGroup?: string },
): string[] {
  return toGroups(points).flatMap(({ timestampMs, dimensions, metrics }) => {
    const names = dimensions.map(([name]) => name);
    check(names, metrics);
    const values = dimensions.map(([name, value]) => [name, toDimensionValue(value)] as const);
    const all = [...metrics];
    // With these limits a document is below 200 KB. CloudWatch accepts 256 KB.
    return Array.from({ length: Math.ceil(all.length / maxMetrics) }, (_, at) => {
      const some = all.slice(at * maxMetrics, (at + 1) * maxMetrics);
      const directive = {
        Namespace: namespace,
        Dimensions: [names],
        Metrics: some.map(([Name, { unit }]) => ({ Name, Unit: unit })),
      };
      return JSON.stringify(
        // Not an object literal, since a label may have the name __proto__.
        Object.fromEntries<unknown>([
          ['_aws', { Timestamp: timestampMs, LogGroupName: logGroup, CloudWatchMetrics: [directive] }],
          ...values,
          ...some.map(([name, { value }]) => [name, value] as const),
        ]),
      );
    });
  });
}

/**
 * Whether a point becomes a metric in CloudWatch. Excluded are infos, values that CloudWatch
 * rejects (such as NaN), and series of single agents, since CloudWatch charges for each metric.
 */
export function isMetric(point: Point): point is Point & { value: number } {
  const { labels, value, meta } = point;
  // False for NaN too.
  const known = value !== undefined && Math.abs(value) <= largestValue;
  return known && meta.type !== 'info' && !labels.some(([name]) => name === 'agent_id');
}

function toGroups(points: readonly Point[]): Group[] {
  const groups = new Map<string, Group>();
  for (const point of points) {
    if (!isMetric(point)) continue;
    const { labels, value, timestampMs } = point;
    const dimensions = labels.filter(([name]) => !notDimensions.has(name));
    const key = `${timestampMs} ${toKey({ labels: dimensions })}`;
    const group = groups.get(key) ?? { timestampMs, dimensions, metrics: new Map() };
    groups.set(key, group);
    group.metrics.set(nameOf(point), { unit: unitOf(point), value });
  }
  return [...groups.values()];
}

function check(dimensions: readonly string[], metrics: ReadonlyMap<string, unknown>): void {
  if (dimensions.length > maxDimensions) {
    throw new PushMessageError(
      `a series has ${dimensions.length} labels, and CloudWatch accepts at most ${maxDimensions} dimensions: ${dimensions.join(', ')}`,
    );
  }
  for (const name of dimensions) {
    if (name.length > maxNameLength) {
      throw new PushMessageError(
        `the name of a label has ${name.length} characters, and CloudWatch accepts at most ${maxNameLength}: ${name}`,
      );
    }
    if (name === '_aws' || metrics.has(name)) {
      throw new PushMessageError(
        `label ${name}: CloudWatch's embedded metric format uses this name for another field; rename the label`,
      );
    }
  }
}

function unitOf(point: Point): 'Seconds' | 'Count' | 'None' {
  const name = nameOf(point);
  if (!name.endsWith('_seconds')) return 'Count';
  // Times are not durations: graphs would show them in years.
  return name.endsWith('_timestamp_seconds') ? 'None' : 'Seconds';
}

/**
 * Encodes a label value in the characters that CloudWatch accepts: ASCII without control
 * characters. Different values stay different:
 *
 * - Other characters, backslashes, and a space at either end become `\uXXXX`.
 * - A value longer than CloudWatch's limit is truncated, and ends in `\#` and a hash of the whole
 *   value.
 */
export function toDimensionValue(value: string): string {
  const plain = value.replace(
    /^ | $|[^\x20-\x5b\x5d-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  if (plain.length <= maxValueLength) return plain;
  const ending = `\\#${hash(plain)}`;
  return plain.slice(0, maxValueLength - ending.length) + ending;
}

/** FNV-1a with 64 bits, as 16 hexadecimal digits. */
function hash(ascii: string): string {
  let sum = 0xcbf29ce484222325n;
  for (let at = 0; at < ascii.length; at++) {
    sum = BigInt.asUintN(64, (sum ^ BigInt(ascii.charCodeAt(at))) * 0x100000001b3n);
  }
  return sum.toString(16).padStart(16, '0');
}
