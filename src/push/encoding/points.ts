import type { Family, Labels } from '../../catalogue/metric.ts';

/** Name and value of a label. */
export type Label = readonly [name: string, value: string];

/** Metadata of a metric for receivers. */
export interface Meta {
  /** The name of the family. */
  name: string;
  help: string;
  /**
   * The exporter has gauges and infos only. The conformance tests send the other types
   * (test/conformance).
   */
  type: Family['type'] | 'counter' | 'histogram' | 'gaugehistogram' | 'summary' | 'unknown';
  unit: string | undefined;
}

/** One sample of a series, in the form for all protocols. */
export interface Point {
  /** Includes `__name__`. Sorted by name, without duplicates and empty values. */
  labels: readonly Label[];
  /** Undefined when the series has ended. Protocols send a stale marker or its equivalent. */
  value: number | undefined;
  timestampMs: number;
  meta: Meta;
}

/** The label that holds the name of the metric. */
export const nameLabel = '__name__';

/**
 * Merges label sets for receivers: sorted by name, without empty values, which mean the same as
 * missing ones. Later sets take precedence.
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

/** Returns a key that two points have in common if and only if they belong to one series. */
export function toKey({ labels }: Pick<Point, 'labels'>): string {
  // Labels are well-formed, so they never contain these separators.
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

/** Series between two processes: for each, its label names and values in turn. */
export type SavedSeries = readonly (readonly string[])[];

/** Why a value that was read is no series. */
export const seriesProblems = {
  form: 'not a list of names and values of labels',
  labels: 'labels that are not valid, sorted and different',
  name: 'not a metric of this exporter',
} as const;

/**
 * Returns what is wrong with a value that was read as one of {@link SavedSeries}. Undefined for a
 * series as {@link toSavedSeries} writes it. A receiver refuses a request with any other one, each
 * time.
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

/** Returns the series of points, to be saved. */
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
  /** The series that end with it. Undefined means none. */
  ended?: SavedSeries;
}

/**
 * Encodes points in order, in few bodies within the limits. A point that exceeds them alone is sent
 * anyway, since the receiver may accept it.
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
