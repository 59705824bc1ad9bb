import { type Label, nameOf, type Point, toKey } from '../encoding/points.ts';

/** The tracked series between two processes: for each, its label names and values in turn. */
export type SavedSeries = readonly (readonly string[])[];

/** Tracks which series of one account exist at a destination. */
export interface SeriesTracker {
  /** Returns the points of a scrape, and an end for each tracked series that is missing from them. */
  track(points: readonly Point[], timestampMs: number): readonly Point[];
  /** Records that the points of the last {@link track} were lost, so that their ended series must be ended again. */
  lost(): void;
  save(): SavedSeries;
}

/** Creates a tracker of one account at one destination. It starts with the saved series. */
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
  // Receivers that store metadata already received it with the samples.
  const meta = { name: nameOf({ labels }), help: '', type: 'unknown', unit: undefined } as const;
  return { labels, meta, value: undefined, timestampMs: 0 };
}
