import { type Label, nameOf, type Point, toKey } from '../encoding/points.ts';

/** The labels of each tracked series, names and values in turn: what is kept between two runs of the process. */
export type SavedSeries = readonly (readonly string[])[];

/** Knows which series a destination has from one account. */
export interface SeriesTracker {
  /** The points of a scrape, and an end for each tracked series that is not among them any more. */
  track(points: readonly Point[], timestampMs: number): readonly Point[];
  /** What {@link track} returned last was lost, so that the series which it ended must be ended again. */
  lost(): void;
  save(): SavedSeries;
}

/** Tracks the series of one account at one destination, beginning with what was saved. */
export function createSeriesTracker(saved: SavedSeries = []): SeriesTracker {
  let tracked = new Map(saved.map(toPoint).map((point) => [toKey(point), point]));
  let ended: Point[] = [];

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
    lost() {
      for (const point of ended) if (!tracked.has(toKey(point))) tracked.set(toKey(point), point);
    },
    save: () => [...tracked.values()].map(({ labels }) => labels.flat()),
  };
}

function toPoint(flat: readonly string[]): Point {
  const labels: Label[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) labels.push([flat[at]!, flat[at + 1]!]);
  // Receivers that store metadata had it with the samples of the series.
  const meta = { name: nameOf({ labels }), help: '', type: 'unknown', unit: undefined } as const;
  return { labels, meta, value: undefined, timestampMs: 0 };
}
