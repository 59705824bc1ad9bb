import type { Family } from '../catalogue/metric.ts';
import { encodeOpenMetrics } from './openmetrics.ts';
import { encodeText } from './text.ts';

/** A format of the exposition. */
export interface Format {
  name: 'text' | 'openmetrics';
  contentType: string;
  /** Returns UTF-8. */
  encode(families: readonly Family[]): Buffer;
}

/** Prometheus text format 0.0.4, which every scraper supports. */
export const textFormat: Format = {
  name: 'text',
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  encode: encodeText,
};

/** OpenMetrics 1.0. */
export const openMetricsFormat: Format = {
  name: 'openmetrics',
  contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  encode: encodeOpenMetrics,
};

/** All formats, the most compatible first. */
export const formats: readonly Format[] = [textFormat, openMetricsFormat];

/**
 * Returns the format that an Accept header prefers (RFC 9110, 12.5.1).
 * - The quality of a format is that of the most specific range that matches it.
 * - If the qualities are equal, the format whose range is first in the header is used.
 * - If the header is absent or accepts neither format, text 0.0.4 is used: a scrape in the wrong
 *   format is better than none.
 */
export function negotiateFormat(accept: string | undefined): Format {
  const ranges = parseRanges(accept);
  let best = { format: textFormat, quality: 0, index: 0 };
  for (const format of formats) {
    let range = { quality: 0, index: 0, specificity: -1 };
    for (const [index, { name, parameters, quality }] of ranges.entries()) {
      const specificity = specificityOf(name, parameters, format);
      if (specificity > range.specificity) range = { quality, index, specificity };
    }
    const { quality, index } = range;
    if (quality > best.quality || (quality === best.quality && index < best.index))
      best = { format, quality, index };
  }
  return best.format;
}

/** Returns how specific a media range is for a format, or -1 when it does not match. */
function specificityOf(
  name: string,
  parameters: ReadonlyMap<string, string>,
  { contentType }: Format,
): number {
  const [type, version] = contentType.split(/; (?:version=)?/);
  if (name === '*/*') return 0;
  if (name === `${type!.split('/', 1)[0]}/*`) return 1;
  if (name !== type) return -1;
  const asked = parameters.get('version');
  if (asked === undefined) return 2;
  return asked === version ? 3 : -1;
}

/** Whether an Accept-Encoding header accepts gzip or its old name x-gzip (RFC 9110, 8.4.1.3). */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const ranges = parseRanges(acceptEncoding);
  const named =
    ranges.find(({ name }) => name === 'gzip' || name === 'x-gzip') ??
    ranges.find(({ name }) => name === '*');
  return named !== undefined && named.quality > 0;
}

interface Range {
  /** In lower case. */
  name: string;
  /** By name in lower case, quotes removed. */
  parameters: ReadonlyMap<string, string>;
  quality: number;
}

/**
 * Match the parts between commas or semicolons. Quoted values may contain these. A quote that is
 * not closed extends to the end, so that matching never backtracks.
 */
const [betweenCommas, betweenSemicolons] = [
  /(?:"(?:\\.?|[^"\\])*(?:"|$)|[^,])+/gs,
  /(?:"(?:\\.?|[^"\\])*(?:"|$)|[^;])+/gs,
];

/** Parses a list with qualities. An invalid quality counts as 0: not accepted. */
function parseRanges(header: string | undefined): Range[] {
  return (header?.match(betweenCommas) ?? []).map((range) => {
    const [name = '', ...rest] = (range.match(betweenSemicolons) ?? []).map((part) => part.trim());
    const parameters = new Map(
      rest.map((parameter) => {
        const [key, value = ''] = parameter.split(/=(.*)/s).map((part) => part.trim());
        return [key!.toLowerCase(), value.replace(/^"(.*)"$/s, '$1').replace(/\\(.)/gs, '$1')];
      }),
    );
    const text = parameters.get('q') ?? '1';
    const quality = /^[\d.]+$/.test(text) ? Number(text) : 0;
    return { name: name.toLowerCase(), parameters, quality: quality <= 1 ? quality : 0 };
  });
}
