import type { Family, Labels } from '../../catalogue/metric.ts';
import type { Deadline } from '../../deadline.ts';
import type { HttpRequest, HttpResponse } from '../../http/send.ts';
import type { BodyLimits } from '../encoding/bodies.ts';
import type { Deliver } from '../outbox/sender.ts';
import type { SeriesTracker } from '../outbox/series-tracker.ts';
import type { Batch } from '../queue/batch.ts';

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

/** By what a destination sends. */
export interface Post {
  /** Sends a request once, with the destination's credentials, and gives the answer, whatever its status. */
  (request: HttpRequest, deadline: Deadline): Promise<HttpResponse>;
  /** What must not be seen of an answer. */
  secrets: readonly string[];
}

/** What a destination needs of the world. */
export interface DestinationPorts {
  post: Post;
  /** Writes a line to standard output. */
  print(line: string): void;
  now(): number;
}

/** The samples of one account, scrape by scrape. */
export interface Scraped {
  account: string;
  families: readonly Family[];
  timestampMs: number;
}

/** How samples are written for one kind of destination, and how it takes them. */
export interface Protocol {
  format: Batch['format'];
  /** Whether samples have a time of their own, so that one may arrive after newer ones of other series. */
  lasting: boolean;
  /** The bodies of one scrape; series that lived and are gone are ended, where the protocol has a way to say so. */
  encode(scraped: Scraped, tracker: SeriesTracker): { samples: number; body: Uint8Array }[];
  deliver: Deliver;
}

/** The labels that a destination puts on every series of an account. */
export function labelsOf(
  { labels, job, instance }: DestinationOptions,
  account: string,
): Labels & { job: string; instance: string } {
  return { ...labels, job, instance: instance.replaceAll('{account}', account) };
}
