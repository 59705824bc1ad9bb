import type { Labels } from '../catalogue/metric.ts';
import type { ParsedSample } from './parse-exposition.ts';
import { type Meta, type Point, toKey, toLabels } from './points.ts';

/** What was scraped, and when. */
export interface Target {
  job: string;
  instance: string;
  timestampMs: number;
}

/** The samples of an exposition, apart by where their time comes from. */
export interface ScrapedPoints {
  /** At the time of the scrape: series that are followed, and ended when they vanish. */
  current: Point[];
  /** At times that the exposition says itself: such series are never ended. */
  dated: Point[];
}

/** A receiver that has taken a sample of the future refuses all that follow; Prometheus too goes no further. */
const maxAheadMs = 600_000;

const up: Meta = { name: 'up', help: 'Whether the target could be scraped.', type: 'gauge', unit: undefined };

/** What is said of each scrape, successful or not. */
export function toUpPoint(isUp: boolean, { job, instance, timestampMs }: Target): Point {
  return { labels: toLabels(up.name, { job, instance }), value: Number(isUp), timestampMs, meta: up };
}

/**
 * The samples of an exposition as Prometheus would store them: with the target's job and instance, before which labels of
 * those names make way (`exported_job`). Of several samples of a series each must be newer than those before it, or is left
 * out; so is a series that is called like the scrape's own `up`.
 */
export function toScrapedPoints(samples: readonly ParsedSample[], target: Target): ScrapedPoints {
  const { job, instance } = target;
  const points: ScrapedPoints = { current: [], dated: [] };
  const newest = new Map([[toKey(toUpPoint(true, target)), Number.POSITIVE_INFINITY]]);
  for (const { name, labels: scraped, value, timestampMs: datedMs, meta } of samples) {
    const labels = toLabels(name, yieldTo({ job, instance }, scraped), { job, instance });
    const timestampMs = datedMs ?? target.timestampMs;
    const key = toKey({ labels });
    if (timestampMs <= (newest.get(key) ?? Number.NEGATIVE_INFINITY)) continue;
    if (timestampMs > target.timestampMs + maxAheadMs) continue;
    newest.set(key, timestampMs);
    points[datedMs === undefined ? 'current' : 'dated'].push({ labels, value, timestampMs, meta });
  }
  return points;
}

/** Labels that are called like the target's get a name that is free. */
function yieldTo(own: Labels, scraped: Labels): Labels {
  let labels = scraped;
  for (const name in own) {
    const value = scraped[name];
    if (value === undefined) continue;
    const { [name]: _, ...rest } = labels;
    let free = `exported_${name}`;
    while (rest[free]) free = `exported_${free}`;
    // An empty value is the same as none.
    labels = value === '' ? rest : { ...rest, [free]: value };
  }
  return labels;
}
