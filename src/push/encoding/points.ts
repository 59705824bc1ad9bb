import type { Family, Labels } from '../../catalogue/metric.ts';

/** Name and value of a label. */
export type Label = readonly [name: string, value: string];

/** Metadata of a metric, for destinations. */
export interface Meta {
  /** The name of the family. */
  name: string;
  help: string;
  /**
   * The exporter has only gauges and infos. The conformance tests (test/conformance) send the other
   * types.
   */
  type: Family['type'] | 'counter' | 'histogram' | 'gaugehistogram' | 'summary' | 'unknown';
  unit: string | undefined;
}

/** One sample of a series, in the form for all protocols. */
export interface Point {
  /** Includes `__name__`. Sorted by name, without duplicates and empty values. */
  labels: readonly Label[];
  /** Undefined when the series has ended. Protocols then send a stale marker or its equivalent. */
  value: number | undefined;
  timestampMs: number;
  meta: Meta;
}

/** The label that holds the name of the metric. */
export const nameLabel = '__name__';

/**
 * Merges label sets, sorted by name. Later sets take precedence. Leaves out empty values: an empty
 * label means the same as a missing one.
 */
export function toLabels(name: string, ...sets: Labels[]): Label[] {
  const all = new Map<string, string>([[nameLabel, name]]);
  for (const set of sets) for (const label in set) all.set(label, set[label]!);
  const labels = [...all].filter(([, value]) => value !== '');
  return labels.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Returns the name of the metric. */
export function nameOf({ labels }: Pick<Point, 'labels'>): string {
  return labels.find(([label]) => label === nameLabel)?.[1] ?? '';
}

/** Returns the key of a point's series: equal for points of one series, different otherwise. */
export function toKey({ labels }: Pick<Point, 'labels'>): string {
  // Labels are well-formed Unicode, so they never contain these lone surrogates.
  return labels.map(([name, value]) => `${name}\ud800${value}`).join('\udc00');
}

/**
 * Converts all samples of a scrape to points with this time. Labels of the series take precedence
 * over `more`.
 */
export function toPoints(families: readonly Family[], timestampMs: number, more: Labels): Point[] {
  const points: Point[] = [];
  for (const family of families) {
    const { name, help, type, unit } = family;
    const meta: Meta = { name, help, type, unit };
    for (const sample of family.values) {
      const labels = toLabels(name, more, sample.sharedLabels ?? {}, sample.labels);
      points.push({ labels, value: sample.value, timestampMs, meta });
    }
  }
  return points;
}

/** Series in a form that one process saves and another reads: label names and values in turn. */
export type SavedSeries = readonly (readonly string[])[];

/** Why a stored value is not a valid series. */
export const seriesProblems = {
  form: 'that are not lists of label names and values',
  labels: 'with labels that are not valid, sorted and unique',
  name: 'of metrics that this exporter does not have',
} as const;

/**
 * Returns what is wrong with a stored value that should be one of {@link SavedSeries}. Undefined
 * for a series as {@link toSavedSeries} writes it. A destination would reject every request with
 * any other series.
 */
export function problemOfSeries(value: unknown): keyof typeof seriesProblems | undefined {
  if (!Array.isArray(value) || !value.every(isWellFormed) || value.length % 2 !== 0) return 'form';
  let before = '';
  let metric: string | undefined;
  for (let at = 0; at < value.length; at += 2) {
    const [name, text] = [value[at] as string, value[at + 1] as string];
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || name <= before || text === '') return 'labels';
    before = name;
    if (name === nameLabel) metric = text;
  }
  return metric !== undefined && /^vcc_[a-z0-9_]+$/.test(metric) ? undefined : 'name';
}

const isWellFormed = (value: unknown): value is string =>
  typeof value === 'string' && !/\p{Surrogate}/u.test(value);

/** Returns the series of points in the form to save. */
export function toSavedSeries(points: Iterable<Pick<Point, 'labels'>>): SavedSeries {
  return Array.from(points, ({ labels }) => labels.flat());
}

/** Limits of one request. */
export interface BodyLimits {
  maxSamples: number;
  /** Limit of the encoded body. */
  maxBytes: number;
}

/** The body of one request. */
export interface Body {
  samples: number;
  body: Uint8Array;
  /** The series that this request ends. Undefined means none. */
  ended?: SavedSeries;
}

/**
 * Encodes points in order, in few bodies within the limits. A single point that exceeds the limits
 * gets a body anyway, since the destination may accept it.
 */
export function toBodies(
  points: readonly Point[],
  { maxSamples, maxBytes }: BodyLimits,
  encode: (points: readonly Point[]) => Uint8Array,
): Body[] {
  const split = (part: readonly Point[]): Body[] => {
    const body = encode(part);
    if (body.length <= maxBytes || part.length === 1) {
      const ended = toSavedSeries(part.filter(({ value }) => value === undefined));
      return [{ samples: part.length, body, ...(ended.length > 0 && { ended }) }];
    }
    const middle = Math.ceil(part.length / 2);
    return [...split(part.slice(0, middle)), ...split(part.slice(middle))];
  };
  const count = Math.ceil(points.length / maxSamples);
  return Array.from({ length: count }, (_, at) =>
    points.slice(at * maxSamples, (at + 1) * maxSamples),
  ).flatMap(split);
}
