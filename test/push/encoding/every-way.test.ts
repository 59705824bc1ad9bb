import { readFileSync } from 'node:fs';
import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import { toAlertGroups } from '../../../alerts/rules.ts';
import { parseAlertSettings } from '../../../alerts/settings.ts';
import { encodeOpenMetrics } from '../../../src/exposition/openmetrics.ts';
import { encodeText } from '../../../src/exposition/text.ts';
import { toEmfLines } from '../../../src/push/encoding/emf.ts';
import { encodeMetrics } from '../../../src/push/encoding/otlp.ts';
import { toPoints } from '../../../src/push/encoding/points.ts';
import { encodeWriteRequest } from '../../../src/push/encoding/remote-write-1.ts';
import { encodeRequest } from '../../../src/push/encoding/remote-write-2.ts';
import { parseExposition } from '../../conformance/exposition.ts';
import { agent, interaction, takenAtMs } from '../../support/agents.ts';
import { type Series, seriesKey } from '../../support/oracle.ts';
import { takeApart } from '../../support/promql.ts';
import { ExportMetricsServiceRequestSchema } from '../../support/proto/otlp_pb.ts';
import { WriteRequestSchema } from '../../support/proto/remote-write-1_pb.ts';
import { RequestSchema } from '../../support/proto/remote-write-2_pb.ts';
import { familiesOf, fullReadingOf, rosterOf } from '../../support/reading.ts';

const target = { job: 'vcc', instance: 'i' };
const agents = [
  agent('a', { workloadSinceMs: takenAtMs - 2_000_000, presenceSinceMs: takenAtMs - 2_000_000 }),
  agent('b', { presence: 'Away', interactions: [interaction({ state: 'Wrap' })] }),
  agent('c', { eligibleForRouting: false }),
];
const reading = fullReadingOf(agents, rosterOf({ a: { team: 'Süd' } }), {
  push: [{ destination: 'd', success: true, samples: 1, durationMs: 5, oldestMs: undefined }],
});
const families = await familiesOf(reading);
const points = toPoints(families, takenAtMs, target);

type Read = [name: string, labels: Iterable<readonly [string, string]>, value: number];

/**
 * Series by text, without the labels of the target, which some ways put elsewhere, and without
 * empty labels.
 */
function toSeries(read: readonly Read[]): Series {
  return new Map(
    read.map(([name, labels, value]) => {
      const own = [...labels].filter(
        ([label, text]) => text !== '' && !['__name__', 'job', 'instance'].includes(label),
      );
      return [seriesKey(name, Object.fromEntries(own)), value];
    }),
  );
}

const ofExposition = (bytes: Buffer, format: 'text' | 'openmetrics') =>
  parseExposition(bytes.toString(), format).map(
    ({ name, labels, value }): Read => [name, Object.entries(labels), value],
  );
const named = (labels: [string, string][], value: number): Read => [
  labels.find(([label]) => label === '__name__')![1],
  labels,
  value,
];

const ways: Record<string, () => Read[]> = {
  'text 0.0.4, also of a Pushgateway': () => ofExposition(encodeText(families), 'text'),
  'OpenMetrics 1.0': () => ofExposition(encodeOpenMetrics(families), 'openmetrics'),
  'remote write 1.0': () =>
    fromBinary(WriteRequestSchema, encodeWriteRequest(points)).timeseries.map(({ labels, samples }) =>
      named(
        labels.map(({ name, value }) => [name, value]),
        samples[0]!.value,
      ),
    ),
  'remote write 2.0': () => {
    const { symbols, timeseries } = fromBinary(RequestSchema, encodeRequest(points));
    return timeseries.map(({ labelsRefs, samples }) => {
      const texts = labelsRefs.map((ref) => symbols[ref]!);
      const labels = Array.from({ length: texts.length / 2 }, (_, at): [string, string] => [
        texts[2 * at]!,
        texts[2 * at + 1]!,
      ]);
      return named(labels, samples[0]!.value);
    });
  },
  OTLP: () =>
    fromBinary(ExportMetricsServiceRequestSchema, encodeMetrics(points, target))
      .resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
      .flatMap(({ name, data }) => {
        // Collectors keep gauges unchanged. Other kinds they convert, or drop.
        if (data.case !== 'gauge') throw new Error(`${name} is no gauge`);
        return data.value.dataPoints.map(
          ({ attributes, value }): Read => [
            name,
            attributes.map(({ key, value: text }) => [key, String(text?.value.value)]),
            Number(value.value),
          ],
        );
      }),
  CloudWatch: () =>
    toEmfLines(points, { namespace: 'VCC' }).flatMap((line) => {
      const document = JSON.parse(line);
      const [{ Dimensions, Metrics }] = document._aws.CloudWatchMetrics;
      const labels = Dimensions[0].map((name: string) => [name, JSON.parse(`"${document[name]}"`)]);
      return Metrics.map(({ Name }: { Name: string }): Read => [Name, labels, document[Name]]);
    }),
};

/** The metrics that alerts use, other than Prometheus' own. */
const inputs = new Set(
  toAlertGroups(parseAlertSettings(readFileSync('alerts/thresholds.yml', 'utf8')))
    .flatMap(({ rules }) => rules.flatMap(({ expr }) => takeApart(expr).selectors))
    .map(({ metric }) => metric)
    .filter((metric) => metric.startsWith('vcc_')),
);

describe('the input of alerts is the same', () => {
  const inputsOf = (read: readonly Read[]) => toSeries(read.filter(([name]) => inputs.has(name)));
  const expected = toSeries(
    points
      .map(({ labels, value }) => named(labels as [string, string][], value!))
      .filter(([name]) => inputs.has(name)),
  );

  test('with series of each metric that an alert uses', () => {
    const names = new Set([...expected.keys()].map((key) => key.replace(/\{.*/, '')));
    expect([...inputs].filter((name) => !names.has(name))).toEqual([]);
    expect(expected.get('vcc_agents_available_longer_than{account="test",seconds="1800"}')).toBe(1);
    expect(
      expected.get('vcc_team_agents_available_longer_than{account="test",seconds="1800",team="Süd"}'),
    ).toBe(1);
  });

  test.each(Object.entries(ways))('by %s', (_, read) => {
    expect(inputsOf(read())).toEqual(expected);
  });
});
