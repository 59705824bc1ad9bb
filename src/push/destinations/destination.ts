import type { Family, Labels } from '../../catalogue/metric.ts';
import type { Body, BodyLimits } from '../encoding/points.ts';
import type { SeriesTracker } from '../outbox/series-tracker.ts';
import type { Batch, Deliver } from '../queue.ts';
import type { Post } from './post.ts';

/** The settings of a destination. */
export interface DestinationOptions {
  name: string;
  type: 'remote-write' | 'pushgateway' | 'otlp' | 'emf';
  /** Undefined for emf. */
  url: URL | undefined;
  /** For remote write. */
  version: '1.0' | '2.0';
  headers: Readonly<Record<string, string>>;
  /** Added to every series that does not have the label itself. */
  labels: Labels;
  job: string;
  /** `{account}` is replaced by the account's name. */
  instance: string;
  /** Whether to send a metric. Undefined: send all. */
  wants: ((metric: string) => boolean) | undefined;
  limits: BodyLimits;
  /** For CloudWatch. */
  namespace: string;
  userAgent: string;
}

/** What a destination uses to send. */
export interface DestinationPorts {
  post: Post;
  /** Prints a line to standard output. */
  print(line: string): void;
}

/** The metrics of one scrape of an account. */
export interface Scraped {
  account: string;
  families: readonly Family[];
  timestampMs: number;
}

/** How to send samples to one kind of destination. */
export interface Protocol {
  format: Batch['format'];
  /** Whether samples have times. If so, samples that cannot be sent now are still useful later. */
  lasting: boolean;
  /**
   * Encodes the samples of one scrape. If the protocol can end series, also ends those that no
   * longer exist.
   * @throws PushMessageError for labels that the destination does not allow
   */
  encode(scraped: Scraped, tracker: SeriesTracker): Body[];
  /** Sends a batch once. */
  deliver: Deliver;
}

/** One destination. */
export interface Destination extends Protocol {
  name: string;
  wants: DestinationOptions['wants'];
}

/** Returns the labels that a destination adds to all series of an account. */
export function labelsOf(
  { labels, job, instance }: DestinationOptions,
  account: string,
): Labels & { job: string; instance: string } {
  return { ...labels, job, instance: instance.replaceAll('{account}', account) };
}
