import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Family } from '../../src/catalogue/metric.ts';
import { formats } from '../../src/exposition/format.ts';
import { toPoints } from '../../src/push/encoding/points.ts';
import { anyAgents } from '../support/agents.ts';
import { seriesKey, toSeries } from '../support/oracle.ts';
import { familiesOf, readingOf } from '../support/reading.ts';
import { ExpositionError, type ExpositionFormat, type ParsedSample, parseExposition } from './exposition.ts';
import { type Target, toScrapedPoints, toUpPoint } from './scrape.ts';

const target: Target = { job: 'test', instance: '127.0.0.1:9', timestampMs: 1_700_000_000_000 };

/** A sample without description, except for what the test sets. */
function sample(
  name: string,
  labels: Record<string, string>,
  value: number,
  more: Partial<ParsedSample> = {},
): ParsedSample {
  const meta = { name, help: '', type: 'unknown', unit: undefined } as const;
  return { name, labels, value, timestampMs: undefined, meta, ...more };
}

function failureOf(text: string, format: ExpositionFormat): string {
  try {
    parseExposition(text, format);
  } catch (error) {
    if (error instanceof ExpositionError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'none';
}

describe('text 0.0.4', () => {
  test.each<[string, string, ParsedSample[]]>([
    ['nothing', '', []],
    ['comments and blank lines', '\n# a comment\n#\n\t \n#TYPE x foo\n# EOF\n# TYPELESS\n', []],
    ['a sample without a final line break', 'x 1', [sample('x', {}, 1)]],
    [
      'blanks wherever they may be',
      ' \tx { a = "1" ,\tb="2" , } 1 \t 5 ',
      [sample('x', { a: '1', b: '2' }, 1, { timestampMs: 5 })],
    ],
    ['no blank after the labels', 'x{}1', [sample('x', {}, 1)]],
    ['names with colons and underscores', 'a:b_C9{_x="1"} 1', [sample('a:b_C9', { _x: '1' }, 1)]],
    ['escapes', String.raw`x{a="\\n\"\n\t"} 1`, [sample('x', { a: '\\n"\n\\t' }, 1)]],
    ['signs in quotes', 'x{a="} #,=\ud83d\ude00 "} 1', [sample('x', { a: '} #,=\ud83d\ude00 ' }, 1)]],
    [
      'any label name',
      'x{__proto__="1",constructor="2"} 1',
      [sample('x', JSON.parse('{"__proto__":"1","constructor":"2"}'), 1)],
    ],
    ['an empty value of a label', 'x{a=""} 1', [sample('x', { a: '' }, 1)]],
  ])('reads %s', (_, text, samples) => {
    const read = parseExposition(text, 'text');
    expect(read).toEqual(samples);
    expect(read.map(({ labels }) => Object.entries(labels))).toEqual(
      samples.map(({ labels }) => Object.entries(labels)),
    );
  });

  test.each([
    ['1', 1],
    ['-0', -0],
    ['+1.5e3', 1500],
    ['.5', 0.5],
    ['5.', 5],
    ['1e-400', 0],
    ['NaN', Number.NaN],
    ['nan', Number.NaN],
    ['+Inf', Number.POSITIVE_INFINITY],
    ['-inf', Number.NEGATIVE_INFINITY],
    ['Infinity', Number.POSITIVE_INFINITY],
  ])('reads the number %s as Go does', (text, value) => {
    expect(parseExposition(`x ${text}\n`, 'text')[0]!.value).toBe(value);
  });

  test('knows the parts of a family by its type', () => {
    const text = `# HELP h A \\"h\\"\\\\\\nof two lines.
# TYPE h histogram
h_bucket{le="+Inf"} 1
h_sum 2
h_count 1
h_total 1
# TYPE s  summary
s{quantile="0.5"} 1
s_sum 1
s_bucket 1
c_total 1
# TYPE c_total counter
# TYPE u untyped
u 1
`;
    const read = parseExposition(text, 'text').map(({ name, meta }) => [
      name,
      meta.name,
      meta.type,
      meta.help,
    ]);
    const help = 'A \\"h\\"\\\nof two lines.';
    expect(read).toEqual([
      ['h_bucket', 'h', 'histogram', help],
      ['h_sum', 'h', 'histogram', help],
      ['h_count', 'h', 'histogram', help],
      ['h_total', 'h_total', 'unknown', ''],
      ['s', 's', 'summary', ''],
      ['s_sum', 's', 'summary', ''],
      ['s_bucket', 's_bucket', 'unknown', ''],
      ['c_total', 'c_total', 'counter', ''],
      ['u', 'u', 'unknown', ''],
    ]);
  });

  test.each([
    ['9x 1', 'line 1: expected a metric name of letters, digits, _ and :'],
    ['\n# c\n1234notvali}{ 444', 'line 3: expected a metric name of letters, digits, _ and :'],
    ['{a="secret"} 1', 'line 1: expected a metric name of letters, digits, _ and :'],
    ['{"x.y",a="secret"} 1', 'line 1: expected a metric name before {: names in quotes are not understood'],
    ['x{"a.b"="secret"} 1', 'line 1, x: expected a label name without quotes'],
    ['x{9="secret"} 1', 'line 1, x: expected a label name of letters, digits and _, or }'],
    ['x{,} 1', 'line 1, x: expected a label name of letters, digits and _, or }'],
    ['x{a="1",a="secret"} 1', 'line 1, x: expected no label twice'],
    ['x{__name__="secret"} 1', 'line 1, x: expected no label twice'],
    ['x{a} 1', 'line 1, x: expected = after a label name'],
    ['x{a=secret} 1', 'line 1, x: expected a label value in quotes'],
    ['x{a="secret\n"} 1', 'line 1, x: expected a label value that ends with a quote in the same line'],
    ['x{a="secret\\"} 1', 'line 1, x: expected a label value that ends with a quote in the same line'],
    ['x{a="1"b="2"} 1', 'line 1, x: expected a comma or } after a label'],
    ['x', 'line 1, x: expected a number after the name and labels'],
    ['x secret', 'line 1, x: expected a number after the name and labels'],
    ['x 0x1p3', 'line 1, x: expected a number after the name and labels'],
    ['x 1_000', 'line 1, x: expected a number after the name and labels'],
    ['x 1e400', 'line 1, x: expected a number after the name and labels'],
    ['x 1\r\n', 'line 1, x: expected a number after the name and labels'],
    ['x 1 -5', 'line 1, x: expected a time in whole milliseconds, or nothing'],
    ['x 1 1.5', 'line 1, x: expected a time in whole milliseconds, or nothing'],
    ['x 1 99999999999999999', 'line 1, x: expected a time in whole milliseconds, or nothing'],
    ['x 1 5 6', 'line 1, x: expected the end of the line'],
    ['x 1 # {a="b"} 1', 'line 1, x: expected the end of the line'],
    ['# TYPE x info', 'line 1, x: expected one of counter, gauge, histogram, summary, untyped'],
    ['# TYPE x', 'line 1, x: expected one of counter, gauge, histogram, summary, untyped'],
    ['# TYPE', 'line 1: expected a metric name of letters, digits, _ and :'],
    ['# HELP "x.y" secret', 'line 1: expected a metric name of letters, digits, _ and :'],
  ])('refuses %j', (text, message) => {
    expect(failureOf(text, 'text')).toBe(`shape: exposition, ${message}`);
  });
});

describe('OpenMetrics 1.0', () => {
  test.each<[string, string, ParsedSample[]]>([
    ['nothing', '# EOF\n', []],
    ['the end without a line break', 'x 1\n# EOF', [sample('x', {}, 1)]],
    [
      'times in seconds',
      'x 1 1520879607.789\n# EOF\n',
      [sample('x', {}, 1, { timestampMs: 1_520_879_607_789 })],
    ],
    ['times before 1970', 'x 1 -1.5\n# EOF\n', [sample('x', {}, 1, { timestampMs: -1500 })]],
    ['an exemplar, and leaves it out', 'x 1 # {trace="a}\\" b"} 0.5\n# EOF\n', [sample('x', {}, 1)]],
    [
      'an exemplar with times',
      'x{a="#"} 1 2 # {} 0.5 1.5\n# EOF\n',
      [sample('x', { a: '#' }, 1, { timestampMs: 2000 })],
    ],
  ])('reads %s', (_, text, samples) => {
    expect(parseExposition(text, 'openmetrics')).toEqual(samples);
  });

  test('knows the parts of a family by its type', () => {
    const text = `# TYPE c_seconds counter
# UNIT c_seconds seconds
# HELP c_seconds A \\"c\\"\\\\\\n.
c_seconds_total 1
c_seconds_created 2
c_seconds_bucket 1
# TYPE g gaugehistogram
g_bucket{le="+Inf"} 1
g_gsum 1
g_gcount 1
# TYPE i info
i_info{version="1"} 1
# TYPE st stateset
st{st="a"} 1
# TYPE u unknown
# UNIT u${' '}
u 1
# EOF
`;
    const read = parseExposition(text, 'openmetrics').map(({ name, meta }) => [
      name,
      meta.name,
      meta.type,
      meta.unit,
    ]);
    expect(read).toEqual([
      ['c_seconds_total', 'c_seconds', 'counter', 'seconds'],
      ['c_seconds_created', 'c_seconds', 'counter', 'seconds'],
      ['c_seconds_bucket', 'c_seconds_bucket', 'unknown', undefined],
      ['g_bucket', 'g', 'gaugehistogram', undefined],
      ['g_gsum', 'g', 'gaugehistogram', undefined],
      ['g_gcount', 'g', 'gaugehistogram', undefined],
      ['i_info', 'i', 'info', undefined],
      ['st', 'st', 'gauge', undefined],
      ['u', 'u', 'unknown', undefined],
    ]);
    expect(parseExposition(text, 'openmetrics')[0]!.meta.help).toBe('A "c"\\\n.');
  });

  test.each([
    ['x 1\n', 'line 2: expected # EOF at the end'],
    ['', 'line 1: expected # EOF at the end'],
    ['# EOF\nx 1\n', 'line 2: expected nothing after # EOF'],
    ['# EOF\n\n', 'line 2: expected nothing after # EOF'],
    ['x 1\n\n# EOF\n', 'line 2: expected no blank line'],
    ['# secret\n# EOF\n', 'line 1: expected HELP, TYPE, UNIT or EOF after #'],
    [
      '# TYPE x untyped\n# EOF\n',
      'line 1, x: expected one of counter, gauge, histogram, gaugehistogram, summary, info, stateset, unknown',
    ],
    ['# UNIT x_seconds bytes\n# EOF\n', 'line 1, x_seconds: expected a unit that the name ends in'],
    ['x 1 1e400\n# EOF\n', 'line 1, x: expected a time in seconds, or nothing'],
    ['x 1 NaN\n# EOF\n', 'line 1, x: expected a time in seconds, or nothing'],
    ['x 1 # secret\n# EOF\n', 'line 1, x: expected the labels of an exemplar'],
    ['x 1 # {a="b"}\n# EOF\n', 'line 1, x: expected a number after the labels of an exemplar'],
    ['x 1 # {a="b"} 1 secret\n# EOF\n', 'line 1, x: expected a time in seconds, or nothing'],
    ['x 1 # {a="b"} 1 1 1\n# EOF\n', 'line 1, x: expected the end of the line'],
  ])('refuses %j', (text, message) => {
    expect(failureOf(text, 'openmetrics')).toBe(`shape: exposition, ${message}`);
  });
});

describe.each(formats)('what $name writes', ({ name: format, encode }) => {
  const read = (families: readonly Family[]) => parseExposition(encode(families).toString(), format);

  test('is read unchanged, whatever the labels contain', async () => {
    await fc.assert(
      fc.asyncProperty(anyAgents, fc.string({ unit: 'binary', minLength: 1 }), async (agents, account) => {
        const families = await familiesOf(readingOf(agents, { account }));
        const series = new Map(
          read(families).map(({ name, labels, value }) => [seriesKey(name, labels), value]),
        );
        expect(series).toEqual(toSeries(families));
      }),
      { numRuns: 50 },
    );
  });

  test('gives the same points as pushing without text', async () => {
    const { job, instance, timestampMs } = target;
    await fc.assert(
      fc.asyncProperty(anyAgents, async (agents) => {
        const families = await familiesOf(readingOf(agents));
        const { current, dated } = toScrapedPoints(read(families), target);
        const expected = toPoints(families, timestampMs, { job, instance });
        const plain = (points: typeof current) => points.map(({ labels, value }) => [labels, value]);
        // Text has the parts of a histogram one after the other.
        const inOrder = (points: typeof current) =>
          plain(points)
            .map((each) => JSON.stringify(each))
            .sort();
        expect(inOrder(current)).toEqual(inOrder(expected));
        expect(dated).toEqual([]);
        if (format === 'text') return;
        expect(plain(current)).toEqual(plain(expected));
        // OpenMetrics names the family of an info without the suffix.
        const metas = expected.map(({ meta }) => ({ ...meta, name: meta.name.replace(/_info$/, '') }));
        expect(current.map(({ meta }) => meta)).toEqual(metas);
      }),
      { numRuns: 20 },
    );
  });

  test("reads any family's help, unit, labels and value", () => {
    const anyFamily = fc.record({
      name: fc.constantFrom('x', 'x_seconds'),
      help: fc.string({ unit: 'binary' }),
      value: fc.double(),
      labels: fc.dictionary(fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/), fc.string({ unit: 'binary' })),
    });
    fc.assert(
      fc.property(anyFamily, ({ name, help, value, labels }) => {
        const unit = name === 'x' ? undefined : 'seconds';
        const values = [{ labels, value }];
        const [only, ...rest] = read([{ name, help, type: 'gauge', unit, values }]);
        expect(rest).toEqual([]);
        // Both are written as 0.
        expect(only!.value).toBe(value === 0 ? 0 : value);
        expect(Object.entries(only!.labels)).toEqual(Object.entries(labels));
        expect(only!.meta).toEqual({
          name,
          help: help,
          type: 'gauge',
          unit: format === 'text' ? undefined : unit,
        });
      }),
    );
  });
});

describe.each(['reference-example', 'rich'])('the golden file %s', (name) => {
  const read = (extension: string, format: ExpositionFormat) =>
    parseExposition(readFileSync(new URL(`../golden/${name}.${extension}`, import.meta.url), 'utf8'), format);

  test('has the same content in both formats', () => {
    const toMap = (samples: readonly ParsedSample[]) =>
      new Map(samples.map(({ name, labels, value }) => [seriesKey(name, labels), value]));
    const text = read('prom', 'text');
    const openMetrics = read('openmetrics', 'openmetrics');
    expect(text.length).toBeGreaterThan(100);
    expect(toMap(text)).toEqual(toMap(openMetrics));
    expect(new Set(openMetrics.map(({ meta }) => meta.type))).toEqual(new Set(['gauge', 'info']));
    expect(new Set(text.map(({ meta }) => meta.type))).toEqual(new Set(['gauge']));
    for (const { meta } of [...text, ...openMetrics]) expect(meta.help).not.toBe('');
  });
});

describe('points of a scrape', () => {
  const toLabels = (text: string) =>
    toScrapedPoints(parseExposition(text, 'text'), target).current.map(({ labels }) =>
      labels.map((pair) => pair.join('=')),
    );

  test.each([
    [
      'have job and instance, in order',
      'x{z="1",a="2"} 1',
      ['__name__=x', 'a=2', 'instance=127.0.0.1:9', 'job=test', 'z=1'],
    ],
    ['leave out empty labels', 'x{a=""} 1', ['__name__=x', 'instance=127.0.0.1:9', 'job=test']],
    [
      "keep the exposition's own job and instance",
      'x{job="a",instance="b"} 1',
      ['__name__=x', 'exported_instance=b', 'exported_job=a', 'instance=127.0.0.1:9', 'job=test'],
    ],
    ['take an empty job for none', 'x{job=""} 1', ['__name__=x', 'instance=127.0.0.1:9', 'job=test']],
    [
      'find a free name',
      'x{job="a",exported_job="b"} 1',
      ['__name__=x', 'exported_exported_job=a', 'exported_job=b', 'instance=127.0.0.1:9', 'job=test'],
    ],
    [
      'take an empty exported_job for a free name',
      'x{job="a",exported_job=""} 1',
      ['__name__=x', 'exported_job=a', 'instance=127.0.0.1:9', 'job=test'],
    ],
  ])('%s', (_, text, labels) => {
    expect(toLabels(text)).toEqual([labels]);
  });

  test('keep the first of two of one series', () => {
    const text = 'x{a="1"} 1\nx 5\nx{a="1",b=""} 2\n';
    const { current } = toScrapedPoints(parseExposition(text, 'text'), target);
    expect(current.map(({ value }) => value)).toEqual([1, 5]);
  });

  test("have the time of the scrape or their own, never before their series' newest sample or in the future", () => {
    const at = target.timestampMs;
    const text = `a 1\na 2 ${at + 1}\nb 1 10\nb 2 10\nb 3 9\nb 4 11\nc 1 0\nd 1 ${at + 600_000}\ne 1 ${at + 600_001}\n`;
    const { current, dated } = toScrapedPoints(parseExposition(text, 'text'), target);
    expect(current.map(({ value, timestampMs }) => [value, timestampMs])).toEqual([[1, at]]);
    expect(dated.map(({ labels, value, timestampMs }) => [labels[0]![1], value, timestampMs])).toEqual([
      ['a', 2, at + 1],
      ['b', 1, 10],
      ['b', 4, 11],
      ['c', 1, 0],
      ['d', 1, at + 600_000],
    ]);
  });

  test('leave `up` to the scrape itself', () => {
    const { current } = toScrapedPoints(parseExposition('up 5\nup{a="1"} 6\n', 'text'), target);
    expect(current.map(({ value }) => value)).toEqual([6]);
    expect([true, false].map((isUp) => toUpPoint(isUp, target))).toEqual(
      [1, 0].map((value) => ({
        labels: [
          ['__name__', 'up'],
          ['instance', '127.0.0.1:9'],
          ['job', 'test'],
        ],
        value,
        timestampMs: target.timestampMs,
        meta: { name: 'up', help: 'Whether the target could be scraped.', type: 'gauge', unit: undefined },
      })),
    );
  });
});
