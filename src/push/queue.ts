import type { Deadline } from '../deadline.ts';
import { PushError } from './errors.ts';

/** How the body of a batch is written. */
export const batchFormats = ['remote-write-1', 'remote-write-2', 'otlp', 'pushgateway', 'emf'] as const;

/** What goes to one destination in one request: a scrape of one account, or a part of it. */
export interface Batch {
  account: string;
  destination: string;
  format: (typeof batchFormats)[number];
  /** Of the samples. */
  timestampMs: number;
  /** Which part of the scrape, from 0. */
  part: number;
  samples: number;
  /** The very bytes that are sent, at each attempt. */
  body: Uint8Array;
}

/** A batch as a text that a queue can hold: JSON, the body in base64. */
export function encodeBatch({ body, ...rest }: Batch): string {
  return JSON.stringify({ v: 1, ...rest, body: Buffer.from(body).toString('base64') });
}

/** Reads what {@link encodeBatch} wrote. @throws PushError naming the field and what was expected */
export function parseBatch(text: string): Batch {
  const fail = (expected: string): never => {
    throw new PushError(`a message of the queue: expected ${expected}`);
  };
  const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  const { v, account, destination, format, timestampMs, part, samples, body } =
    parseObject(text) ?? fail('JSON');
  if (v !== 1) fail('v: 1, which this version of the exporter writes');
  if (!isText(account)) return fail('account: a text');
  if (!isText(destination)) return fail('destination: a text');
  const known = batchFormats.find((each) => each === format) ?? fail(`format: ${batchFormats.join(' or ')}`);
  if (!isCount(timestampMs)) return fail('timestampMs: milliseconds since 1970');
  if (!isCount(part) || !isCount(samples)) return fail('part and samples: whole numbers');
  if (!isText(body)) return fail('body: base64');
  return {
    account,
    destination,
    format: known,
    timestampMs,
    part,
    samples,
    body: Buffer.from(body, 'base64'),
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The first batch of a queue, until something became of it. */
export interface Lease {
  batch: Batch;
  /** It was delivered, or something else keeps it now. */
  done(): Promise<void>;
  /** It was rejected for good. */
  reject(error: PushError): Promise<void>;
}

/** The batches of one account that wait for one destination: first in, first out. */
export interface Queue {
  add(batches: readonly Batch[]): Promise<void>;
  /** The oldest batch; the same until something became of it. Undefined: none waits. */
  first(): Promise<Lease | undefined>;
  /** Time of the oldest sample that waits, if the queue is meant to hold samples for longer than one scrape. */
  oldestMs(): number | undefined;
  /** Drops what waits, if it would be gone with the process. */
  clear?(): readonly Batch[];
}

/**
 * A queue that is gone with the process. `lasting`: samples have a time of their own, so that older ones are of use later;
 * otherwise it holds one scrape at most, the newest.
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
        // A newer scrape may have replaced it meanwhile.
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

/** Delivers one batch, in one attempt. @throws PushError, or the reason of the deadline's signal */
export type Deliver = (batch: Batch, deadline: Deadline) => Promise<void>;
