import type { Meta } from './points.ts';

/** Whether a sample of this name is a number of seconds: a family's unit is that of its sum, but buckets and count count. */
export function isInSeconds(name: string, { unit }: Pick<Meta, 'unit'>): boolean {
  return unit === 'seconds' && !/_(?:bucket|g?count)$/.test(name);
}
