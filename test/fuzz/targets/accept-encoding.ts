import assert from 'node:assert/strict';
import fc from 'fast-check';
import { acceptsGzip } from '../../../src/exposition/format.ts';
import { headersAndDamaged } from '../damage.ts';
import { target } from '../target.ts';

const blank = fc.constantFrom('', '', ' ', '\t', '  ');
const quality = fc.constantFrom(undefined, '0', '0.0', '0.000', '0.001', '0.5', '1', '1.000');
const ranges = fc.uniqueArray(
  fc.record({
    coding: fc.constantFrom('gzip', '*', 'identity', 'br', 'deflate', 'zstd'),
    upper: fc.boolean(),
    quality,
    blank,
  }),
  { maxLength: 5, selector: ({ coding }) => coding },
);

const headers = ranges.map((all) => {
  const parts = all.map(({ coding, upper, quality, blank }) => {
    const weight = quality === undefined ? '' : `${blank};${blank}${upper ? 'Q' : 'q'}=${quality}`;
    return `${blank}${upper ? coding.toUpperCase() : coding}${weight}${blank}`;
  });
  // RFC 9110, 12.5.3: * is for codings that are not named.
  const named = all.find(({ coding }) => coding === 'gzip') ?? all.find(({ coding }) => coding === '*');
  return { header: parts.join(','), gzip: named !== undefined && Number(named.quality ?? 1) > 0 };
});

/** Accept-Encoding, by RFC 9110. */
export const acceptEncoding = target(
  'accept-encoding',
  headersAndDamaged(headers),
  (input: { header: string; gzip?: boolean }) => {
    const accepts = acceptsGzip(input.header);
    if (input.gzip !== undefined) assert.equal(accepts, input.gzip);
    else if (accepts) assert.match(input.header, /gzip|\*/i);
  },
);
