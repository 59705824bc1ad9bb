import assert from 'node:assert/strict';
import { formats } from '../../../src/exposition/format.ts';
import { parseExposition } from '../../conformance/exposition.ts';
import { anyFamilies } from '../../support/any-families.ts';
import { seriesKey, toSeries } from '../../support/oracle.ts';
import { assertWellFormed, target } from '../target.ts';

/** Text 0.0.4 and OpenMetrics 1.0, read again by a parser that rejects what Prometheus rejects. */
export const expositions = formats.map((format) =>
  target(
    `exposition-${format.name}`,
    anyFamilies,
    (families) => {
      const bytes = format.encode(families);
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      assertWellFormed(text);
      assert.deepEqual(format.encode(families), bytes);
      const samples = parseExposition(text, format.name);
      // Both zeros are written as 0.
      const plain = (value: number) => (value === 0 ? 0 : value);
      assert.deepEqual(
        samples.map(({ name, labels, value }) => [seriesKey(name, labels), value]),
        [...toSeries(families)].map(([key, value]) => [key, plain(value)]),
      );
      for (const { name, meta } of samples) {
        const { help, unit, type } = families.find((each) => each.name === name)!;
        assert.deepEqual([meta.help, meta.type], [help, format.name === 'text' ? 'gauge' : type]);
        if (format.name === 'openmetrics') assert.equal(meta.unit, unit);
      }
    },
    { share: 0.04 },
  ),
);
