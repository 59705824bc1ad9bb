import type { Point } from './points.ts';

/** How much goes into one request. */
export interface BodyLimits {
  maxSamples: number;
  /** Of the encoded body. */
  maxBytes: number;
}

/**
 * Points in as few bodies as the limits allow, in their order. A point that is too large by itself is sent alone: the
 * receiver may know better.
 */
export function toBodies(
  points: readonly Point[],
  { maxSamples, maxBytes }: BodyLimits,
  encode: (points: readonly Point[]) => Uint8Array,
): { samples: number; body: Uint8Array }[] {
  const split = (part: readonly Point[]): { samples: number; body: Uint8Array }[] => {
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
