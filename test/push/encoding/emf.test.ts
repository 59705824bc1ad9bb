import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PushMessageError, toDimensionValue, toEmfLines } from '../../../src/push/encoding/emf.ts';
import { toPoints } from '../../../src/push/encoding/points.ts';
import { agent, takenAtMs } from '../../support/agents.ts';
import { anyPoints, anyText, meta, point } from '../../support/any-points.ts';
import { expectedOf, extract, extractedOf } from '../../support/emf.ts';
import { familiesOf, fullReadingOf, readingOf, rosterOf } from '../../support/reading.ts';

const options = { namespace: 'VCC' };

describe('toEmfLines', () => {
  test('contains every selected point once, within the limits of CloudWatch, whatever the labels contain', () => {
    fc.assert(
      fc.property(anyPoints, (points) => {
        expect(extractedOf(toEmfLines(points, options))).toEqual(expectedOf(points));
      }),
      { numRuns: 50 },
    );
  });

  test('contains the samples of a scrape except for single agents and infos', async () => {
    const reading = fullReadingOf([agent('a'), agent('b')], rosterOf({ a: { team: 'Süd' } }));
    const points = toPoints(await familiesOf(reading), takenAtMs, { job: 'vcc', instance: 'test' });
    const documents = toEmfLines(points, options).map(extract);
    const names = new Set(documents.flatMap(({ metrics }) => metrics.map(({ name }) => name)));
    expect(names).toContain('vcc_agents');
    expect(names).toContain('vcc_team_agents_available_longer_than');
    expect([...names].filter((name) => /_info$|^vcc_agent_/.test(name))).toEqual([]);
    const labels = new Set(documents.flatMap(({ dimensions }) => dimensions.map(([name]) => name)));
    for (const name of ['agent_id', 'job', 'instance']) expect(labels).not.toContain(name);
    expect(documents.flatMap(({ dimensions }) => dimensions)).toContainEqual(['team', 'S\\u00fcd']);
  });

  test('is one document for each set of labels', async () => {
    const points = toPoints(await familiesOf(readingOf([agent('a')])), takenAtMs, {});
    const sets = toEmfLines(points, options).map((line) => JSON.stringify(extract(line).dimensions));
    expect(new Set(sets).size).toBe(sets.length);
    expect(sets[0]).toBe('[["account","test"]]');
  });

  test('is written as the specification requires', () => {
    const points = [
      point({ account: 'a', job: 'vcc' }, { value: 2 }),
      point({ account: 'a' }, { name: 'vcc_y_seconds', value: 0.5, meta: meta({ unit: 'seconds' }) }),
    ];
    expect(toEmfLines(points, { namespace: 'VCC', logGroup: '/vcc' })).toEqual([
      '{"_aws":{"Timestamp":1768471200500,"LogGroupName":"/vcc","CloudWatchMetrics":[{"Namespace":"VCC",' +
        '"Dimensions":[["account"]],"Metrics":[{"Name":"vcc_x","Unit":"Count"},{"Name":"vcc_y_seconds","Unit":"Seconds"}]}]},' +
        '"account":"a","vcc_x":2,"vcc_y_seconds":0.5}',
    ]);
    expect(extract(toEmfLines([point({})], options)[0]!).dimensions).toEqual([]);
  });

  test.each([
    ['vcc_x', undefined, 'Count'],
    ['vcc_x_seconds', 'seconds', 'Seconds'],
    ['vcc_x_timestamp_seconds', 'seconds', 'None'],
  ] as const)('%s, with unit %p in the catalogue, is in %s', (name, unit, expected) => {
    const [line] = toEmfLines([point({}, { name, meta: meta({ unit }) })], options);
    expect(extract(line!).metrics).toEqual([{ name, unit: expected, value: 1 }]);
  });

  test.each([undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e109, -1e109])(
    'leaves out the value %p',
    (value) => {
      expect(toEmfLines([point({}, { value })], options)).toEqual([]);
    },
  );

  test.each([2 ** 360, -(2 ** 360)])('takes the value %p, the largest', (value) => {
    expect(extract(toEmfLines([point({}, { value })], options)[0]!).metrics[0]!.value).toBe(value);
  });

  test('cuts a set of more than 100 metrics into documents', () => {
    const names = Array.from({ length: 250 }, (_, at) => `vcc_${String(at).padStart(251, 'x')}`);
    const labels = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [`l${String(at).padStart(254, 'x')}`, '"'.repeat(1024)]),
    );
    const lines = toEmfLines(
      names.map((name) => point(labels, { name })),
      options,
    );
    const documents = lines.map(extract);
    expect(documents.map(({ metrics }) => metrics.length)).toEqual([100, 100, 50]);
    expect(documents.flatMap(({ metrics }) => metrics.map(({ name }) => name))).toEqual(names);
  });

  test.each<[string, Record<string, string>, string]>([
    [
      '31 labels',
      Object.fromEntries(Array.from({ length: 31 }, (_, at) => [`l${at}`, 'secret'])),
      'a series has 31 labels, and CloudWatch accepts at most 30 dimensions: l0, l1, l10,',
    ],
    [
      'a long name',
      { ['l'.repeat(256)]: 'secret' },
      'the name of a label has 256 characters, and CloudWatch accepts at most 255: lll',
    ],
    [
      'the name of the metadata',
      { _aws: 'secret' },
      "label _aws: CloudWatch's embedded metric format uses this name for another field; rename the label",
    ],
    [
      'the name of a metric',
      { vcc_x: 'secret' },
      "label vcc_x: CloudWatch's embedded metric format uses this name for another field; rename the label",
    ],
  ])('refuses %s', (_, labels, message) => {
    const attempt = () => toEmfLines([point(labels)], options);
    expect(attempt).toThrow(PushMessageError);
    expect(attempt).toThrow(expect.objectContaining({ code: 'config' }));
    expect(attempt).toThrow(message);
    expect(attempt).not.toThrow(/secret/);
  });

  test('does not count job and instance among 30 dimensions', () => {
    const labels = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`l${at}`, 'x']));
    expect(toEmfLines([point({ ...labels, job: 'j', instance: 'i' })], options)).toHaveLength(1);
  });
});

