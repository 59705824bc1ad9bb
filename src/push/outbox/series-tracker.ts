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
  /** Returns the points of a scrape, and an end for each tracked series that is missing from them. */
  track(points: readonly Point[], timestampMs: number): readonly Point[];
  /**
   * Tracks ended series again, since their end was lost: the given ones, or all that the last {@link track} ended.
   * Then the next {@link track} ends those that are still missing.
   */
  lost(series?: SavedSeries): void;
  /** Forgets all series, and tracks the given ones instead. */
  restore(series: SavedSeries): void;
  save(): SavedSeries;
}

/** Creates a tracker of one account at one destination, without series. */
export function createSeriesTracker(): SeriesTracker {
  let tracked = new Map<string, Point>();
  let ended: Point[] = [];

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
      tracked = current;
      return [...points, ...ended];
    },
    lost: (series) => add(series?.map(toPoint) ?? ended),
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
