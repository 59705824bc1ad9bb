import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formats, negotiateFormat } from '../../../src/exposition/format.ts';
import { headersAndDamaged } from '../damage.ts';
import { target } from '../target.ts';

const [text, openMetrics] = ['text/plain', 'application/openmetrics-text'];
const ranges = fc.uniqueArray(
  fc.record({
    range: fc.constantFrom(
      ...[text, `${text};version=0.0.4`, `${text};version=1.0.0`, 'text/*', '*/*', 'text/html'],
      ...[openMetrics, `${openMetrics};version=1.0.0`, `${openMetrics};version=0.0.1`],
    ),
    upper: fc.boolean(),
    blank: fc.constantFrom('', ' ', '\t'),
    quality: fc.constantFrom(undefined, '0', '0.5', '1', '0.001', '0.75', '1.000'),
  }),
  { maxLength: 5, selector: ({ range }) => range },
);

const headers = ranges.map((all) => ({
  header: all
    .map(({ range, upper, blank, quality }) => {
      const written = (upper ? range.toUpperCase() : range).replace(';', `${blank};${blank}`);
      return `${blank}${written}${quality === undefined ? '' : `;${blank}q=${quality}`}`;
    })
    .join(','),
  all: all.map(({ range, quality }) => ({ range, quality: Number(quality ?? 1) })),
}));

/**
 * Accept, by RFC 9110. A client that does not name OpenMetrics may get text whatever a wildcard
 * matches.
 */
export const accept = target(
  'accept',
  headersAndDamaged(headers),
  (input: { header: string; all?: { range: string; quality: number }[] }) => {
    const { header, all } = input;
    const format = negotiateFormat(header);
    assert(formats.includes(format));
    assert.equal(negotiateFormat(header), format);
    if (format.name === 'openmetrics') assert.match(header, /openmetrics|\*/i);
    if (!all) return;
    // The most specific range counts, wherever it is.
    const qualityOf = (...matching: string[]) =>
      all.find(({ range }) => range === matching.find((each) => all.some((other) => other.range === each)))
        ?.quality ?? 0;
    const ofText = qualityOf(`${text};version=0.0.4`, text, 'text/*', '*/*');
    const ofOpenMetrics = qualityOf(`${openMetrics};version=1.0.0`, openMetrics);
    const byWildcard = all.some(({ range }) => range === '*/*');
    if (ofOpenMetrics > ofText) assert.equal(format.name, 'openmetrics');
    else if (ofText > ofOpenMetrics && !byWildcard) assert.equal(format.name, 'text');
  },
);
