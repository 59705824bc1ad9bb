import fc from 'fast-check';
import type { Family } from '../../src/catalogue/metric.ts';
import { anyPoints, without } from './any-points.ts';

/** Any families, no two samples of one series. Some share labels, as those of single agents do. */
export const anyFamilies: fc.Arbitrary<Family[]> = fc
  .tuple(anyPoints, fc.nat(2))
  .map(([points, shared]) =>
    [...new Set(points.map(({ meta }) => meta.name))].map((name, index): Family => {
      const ofName = points.filter(({ meta }) => meta.name === name);
      const { help, unit, type } = ofName[0]!.meta;
      const isInfo = type === 'info';
      const isTime = !isInfo && unit === 'seconds';
      const series = new Map(
        ofName.map(({ labels, value }) => {
          const own = without(labels, '__name__');
          return [JSON.stringify(own), { own, value }] as const;
        }),
      );
      return {
        name: `${name}${isInfo ? '_info' : isTime ? '_seconds' : ''}`,
        help,
        type: isInfo ? 'info' : 'gauge',
        unit: isTime ? 'seconds' : undefined,
        values: [...series.values()].flatMap(({ own, value }) => {
          if (value === undefined) return [];
          const at = index < shared ? 0 : Math.min(shared, own.length);
          const sharedLabels = Object.fromEntries(own.slice(0, at));
          return [{ labels: Object.fromEntries(own.slice(at)), value, ...(at > 0 && { sharedLabels }) }];
        }),
      };
    }),
  )
  // A suffix may have made two names the same.
  .map((families) => [...new Map(families.map((each) => [each.name, each])).values()]);
