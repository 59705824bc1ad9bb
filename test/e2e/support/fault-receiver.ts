import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import { uncompressSync } from 'snappy';
import { parseExposition } from '../../conformance/exposition.ts';
import { seriesKey } from '../../support/oracle.ts';
import { ExportMetricsServiceRequestSchema } from '../../support/proto/otlp_pb.ts';
import { WriteRequestSchema } from '../../support/proto/remote-write-1_pb.ts';
import { RequestSchema } from '../../support/proto/remote-write-2_pb.ts';
import type { Front } from './fault-front.ts';
import type { ReceiverPlace } from './fault-matrix.ts';

/** One received sample: its series, its time in ms, its value. A Pushgateway's have no time. */
type Sample = readonly [key: string, timestampMs: number, value: number];

/** Accepts samples as one kind of destination does, and counts them. */
export interface CountingReceiver {
  handle: Front['handle'];
  /** The series of each time, without ends of series. */
  slots: Map<number, Map<string, number>>;
  /** The times of the samples of each request, in the order of arrival. */
  order: number[];
  /** Samples that arrived again with the same value, which receivers deduplicate. */
  repeats: number;
  /** Samples that arrived again with another value. */
  conflicts: string[];
}

/** Labels that the destination's settings add. */
const ofTarget = ['__name__', 'job', 'instance'];

const named = (labels: readonly (readonly [string, string])[]) =>
  seriesKey(
    labels.find(([name]) => name === '__name__')![1],
    Object.fromEntries(labels.filter(([name, text]) => text !== '' && !ofTarget.includes(name))),
  );

function readSamples(request: IncomingMessage, body: Buffer): Sample[] {
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('text/plain')) {
    return parseExposition(body.toString(), 'text').map(({ name, labels, value }) => [
      named([['__name__', name], ...Object.entries(labels)]),
      0,
      value,
    ]);
  }
  if (request.headers['content-encoding'] === 'gzip') {
    return fromBinary(ExportMetricsServiceRequestSchema, gunzipSync(body))
      .resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
      .flatMap(({ name, data }) => {
        if (data.case !== 'gauge') throw new Error(`${name} is no gauge`);
        return data.value.dataPoints.map(({ attributes, value, timeUnixNano, flags }): Sample => {
          const labels = attributes.map(({ key, value: text }): [string, string] => [
            key,
            String(text?.value.value),
          ]);
          const ended = (flags & 1) === 1;
          return [
            named([['__name__', name], ...labels]),
            Number(timeUnixNano / 1_000_000n),
            ended ? Number.NaN : Number(value.value),
          ];
        });
      });
  }
  const plain = uncompressSync(body) as Buffer;
  if (type.includes('io.prometheus.write.v2')) {
    const { symbols, timeseries } = fromBinary(RequestSchema, plain);
    return timeseries.flatMap(({ labelsRefs, samples }) => {
      const texts = labelsRefs.map((ref) => symbols[ref]!);
      const labels = Array.from({ length: texts.length / 2 }, (_, at): [string, string] => [
        texts[2 * at]!,
        texts[2 * at + 1]!,
      ]);
      return samples.map(({ timestamp, value }): Sample => [named(labels), Number(timestamp), value]);
    });
  }
  return fromBinary(WriteRequestSchema, plain).timeseries.flatMap(({ labels, samples }) =>
    samples.map(
      ({ timestamp, value }): Sample => [
        named(labels.map(({ name, value: text }) => [name, text])),
        Number(timestamp),
        value,
      ],
    ),
  );
}

/** Creates a receiver. It answers as a good one of its kind. */
export function createCountingReceiver(place: ReceiverPlace): CountingReceiver {
  const receiver: CountingReceiver = {
    slots: new Map(),
    order: [],
    repeats: 0,
    conflicts: [],
    handle(request: IncomingMessage, response: ServerResponse, body: Buffer) {
      const samples = readSamples(request, body);
      receiver.order.push(samples[0]?.[1] ?? 0);
      // A PUT replaces the group.
      if (place === 'pushgateway') receiver.slots.clear();
      for (const [key, timestampMs, value] of samples) {
        // The end of a series.
        if (Number.isNaN(value)) continue;
        const slot = receiver.slots.get(timestampMs) ?? new Map<string, number>();
        receiver.slots.set(timestampMs, slot);
        const before = slot.get(key);
        if (before === value) receiver.repeats++;
        else if (before !== undefined) receiver.conflicts.push(`${key} at ${timestampMs}`);
        slot.set(key, value);
      }
      const written = { 'x-prometheus-remote-write-samples-written': String(samples.length) };
      if (place === 'remote write 2') response.writeHead(204, written).end();
      else response.writeHead(place === 'remote write 1' ? 204 : 200).end();
    },
  };
  return receiver;
}
