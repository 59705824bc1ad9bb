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
 * Returns the format that an Accept header prefers (RFC 9110, 12.5.1). Of several with equal quality, the first one
 * counts. The default is text 0.0.4, also when the header accepts neither: a scrape in the wrong format is better than
 * none.
 */
export function negotiateFormat(accept: string | undefined): Format {
  let best = textFormat;
  let bestQuality = 0;
  for (const range of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const format = formatOf(type, parameters);
    const quality = qualityOf(parameters);
    if (format && quality > bestQuality) {
      best = format;
      bestQuality = quality;
    }
  }
  return best;
}

function formatOf(type: string, parameters: readonly string[]): Format | undefined {
  const version = parameters.find((parameter) => parameter.startsWith('version='))?.slice('version='.length);
  if (type === 'application/openmetrics-text') {
    return version === undefined || version === '1.0.0' ? openMetricsFormat : undefined;
  }
  if (type === 'text/plain') return version === undefined || version === '0.0.4' ? textFormat : undefined;
  return type === '*/*' || type === 'text/*' ? textFormat : undefined;
}

function qualityOf(parameters: readonly string[]): number {
  const text = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  const quality = text === undefined ? 1 : Number(text);
  return quality >= 0 && quality <= 1 ? quality : 0;
}

/** Whether an Accept-Encoding header accepts gzip. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const ranges = (acceptEncoding ?? '').split(',').map((range) => {
    const [coding, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return { coding, quality: qualityOf(parameters) };
  });
  const named = ranges.find(({ coding }) => coding === 'gzip') ?? ranges.find(({ coding }) => coding === '*');
  return named !== undefined && named.quality > 0;
}
