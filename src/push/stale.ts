import { type Label, nameOf, type Point, toKey } from './points.ts';

/** What is kept of a stream between two runs of the process: the labels of each series that lives, names and values in turn. */
export type SavedSeries = readonly (readonly string[])[];

/** The series that a receiver has from one account. */
export interface Living {
  /** The points of a scrape, and an end for each series that is not among them any more. */
  follow(points: readonly Point[], timestampMs: number): readonly Point[];
  /** What {@link follow} gave last was lost: what ended is to be ended again. */
  lost(): void;
  save(): SavedSeries;
}

/** Follows the series of one account at one receiver, from what was saved on. */
export function createLiving(saved: SavedSeries = []): Living {
  let living = new Map(saved.map(toPoint).map((point) => [toKey(point), point]));
  let ended: Point[] = [];

  return {
    follow(points, timestampMs) {
      const now = new Map(points.map((point) => [toKey(point), point]));
      ended = [];
      for (const [key, { labels, meta }] of living) {
        if (!now.has(key)) ended.push({ labels, meta, timestampMs, value: undefined });
      }
      living = now;
      return [...points, ...ended];
    },
    lost() {
      for (const point of ended) if (!living.has(toKey(point))) living.set(toKey(point), point);
    },
    save: () => [...living.values()].map(({ labels }) => labels.flat()),
  };
}

function toPoint(flat: readonly string[]): Point {
  const labels: Label[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) labels.push([flat[at]!, flat[at + 1]!]);
  // Receivers that take metadata have had it with the series' samples.
  const meta = { name: nameOf({ labels }), help: '', type: 'unknown', unit: undefined } as const;
  return { labels, meta, value: undefined, timestampMs: 0 };
}
