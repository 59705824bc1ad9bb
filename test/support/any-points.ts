import fc from 'fast-check';
import { type Label, type Meta, type Point, toKey, toLabels } from '../../src/push/encoding/points.ts';

/** A gauge's, except for what the test sets. */
export function meta(more: Partial<Meta> = {}): Meta {
  return { name: 'vcc_x', help: 'An x.', type: 'gauge', unit: undefined, ...more };
}

/** A point of `vcc_x`, except for what the test sets. */
export function point(labels: Record<string, string>, more: Partial<Point> & { name?: string } = {}): Point {
  const { name = 'vcc_x', ...rest } = more;
  return { labels: toLabels(name, labels), value: 1, timestampMs: 1_768_471_200_500, meta: meta(), ...rest };
}

const anyName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,12}$/).filter((name) => name !== '_aws');

/** Any text that UTF-8 can hold, as a label's value. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('Ready', 'Tea "5"', '\\u00fc', 'ü', '\0', ' ', '😀', 'x'.repeat(1100), 'ü'.repeat(180)),
  fc.string({ unit: 'binary', minLength: 1 }),
);

/** Numbers of every kind, undefined among them. */
export const anyValue: fc.Arbitrary<number | undefined> = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(undefined, 0, -0, 5e-324, Number.MAX_VALUE, Number.NaN, Number.POSITIVE_INFINITY),
);

const anyMeta: fc.Arbitrary<Omit<Meta, 'name'>> = fc.record({
  help: fc.string({ unit: 'binary' }),
  type: fc.constantFrom('gauge', 'gaugehistogram', 'info', 'counter', 'histogram', 'summary', 'unknown'),
  unit: fc.constantFrom(undefined, 'seconds'),
});

const anyLabels: fc.Arbitrary<Record<string, string>> = fc.dictionary(
  fc.oneof(fc.constantFrom('account', 'agent_id', 'le', 'job', 'instance', 'presence', '__proto__'), anyName),
  anyText,
  { maxKeys: 6 },
);

/** Any points, no two of the same series and time. Points of one name have the same meta. */
export const anyPoints: fc.Arbitrary<Point[]> = fc
  .dictionary(
    // Not the name of any label.
    anyName.map((name) => `m:${name}`),
    fc.tuple(
      anyMeta,
      fc.array(fc.tuple(anyLabels, anyValue, fc.integer({ min: 0, max: 4_000_000_000_000 })), {
        maxLength: 8,
      }),
    ),
    { maxKeys: 8 },
  )
  .map((metrics) => {
    const points = Object.entries(metrics).flatMap(([name, [rest, samples]]) =>
      samples.map(([labels, value, timestampMs]) => ({
        labels: toLabels(name, labels),
        value,
        timestampMs,
        meta: { name, ...rest },
      })),
    );
    return [...new Map(points.map((each) => [`${each.timestampMs} ${toKey(each)}`, each])).values()];
  });

/** A series of this exporter in its saved form, of the account `acme`. */
export const anyOwnSeries: fc.Arbitrary<string[]> = fc
  .tuple(fc.constantFrom('vcc_up', 'vcc_agents', 'vcc_agent_info'), anyLabels)
  .map(([name, labels]) => toLabels(name, { ...labels, account: 'acme' }).flat());

/** Labels without these. */
export function without(labels: readonly Label[], ...names: string[]): Label[] {
  return labels.filter(([name]) => !names.includes(name));
}
