import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toKey, toLabels, toPoints } from '../../../src/push/encoding/points.ts';
import { encodeWriteRequest } from '../../../src/push/encoding/remote-write-1.ts';
import { encodeRequest, toWriteRequest } from '../../../src/push/encoding/remote-write-2.ts';
import { anyPoints, meta, point } from '../../support/any-points.ts';
import { WriteRequestSchema } from '../../support/proto/remote-write-1_pb.ts';
import { Metadata_MetricType, RequestSchema } from '../../support/proto/remote-write-2_pb.ts';
import { expectedOf, plain, read1, read2 } from '../../support/remote-write.ts';

const staleBits = 0x7ff0000000000002n;

/** The bits of a value on the wire. A decoder's number would have lost those of a NaN. */
function bitsIn(body: Uint8Array): bigint[] {
  const view = Buffer.from(body);
  const found: bigint[] = [];
  for (
    let at = view.indexOf('020000000000f07f', 0, 'hex');
    at >= 0;
    at = view.indexOf('020000000000f07f', at + 1, 'hex')
  ) {
    found.push(staleBits);
  }
  return found;
}

test('no zero is written, as other encoders do it', () => {
  const points = [
    point(
      { a: 'b' },
      { value: 0, timestampMs: 0, meta: meta({ type: 'unknown', help: '', unit: undefined }) },
    ),
  ];
  const [one, two] = [encodeWriteRequest(points), encodeRequest(points)];
  expect([...one]).toEqual([...toBinary(WriteRequestSchema, fromBinary(WriteRequestSchema, one))]);
  expect([...two]).toEqual([...toBinary(RequestSchema, fromBinary(RequestSchema, two))]);
});

describe.each([
  ['1.0', encodeWriteRequest, read1],
  ['2.0', encodeRequest, read2],
] as const)('a request of remote write %s', (_, encode, read) => {
  test('gives another decoder the same points', () => {
    fc.assert(
      fc.property(anyPoints, (points) => {
        expect(plain(read(encode(points)))).toEqual(plain(expectedOf(points)));
      }),
    );
  });

  test('writes the stale marker bit by bit for a series that has ended', () => {
    const body = encode([point({ a: 'b' }, { value: undefined }), point({ a: 'c' }, { value: Number.NaN })]);
    expect(bitsIn(body)).toEqual([staleBits]);
  });

  test('distinguishes zero from minus zero', () => {
    const [zero, minus] = read(encode([point({ a: '0' }, { value: 0 }), point({ a: '1' }, { value: -0 })]));
    expect([zero!.bits, minus!.bits]).toEqual([0n, 0x8000000000000000n]);
  });
});

test('labels are sorted, and empty ones are left out', () => {
  expect(toLabels('vcc_x', { zone: 'z', empty: '' }, { Account: 'A', zone: 'own' })).toEqual([
    ['Account', 'A'],
    ['__name__', 'vcc_x'],
    ['zone', 'own'],
  ]);
});

test('the samples of a scrape become points; labels of a series take precedence', () => {
  const family = {
    name: 'vcc_x',
    help: 'An x.',
    type: 'gauge',
    unit: undefined,
  } as const;
  const values = [
    { labels: { a: 'own' }, value: 1 },
    { labels: { b: 'own' }, sharedLabels: { a: 'shared', b: 'shared' }, value: 2 },
  ];
  const labelled = (a: string, b: string) => [
    ['__name__', 'vcc_x'],
    ['a', a],
    ['b', b],
  ];
  const meta = { name: 'vcc_x', help: 'An x.', type: 'gauge', unit: undefined };
  expect(toPoints([{ ...family, values }], 5, { a: 'more', b: 'more' })).toEqual([
    { labels: labelled('own', 'more'), value: 1, timestampMs: 5, meta },
    { labels: labelled('shared', 'own'), value: 2, timestampMs: 5, meta },
  ]);
});

test('series have the same key only if they have the same labels', () => {
  const keys = [
    [
      ['a', 'xb'],
      ['c', 'y'],
    ],
    [
      ['a', 'x'],
      ['bc', 'y'],
    ],
    [
      ['ax', ''],
      ['bc', 'y'],
    ],
    [['a', 'x']],
  ].map((labels) => toKey({ labels: labels as [string, string][] }));
  expect(new Set(keys).size).toBe(keys.length);
});

test('2.0 contains type, help and unit of each series', () => {
  const points = (['gauge', 'gaugehistogram', 'info', 'counter', 'unknown'] as const).map((type) =>
    point(
      { type },
      { meta: meta({ type, help: `A ${type}.`, unit: type === 'gauge' ? 'seconds' : undefined }) },
    ),
  );
  const { symbols, timeseries } = fromBinary(RequestSchema, encodeRequest(points));
  const told = timeseries.map(({ metadata }) => [
    metadata!.type,
    symbols[metadata!.helpRef],
    symbols[metadata!.unitRef],
  ]);
  const { GAUGE, GAUGEHISTOGRAM, INFO, COUNTER, UNSPECIFIED } = Metadata_MetricType;
  expect(told).toEqual([
    [GAUGE, 'A gauge.', 'seconds'],
    [GAUGEHISTOGRAM, 'A gaugehistogram.', ''],
    [INFO, 'A info.', ''],
    [COUNTER, 'A counter.', ''],
    [UNSPECIFIED, 'A unknown.', ''],
  ]);
});

test('a request of 2.0 becomes the one of 1.0 that would have been sent', () => {
  fc.assert(
    fc.property(anyPoints, (points) => {
      // The bits of a NaN are lost in numbers.
      fc.pre(!points.some(({ value }) => Number.isNaN(value)));
      expect(Buffer.from(toWriteRequest(encodeRequest(points))).equals(encodeWriteRequest(points))).toBe(
        true,
      );
    }),
  );
});
