import { ExporterError } from '../errors.ts';
import { HttpStatusError } from '../http/errors.ts';
import { describeRequest, type HttpRequest, type Send } from '../http/send.ts';
import { type ExpositionFormat, type ParsedSample, parseExposition } from './parse-exposition.ts';

/** Where an exposition is read, and how long that may take. */
export interface ScrapeOptions {
  url: URL;
  timeoutMs: number;
  userAgent: string;
}

/** The order in which Prometheus asks for the formats that are read here. */
const accept = 'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

/** Largest exposition that is read. */
const maxBodyBytes = 64 * 1024 * 1024;

/** Scrapes an exposition, as Prometheus does. @throws ExporterError saying why it cannot be used, or the signal's reason */
export async function scrapeTarget(
  send: Send,
  { url, timeoutMs, userAgent }: ScrapeOptions,
  signal: AbortSignal,
): Promise<ParsedSample[]> {
  const request: HttpRequest = {
    method: 'GET',
    url,
    headers: {
      accept,
      'user-agent': userAgent,
      'x-prometheus-scrape-timeout-seconds': String(timeoutMs / 1000),
    },
  };
  // Of its own, since a connection kept from the last scrape may have been closed by the other side.
  const { status, headers, body } = await send(request, { signal, timeoutMs, maxBodyBytes, fresh: true });
  const name = describeRequest(request);
  if (status !== 200) throw new HttpStatusError(`${name}: answered ${status}`, status);
  const format = formatOf(headers['content-type']);
  // Prometheus 3 too takes none that is missing or not known.
  if (!format) {
    throw new ExporterError(
      'shape',
      `${name}: expected text/plain or application/openmetrics-text as Content-Type`,
    );
  }
  return parseExposition(toText(name, body), format);
}

function formatOf(contentType = ''): ExpositionFormat | undefined {
  const type = contentType.split(';')[0]!.trim().toLowerCase();
  if (type === 'application/openmetrics-text') return 'openmetrics';
  return type === 'text/plain' ? 'text' : undefined;
}

function toText(name: string, body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (error) {
    throw new ExporterError('shape', `${name}: expected UTF-8`, { cause: error });
  }
}
