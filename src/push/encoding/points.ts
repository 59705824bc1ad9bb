import type { Family, Labels, Sample } from '../../catalogue/metric.ts';

/** Name and value of a label. */
export type Label = readonly [name: string, value: string];

/** What a receiver may be told of a metric besides its samples. */
export interface Meta {
  /** Of the family: that of a histogram, not of its parts. */
  name: string;
  help: string;
  /** The exporter has no counters, histograms and summaries; conformance suites send them (test/conformance). */
  type: Family['type'] | 'counter' | 'histogram' | 'summary' | 'unknown';
  unit: string | undefined;
}

/** One sample of one series at one time, in the form that all receivers share. */
export interface Point {
  /** `__name__` among them; sorted by name, names different, no value empty. */
  labels: readonly Label[];
  /** Undefined: the series has ended, which receivers are told by a stale marker or its like. */
  value: number | undefined;
  timestampMs: number;
  meta: Meta;
}

const nameLabel = '__name__';

/** The labels as receivers want them: sorted by name, without empty values, which mean the same as none. */
export function toLabels(name: string, ...sets: Labels[]): Label[] {
  const all = new Map<string, string>([[nameLabel, name]]);
  for (const set of sets) for (const label in set) all.set(label, set[label]!);
  const labels = [...all].filter(([, value]) => value !== '');
  return labels.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The metric's name. */
export function nameOf({ labels }: Pick<Point, 'labels'>): string {
  return labels.find(([label]) => label === nameLabel)?.[1] ?? '';
}

/** What is the same for two points of one series, and for no others. */
export function toKey({ labels }: Pick<Point, 'labels'>): string {
  // Neither can stand in UTF-8, nor is it in a label.
  return labels.map(([name, value]) => `${name}\ud800${value}`).join('\udc00');
}

/** All samples of a scrape as points of this time. A label of its own goes before one of `more` with the same name. */
export function toPoints(families: readonly Family[], timestampMs: number, more: Labels): Point[] {
  const points: Point[] = [];
  for (const family of families) {
    const { name, help, type, unit } = family;
    const meta: Meta = { name, help, type, unit };
    for (const sample of family.values) {
      points.push({ labels: labelsOf(name, sample, more), value: sample.value, timestampMs, meta });
    }
  }
  return points;
}

function labelsOf(family: string, { metricName, labels, sharedLabels }: Sample, more: Labels): Label[] {
  return toLabels(metricName ?? family, more, sharedLabels ?? {}, labels);
}

/** Whether a sample of this name is a number of seconds: a family's unit is that of its sum, but buckets and count count. */
export function isInSeconds(name: string, { unit }: Pick<Meta, 'unit'>): boolean {
  return unit === 'seconds' && !/_(?:bucket|g?count)$/.test(name);
}

/** How much goes into one request. */
export interface BodyLimits {
  maxSamples: number;
  /** Of the encoded body. */
  maxBytes: number;
}

/** The body of one request. */
export interface Body {
  samples: number;
  body: Uint8Array;
}

/**
 * Points in as few bodies as the limits allow, in their order. A point that is too large by itself is sent alone: the
 * receiver may know better.
 */
export function toBodies(
  points: readonly Point[],
  { maxSamples, maxBytes }: BodyLimits,
  encode: (points: readonly Point[]) => Uint8Array,
): Body[] {
  const split = (part: readonly Point[]): Body[] => {
    const body = encode(part);
    if (body.length <= maxBytes || part.length === 1) return [{ samples: part.length, body }];
    const middle = Math.ceil(part.length / 2);
    return [...split(part.slice(0, middle)), ...split(part.slice(middle))];
  };
  const count = Math.ceil(points.length / maxSamples);
  return Array.from({ length: count }, (_, at) =>
    points.slice(at * maxSamples, (at + 1) * maxSamples),
  ).flatMap(split);
}
