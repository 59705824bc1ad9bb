import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formats, negotiateFormat } from '../../../src/exposition/format.ts';
import { damagedText, piece } from '../damage.ts';
import { target } from '../target.ts';

const headers = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        ...['text/plain', 'TEXT/plain', 'text/plain;version=0.0.4', 'text/plain; version=1.0.0', 'text/*'],
        ...['application/openmetrics-text', 'application/openmetrics-text; version=1.0.0', '*/*'],
        ...['application/openmetrics-text;version=0.0.1', 'text/html', 'application/json', ''],
      ),
      fc.constantFrom(
        '',
        ';q=0',
        '; q=0.5',
        ';q=1',
        ';q=0.001',
        ';escaping=allow-utf-8;q=0.6',
        ';q=2',
        ';q=',
      ),
    ),
    { maxLength: 5 },
  )
  .map((ranges) => ranges.map((range) => range.join('')).join(','));

/** Accept: whatever it holds, there is an answer, and OpenMetrics for nobody who does not name it. */
export const accept = target('accept', damagedText(fc.oneof(headers, piece)), (header) => {
  const format = negotiateFormat(header);
  assert(formats.includes(format));
  assert.equal(negotiateFormat(header), format);
  if (format.name === 'openmetrics') assert.match(header, /openmetrics|\*/i);
});
