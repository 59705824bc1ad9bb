import type { Family, Labels } from '../../catalogue/metric.ts';
import type { Body, BodyLimits } from '../encoding/points.ts';
import type { SeriesTracker } from '../outbox/series-tracker.ts';
import type { Batch, Deliver } from '../queue.ts';
import type { Post } from './post.ts';

/** Where samples go, in what form, and with what on them. */
export interface DestinationOptions {
  name: string;
  type: 'remote-write' | 'pushgateway' | 'otlp' | 'emf';
  /** Undefined for the one that has none. */
  url: URL | undefined;
  /** Of remote write. */
  version: '1.0' | '2.0';
  headers: Readonly<Record<string, string>>;
  /** On every series that has no label of that name itself. */
  labels: Labels;
  job: string;
  /** `{account}` in it stands for the account's name. */
  instance: string;
  /** Undefined: all metrics. */
  wants: ((metric: string) => boolean) | undefined;
  limits: BodyLimits;
  /** Of CloudWatch. */
  namespace: string;
  userAgent: string;
}

/** What a destination sends with. */
export interface DestinationPorts {
  post: Post;
  /** Writes a line to standard output. */
  print(line: string): void;
}

/** What one scrape of an account found. */
export interface Scraped {
  account: string;
  families: readonly Family[];
  timestampMs: number;
}

/** How one kind of destination takes samples. */
export interface Protocol {
  format: Batch['format'];
  /** Whether samples have a time of their own, so that those that could not be sent now are of use later. */
  lasting: boolean;
  /** The samples of one scrape; series that have ended since the last one are ended, if the protocol can say so. */
  encode(scraped: Scraped, tracker: SeriesTracker): Body[];
  /** Sends a batch once. */
  deliver: Deliver;
}

/** One destination. */
export interface Destination extends Protocol {
  name: string;
  wants: DestinationOptions['wants'];
}

/** The labels that a destination puts on every series of an account. */
export function labelsOf(
  { labels, job, instance }: DestinationOptions,
  account: string,
): Labels & { job: string; instance: string } {
  return { ...labels, job, instance: instance.replaceAll('{account}', account) };
}
