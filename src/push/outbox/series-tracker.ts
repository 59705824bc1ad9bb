import {
  type Label,
  nameOf,
  type Point,
  type SavedSeries,
  toKey,
  toSavedSeries,
} from '../encoding/points.ts';

/** Tracks which series of one account exist at a destination. */
export interface SeriesTracker {
  /**
   * Returns the points of a scrape, and an end for each tracked series that is not among them.
   */
  track(points: readonly Point[], timestampMs: number): readonly Point[];
  /**
   * Tracks series again whose end was lost. Without `series`: all that the last {@link track}
   * ended. The next {@link track} then ends those that are still missing.
   */
  lost(series?: SavedSeries): void;
  /**
   * Tracks series again whose end was rejected. If the end of a series is rejected a second time,
   * the series is given up: the destination would reject its end every time. A series that had
   * samples in the meantime starts again. Returns how many series were given up.
   */
  rejected(series: SavedSeries): number;
  /** Forgets all series, and tracks the given ones instead. */
  restore(series: SavedSeries): void;
  save(): SavedSeries;
}

/** The most series to remember whose end was rejected. */
const maxRejected = 20_000;

/** Creates a tracker for one account at one destination. It tracks no series yet. */
export function createSeriesTracker(): SeriesTracker {
  let tracked = new Map<string, Point>();
  let ended: Point[] = [];
  const rejected = new Set<string>();

  function add(points: readonly Point[]): void {
    for (const point of points) {
      const key = toKey(point);
      if (!tracked.has(key)) tracked.set(key, point);
    }
  }

  return {
    track(points, timestampMs) {
      const current = new Map(points.map((point) => [toKey(point), point]));
      ended = [];
      for (const [key, { labels, meta }] of tracked) {
        if (!current.has(key)) ended.push({ labels, meta, timestampMs, value: undefined });
      }
      for (const key of rejected) if (current.has(key)) rejected.delete(key);
      tracked = current;
      return [...points, ...ended];
    },
    lost: (series) => add(series?.map(toPoint) ?? ended),
    rejected(series) {
      const points = series.map(toPoint);
      const again = points.filter((point) => !rejected.has(toKey(point)));
      add(again);
      // With this many, the cause is not a single series, and memory must stay limited.
      if (rejected.size > maxRejected) rejected.clear();
      for (const point of again) rejected.add(toKey(point));
      return points.length - again.length;
    },
    restore(series) {
      tracked = new Map();
      add(series.map(toPoint));
    },
    save: () => toSavedSeries(tracked.values()),
  };
}

function toPoint(flat: readonly string[]): Point {
  const labels: Label[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) labels.push([flat[at]!, flat[at + 1]!]);
  // Destinations that store metadata already received it with the samples.
  const meta = { name: nameOf({ labels }), help: '', type: 'unknown', unit: undefined } as const;
  return { labels, meta, value: undefined, timestampMs: 0 };
}
