import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeMetrics, parsePartialSuccess } from '../../../src/push/encoding/otlp.ts';
import { toPoints } from '../../../src/push/encoding/points.ts';
import { agent, takenAtMs } from '../../support/agents.ts';
import { anyPoints, meta, point } from '../../support/any-points.ts';
import { decode, expectedOf, samplesOf } from '../../support/otlp.ts';
import { ExportMetricsServiceResponseSchema } from '../../support/proto/otlp_pb.ts';
import { familiesOf, readingOf } from '../../support/reading.ts';

const resource = { job: 'vcc', instance: 'test' };

describe('encodeMetrics', () => {
  test('gives every point back unchanged', () => {
    fc.assert(
      fc.property(anyPoints, (points) => {
        const { metrics } = decode(encodeMetrics(points, resource));
        const names = metrics.map(({ name }) => name);
        expect(new Set(names).size).toBe(names.length);
        // To toEqual, -0 differs from 0, and NaN equals NaN.
        expect(samplesOf(metrics)).toEqual(expectedOf(points, resource));
      }),
    );
  });

  test('gives every sample of a scrape back', async () => {
    const families = await familiesOf(readingOf([agent('a'), agent('b', { presence: 'Away' })]));
    const points = toPoints(families, takenAtMs, { ...resource, cluster: 'blue' });
    const { metrics, ...rest } = decode(encodeMetrics(points, resource));
    expect(rest).toEqual({
      resource: [
        ['service.name', 'vcc'],
        ['service.instance.id', 'test'],
      ],
      scope: 'vcc-exporter',
    });
    expect(samplesOf(metrics)).toEqual(expectedOf(points, resource));
    expect(points.length).toBeGreaterThan(100);
    for (const { attributes } of samplesOf(metrics)) {
      expect(attributes).toContainEqual(['cluster', 'blue']);
      expect(attributes.map(([name]) => name)).not.toContain('job');
    }
  });

  test('gives the meaning of each metric, and the unit of those whose name ends in it', async () => {
    const families = await familiesOf(readingOf([agent('a')]));
    const { metrics } = decode(encodeMetrics(toPoints(families, takenAtMs, resource), resource));
    const about = (name: string) => {
      const { description, unit } = metrics.find((each) => each.name === name)!;
      return { help: families.find((each) => each.help === description)?.name, unit };
    };
    expect(about('vcc_up')).toEqual({ help: 'vcc_up', unit: '' });
    expect(about('vcc_snapshot_timestamp_seconds').unit).toBe('s');
    const longer = 'vcc_agents_available_longer_than';
    expect(about(longer)).toEqual({ help: longer, unit: '' });
  });

  test('marks an ended series, and takes the meaning from a living one', () => {
    const ended = point({ a: '1' }, { value: undefined, meta: meta({ help: '', type: 'unknown' }) });
    const { metrics } = decode(encodeMetrics([ended, point({ a: '2' })], resource));
    expect(metrics.map(({ name, description }) => [name, description])).toEqual([['vcc_x', 'An x.']]);
    expect(samplesOf(metrics).map(({ value }) => value)).toEqual([undefined, 1]);
  });

  test('writes 0 as a value, not as none', () => {
    const { metrics } = decode(encodeMetrics([point({}, { value: 0 })], resource));
    expect(samplesOf(metrics).map(({ value }) => value)).toEqual([0]);
  });

  test.each([
    ['vcc', 'test', []],
    ['another', 'test', ['job']],
    ['vcc', 'another', ['instance']],
  ])(
    'of job %s and instance %s: keeps as attributes %p, which the resource does not say',
    (job, instance, kept) => {
      const { metrics } = decode(encodeMetrics([point({ job, instance })], resource));
      expect(samplesOf(metrics).flatMap(({ attributes }) => attributes.map(([name]) => name))).toEqual(kept);
    },
  );
});

test('the decoder of these tests reads what OpenTelemetry itself writes', () => {
  // By @opentelemetry/otlp-transformer 0.223.1: a gauge m of 1.5, in seconds, with an attribute.
  const theirs =
    'ClcKFwoTCgxzZXJ2aWNlLm5hbWUSAwoBahAAEjwKBgoBcxIBMRIyCgFtEgFkGgFzKicKJREAypo7AAAAABkFlDV3AAAAACEAAAAAAAD4PzoICgFhEgMKAWI=';
  const { resource: from, scope, metrics } = decode(Buffer.from(theirs, 'base64'));
  expect({
    from,
    scope,
    about: metrics.map(({ name, description, unit }) => [name, description, unit]),
  }).toEqual({
    from: [['service.name', 'j']],
    scope: 's',
    about: [['m', 'd', 's']],
  });
  expect(samplesOf(metrics)).toEqual([
    { name: 'm', attributes: [['a', 'b']], timeUnixNano: 2_000_000_005n, value: 1.5 },
  ]);
});

test('job and instance are attributes of every point too if they are to be repeated', () => {
  const { metrics, ...rest } = decode(
    encodeMetrics([point({ ...resource, a: 'b' })], resource, { repeated: true }),
  );
  expect(rest.resource.map(([name]) => name)).toEqual(['service.name', 'service.instance.id']);
  expect(samplesOf(metrics).map(({ attributes }) => attributes)).toEqual([
    [
      ['a', 'b'],
      ['instance', 'test'],
      ['job', 'vcc'],
    ],
  ]);
});

describe('parsePartialSuccess', () => {
  const encode = (partialSuccess: { rejectedDataPoints?: bigint; errorMessage?: string } | undefined) =>
    toBinary(
      ExportMetricsServiceResponseSchema,
      create(ExportMetricsServiceResponseSchema, partialSuccess && { partialSuccess }),
    );

  test('reads how many were rejected, and why', () => {
    fc.assert(
      fc.property(fc.nat(), fc.string({ unit: 'binary' }), (rejected, message) => {
        const body = encode({ rejectedDataPoints: BigInt(rejected), errorMessage: message });
        expect(parsePartialSuccess(body)).toEqual({ rejected, message });
      }),
    );
  });

  test.each<[string, Uint8Array, ReturnType<typeof parsePartialSuccess>]>([
    ['an empty body', new Uint8Array(), { rejected: 0, message: '' }],
    ['an empty partial success', encode({}), { rejected: 0, message: '' }],
    ['a warning', encode({ errorMessage: 'old' }), { rejected: 0, message: 'old' }],
    [
      'an unknown field',
      Uint8Array.of(0x12, 1, 65, ...encode({ errorMessage: 'x' })),
      { rejected: 0, message: 'x' },
    ],
    ['a known field of another kind', Uint8Array.of(0x08, 5, 0x0a, 2, 0x10, 7), { rejected: 0, message: '' }],
    ['a text in place of the number', Uint8Array.of(0x0a, 3, 0x0a, 1, 65), { rejected: 0, message: '' }],
    ['an unknown text', Uint8Array.of(0x0a, 3, 0x1a, 1, 65), { rejected: 0, message: '' }],
    ['a body that is cut', encode({ errorMessage: 'cut here' }).subarray(0, -1), undefined],
    ['JSON', Buffer.from('{"partialSuccess":{}}'), undefined],
    ['HTML', Buffer.from('<html></html>'), undefined],
    ['text', Buffer.from('ok'), undefined],
  ])('of %s', (_, body, expected) => {
    expect(parsePartialSuccess(body)).toEqual(expected);
  });

  test('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (body) => {
        const success = parsePartialSuccess(body);
        expect(success === undefined || typeof success.rejected === 'number').toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
