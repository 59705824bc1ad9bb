import type { IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { uncompressSync } from 'snappy';
import { type TimeSeries, WriteRequestSchema } from '../support/proto/remote-write-1_pb.ts';
import { Metadata_MetricType, type Request, RequestSchema } from '../support/proto/remote-write-2_pb.ts';
import { startServer } from '../support/server.ts';

/** A sample at one end of the wire. `stale` is the stale marker, bit by bit. */
export interface Received {
  /** Names and values in turn, in their order. */
  labels: string[];
  value: number | 'stale';
  timestampMs: number;
  /** Of 2.0 alone. */
  type?: string;
  help?: string;
  unit?: string;
}

/** One request, unchanged. */
export interface ReceivedRequest {
  method: string;
  headers: IncomingHttpHeaders;
  /** Compressed. */
  body: Buffer;
  /** Uncompressed. */
  message: Buffer;
  samples: Received[];
  /** Of 2.0 alone. */
  request?: Request;
}

/**
 * The answer to a request. A status of 2xx without more is that of a receiver that knows its
 * protocol.
 */
export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** A target to scrape and a receiver of remote write in one, as conformance suites have it. */
export interface TestReceiver {
  origin: string;
  requests: ReceivedRequest[];
  /** Headers of all scrapes. */
  scrapes: IncomingHttpHeaders[];
  close(): Promise<void>;
}

/** The answer of a target to a scrape, from 0: an exposition as text, or an answer. */
export type Exposition = (scrape: number) => string | Answer;

const typeNames = new Map<number, string>(
  Object.entries(Metadata_MetricType).map(([name, number]) => [number, name]),
);

/**
 * Starts a target and a receiver. Request `number`, from 0, gets the answer from `answers`, or a
 * 204.
 */
export async function startReceiver(
  exposition: string | Exposition,
  answers: (number: number, request: ReceivedRequest) => Answer | undefined = () => undefined,
): Promise<TestReceiver> {
  const requests: ReceivedRequest[] = [];
  const scrapes: IncomingHttpHeaders[] = [];
  const server = await startServer(async (request, response) => {
    if (request.method === 'GET') {
      const scrape = scrapes.push(request.headers) - 1;
      const said = typeof exposition === 'string' ? exposition : exposition(scrape);
      const answer = typeof said === 'string' ? { status: 200, body: said } : said;
      response.writeHead(answer.status, {
        // Go's server uses this type for a text that it cannot identify.
        'content-type': 'text/plain; charset=utf-8',
        ...('headers' in answer ? answer.headers : {}),
      });
      response.end(answer.body);
      return;
    }
    const received = decode(request.method!, request.headers, await buffer(request));
    const answer = answers(requests.push(received) - 1, received) ?? { status: 204 };
    const written = { 'x-prometheus-remote-write-samples-written': String(received.samples.length) };
    const knows = received.request !== undefined && answer.status < 300;
    response.writeHead(answer.status, { ...(knows ? written : {}), ...answer.headers });
    response.end(answer.body);
  });
  return { origin: server.origin, requests, scrapes, close: server.close };
}

/**
 * Decodes a request with code that was generated from the specification. Values are compared bit by
 * bit.
 */
export function decode(method: string, headers: IncomingHttpHeaders, body: Buffer): ReceivedRequest {
  // Only the block format is supported.
  const message = Buffer.from(uncompressSync(body) as Buffer);
  const common = { method, headers, body, message };
  if (!String(headers['content-type']).includes('v2.Request')) {
    const { timeseries } = fromBinary(WriteRequestSchema, message);
    const bits = valuesOf(message, 1);
    return { ...common, samples: timeseries.flatMap((series) => samplesOf(series, labelsOf(series), bits)) };
  }
  const request = fromBinary(RequestSchema, message);
  const { symbols } = request;
  const bits = valuesOf(message, 5);
  const samples = request.timeseries.flatMap(({ labelsRefs, samples, metadata }) =>
    samplesOf(
      { samples },
      labelsRefs.map((ref) => symbols[ref]!),
      bits,
    ).map((sample) => ({
      ...sample,
      type: typeNames.get(metadata!.type) as string,
      help: symbols[metadata!.helpRef]!,
      unit: symbols[metadata!.unitRef]!,
    })),
  );
  return { ...common, samples, request };
}

function labelsOf({ labels }: Pick<TimeSeries, 'labels'>): string[] {
  return labels.flatMap(({ name, value }) => [name, value]);
}

function samplesOf(
  { samples }: { samples: readonly { value: number; timestamp: bigint }[] },
  labels: string[],
  bits: bigint[],
): Received[] {
  return samples.map(({ value, timestamp }) => ({
    labels,
    value: bits.shift() === 0x7ff0000000000002n ? 'stale' : value,
    timestampMs: Number(timestamp),
  }));
}

/** The bits of all values. A number would lose the bits of a stale marker, a signalling NaN. */
function valuesOf(message: Uint8Array, seriesField: number): bigint[] {
  const values: bigint[] = [];
  const each = (bytes: Uint8Array, wanted: number, then: (reader: BinaryReader) => void): boolean => {
    const reader = new BinaryReader(bytes);
    let found = false;
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field !== wanted) reader.skip(type);
      else {
        found = true;
        then(reader);
      }
    }
    return found;
  };
  each(message, seriesField, (series) => {
    each(series.bytes(), 2, (sample) => {
      const found = each(sample.bytes(), 1, (value) => values.push(BigInt(value.fixed64())));
      if (!found) values.push(0n);
    });
  });
  return values;
}