describe('toDimensionValue', () => {
  test.each([
    ['Ready', 'Ready'],
    ['a "b" {c}', 'a "b" {c}'],
    ['Süd', 'S\\u00fcd'],
    ['S\\u00fcd', 'S\\u005cu00fcd'],
    ['a\nb\0\x7f', 'a\\u000ab\\u0000\\u007f'],
    ['😀', '\\ud83d\\ude00'],
    ['\ud800', '\\ud800'],
    [' ', '\\u0020'],
    ['  ', '\\u0020\\u0020'],
    [' a b ', '\\u0020a b\\u0020'],
  ])('of %j', (value, expected) => {
    expect(toDimensionValue(value)).toBe(expected);
  });

  test('cuts what is longer than 1024 characters, and adds a hash of the whole', () => {
    const x = (length: number) => 'x'.repeat(length);
    expect(toDimensionValue(x(1024))).toBe(x(1024));
    // Among this many hashes are some that begin with 0.
    for (let length = 1025; length < 1125; length++)
      expect(toDimensionValue(x(length))).toBe(`${x(1006)}\\#${fnv(x(length))}`);
    expect(toDimensionValue('ü'.repeat(171))).toHaveLength(1024);
  });

  test('gives a value back, unless it is cut', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary-ascii' })), (value) => {
        const back = toDimensionValue(value).replace(/\\u(.{4})/g, (_, code: string) =>
          String.fromCharCode(Number.parseInt(code, 16)),
        );
        expect(back).toBe(value);
      }),
      { numRuns: 1000 },
    );
  });

  test('is different for different values, long ones too', () => {
    const anyLong = fc.tuple(anyText, fc.nat(1500)).map(([end, length]) => `${'x'.repeat(length)}${end}`);
    fc.assert(
      fc.property(fc.uniqueArray(fc.oneof(anyText, anyLong), { maxLength: 50 }), (values) => {
        const written = values.map(toDimensionValue);
        expect(new Set(written).size).toBe(values.length);
        for (const each of written) expect(toDimensionValue(each) === each).toBe(!each.includes('\\'));
      }),
    );
  });
});

/** FNV-1a, 64 bits, by its definition: http://www.isthe.com/chongo/tech/comp/fnv/ */
function fnv(text: string): string {
  const sum = [...Buffer.from(text)].reduce(
    (before, byte) => ((before ^ BigInt(byte)) * (2n ** 40n + 2n ** 8n + 0xb3n)) % 2n ** 64n,
    14695981039346656037n,
  );
  return sum.toString(16).padStart(16, '0');
}
