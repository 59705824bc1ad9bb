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
   * Returns the points of a scrape, and an end for each tracked series that is missing from them.
   */
  track(points: readonly Point[], timestampMs: number): readonly Point[];
  /**
   * Tracks ended series again, since their end was lost: the given ones, or all that the last
   * {@link track} ended. Then the next {@link track} ends those that are still missing.
   */
  lost(series?: SavedSeries): void;
  /**
   * The same for series whose end was rejected. One whose end was rejected before is given up,
   * unless it came back in the meantime: its end may be what the destination rejects, and so would
   * reject every time. Returns how many were given up.
   */
  rejected(series: SavedSeries): number;
  /** Forgets all series, and tracks the given ones instead. */
  restore(series: SavedSeries): void;
  save(): SavedSeries;
}

/** The most series whose end was rejected to remember. */
const maxRejected = 20_000;

/** Creates a tracker of one account at one destination, without series. */
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
      // So many are no single series any more that a destination objects to.
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
  // Receivers that store metadata already received it with the samples.
  const meta = { name: nameOf({ labels }), help: '', type: 'unknown', unit: undefined } as const;
  return { labels, meta, value: undefined, timestampMs: 0 };
}
