import type { Deadline } from '../deadline.ts';
import { problemOfSeries, type SavedSeries } from './encoding/points.ts';
import { PushError } from './errors.ts';
import { isStoredTime, parseStored } from './stored.ts';

/** The encodings of a batch's body. */
export const batchFormats = ['remote-write-1', 'remote-write-2', 'otlp', 'pushgateway', 'emf'] as const;

/**
 * The samples that one request sends to one destination: one scrape of one account, or a part of
 * it.
 */
export interface Batch {
  account: string;
  destination: string;
  format: (typeof batchFormats)[number];
  /** Time of the samples, in ms since 1970. */
  timestampMs: number;
  /** The part of the scrape, from 0. */
  part: number;
  samples: number;
  /**
   * The series that this batch ends. If it is rejected, the next batch must end them. Undefined
   * means none.
   */
  ended?: SavedSeries | undefined;
  /** The body of the request, the same at each attempt. */
  body: Uint8Array;
}

/** Encodes a batch as a text for a queue: JSON, with the body in base64. */
export function encodeBatch({ body, ...rest }: Batch): string {
  return JSON.stringify({ v: 1, ...rest, body: Buffer.from(body).toString('base64') });
}

/**
 * The largest text of a batch. Settings allow 10 MB of samples and a list of 100,000 ended series.
 * With the defaults a batch has 250 kB, or less than 1 MB with a list.
 */
export const maxBatchBytes = 50_000_000;

/**
 * Parses a text from {@link encodeBatch}. The text is not trusted: somebody else may have written
 * it.
 * @throws PushError that names the field and the expected value, and quotes nothing
 */
export function parseBatch(text: string): Batch {
  const fail = (expected: string): never => {
    throw new PushError(`a batch in the queue: expected ${expected}`);
  };
  const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (text.length > maxBatchBytes) return fail(`at most ${maxBatchBytes / 1e6} MB`);
  const { v, account, destination, format, timestampMs, part, samples, ended, body } =
    parseStored(text) ?? fail('JSON');
  if (v !== 1) fail('v to be 1, which this version of the exporter writes');
  if (!isText(account)) return fail('account to be a text');
  if (!isText(destination)) return fail('destination to be a text');
  const known =
    batchFormats.find((each) => each === format) ?? fail(`format to be ${batchFormats.join(' or ')}`);
  if (!isStoredTime(timestampMs)) return fail('timestampMs to be milliseconds since 1970');
  // The file names of a queue on disk have 5 digits for the part.
  if (!isCount(part) || part >= 1e5 || !isCount(samples)) return fail('part and samples to be whole numbers');
  if (ended !== undefined && !isSavedSeries(ended)) return fail('ended to be series of this exporter');
  if (!isText(body) || !/^[A-Za-z0-9+/]{2,}={0,2}$/.test(body)) return fail('body to be base64');
  return {
    account,
    destination,
    format: known,
    timestampMs,
    part,
    samples,
    ...(ended !== undefined && { ended }),
    body: Buffer.from(body, 'base64'),
  };
}

const isSavedSeries = (value: unknown): value is SavedSeries =>
  Array.isArray(value) && value.every((each) => problemOfSeries(each) === undefined);

/** The first batch of a queue. Call `done` or `reject` to remove it. */
export interface Lease {
  batch: Batch;
  /**
   * Removes a batch that was delivered, or that is now in another queue. The promise never rejects.
   * If a queue on disk cannot remove the file, it reports this and does not return the batch again.
   */
  done(): Promise<void>;
  /**
   * Removes a rejected batch. A queue on disk keeps it elsewhere, with the reason. The promise
   * never rejects.
   */
  reject(error: PushError): Promise<void>;
}

/** The batches of one account for one destination: first in, first out. */
export interface Queue {
  add(batches: readonly Batch[]): Promise<void>;
  /**
   * Returns the oldest batch, which stays first until it is removed. Undefined when the queue is
   * empty. A queue on disk skips batches that it cannot read, and moves them elsewhere.
   */
  first(): Promise<Lease | undefined>;
  /**
   * Returns the time of the oldest queued batch, in ms since 1970. Undefined when a queue on disk
   * is empty. Always undefined for a queue in memory.
   */
  oldestMs(): number | undefined;
  /** Empties a queue in memory. Returns its batches. */
  clear?(): readonly Batch[];
}

/**
 * Creates a queue in memory. With `lasting` it keeps all batches: their samples have times, so they
 * are still useful later. Otherwise it keeps only the newest scrape.
 */
export function createMemoryQueue(lasting: boolean): Queue {
  let batches: Batch[] = [];
  return {
    async add(more) {
      batches = lasting ? [...batches, ...more] : [...more];
    },
    async first() {
      const batch = batches[0];
      const remove = async () => {
        // A newer scrape may have replaced the batch.
        batches = batches.filter((each) => each !== batch);
      };
      return batch && { batch, done: remove, reject: remove };
    },
    oldestMs: () => undefined,
    clear() {
      const left = batches;
      batches = [];
      return left;
    },
  };
}

/** Delivers one batch in one attempt. Throws PushError, or the reason of the deadline's signal. */
export type Deliver = (batch: Batch, deadline: Deadline) => Promise<void>;
