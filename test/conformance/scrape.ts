import type { Labels } from '../../src/catalogue/metric.ts';
import type { Deadline } from '../../src/deadline.ts';
import { ExporterError } from '../../src/errors.ts';
import { HttpStatusError } from '../../src/http/errors.ts';
import { describeRequest, type HttpRequest, type Send } from '../../src/http/send.ts';
import { type Meta, type Point, toKey, toLabels } from '../../src/push/encoding/points.ts';
import { type ExpositionFormat, type ParsedSample, parseExposition } from './exposition.ts';

/** Where an exposition is read, and how long that may take. */
export interface ScrapeOptions {
  url: URL;
  timeoutMs: number;
  userAgent: string;
}

/** The order in which Prometheus requests the formats that this reader supports. */
const accept = 'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

/** Largest exposition that is read. */
const maxBodyBytes = 64 * 1024 * 1024;

/**
 * Scrapes an exposition, as Prometheus does.
 * @throws ExporterError with the reason why it cannot be used, or the reason of the deadline's
 * signal
 */
export async function scrapeTarget(
  send: Send,
  { url, timeoutMs, userAgent }: ScrapeOptions,
  deadline: Deadline,
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
  // A new connection, since the other side may have closed a connection kept from the last scrape.
  const { status, headers, body } = await send(request, { deadline, timeoutMs, maxBodyBytes, fresh: true });
  const name = describeRequest(request);
  if (status !== 200) throw new HttpStatusError(`${name}: answered ${status}`, status);
  const format = formatOf(headers['content-type']);
  // Prometheus 3 too rejects a missing or unknown type.
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

/** What was scraped, and when. */
export interface Target {
  job: string;
  instance: string;
  timestampMs: number;
}

/** The samples of an exposition, separated by the source of their time. */
export interface ScrapedPoints {
  /** At the time of the scrape: series that are tracked, and ended when they vanish. */
  current: Point[];
  /** At times in the exposition: these series are never ended. */
  dated: Point[];
}

/**
 * A receiver that has stored a sample of the future rejects all later ones. Prometheus has the same
 * limit.
 */
const maxAheadMs = 600_000;

const up: Meta = { name: 'up', help: 'Whether the target could be scraped.', type: 'gauge', unit: undefined };

/** The samples about each scrape, successful or not. */
export function toUpPoint(isUp: boolean, { job, instance, timestampMs }: Target): Point {
  return { labels: toLabels(up.name, { job, instance }), value: Number(isUp), timestampMs, meta: up };
}

/**
 * The samples of an exposition as Prometheus would store them: with the target's job and instance.
 * Labels of the exposition with these names are renamed (`exported_job`). Of several samples of a
 * series, each must be newer than those before it, or is left out. A series with the name of the
 * scrape's own `up` is left out too.
 */
export function toScrapedPoints(samples: readonly ParsedSample[], target: Target): ScrapedPoints {
  const { job, instance } = target;
  const points: ScrapedPoints = { current: [], dated: [] };
  const newest = new Map([[toKey(toUpPoint(true, target)), Number.POSITIVE_INFINITY]]);
  for (const { name, labels: scraped, value, timestampMs: datedMs, meta } of samples) {
    const labels = toLabels(name, yieldTo({ job, instance }, scraped), { job, instance });
    const timestampMs = datedMs ?? target.timestampMs;
    const key = toKey({ labels });
    if (timestampMs <= (newest.get(key) ?? Number.NEGATIVE_INFINITY)) continue;
    if (timestampMs > target.timestampMs + maxAheadMs) continue;
    newest.set(key, timestampMs);
    points[datedMs === undefined ? 'current' : 'dated'].push({ labels, value, timestampMs, meta });
  }
  return points;
}

/** Labels with the names of the target's labels get a free name. */
function yieldTo(own: Labels, scraped: Labels): Labels {
  let labels = scraped;
  for (const name in own) {
    const value = scraped[name];
    if (value === undefined) continue;
    const { [name]: _, ...rest } = labels;
    let free = `exported_${name}`;
    while (rest[free]) free = `exported_${free}`;
    // An empty value is the same as none.
    labels = value === '' ? rest : { ...rest, [free]: value };
  }
  return labels;
}
