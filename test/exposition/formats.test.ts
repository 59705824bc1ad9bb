import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { allMetrics } from '../../src/catalogue/all.ts';
import type { Family } from '../../src/catalogue/metric.ts';
import { toRegistry } from '../../src/catalogue/metric.ts';
import { Bytes, copyBytes } from '../../src/exposition/bytes.ts';
import {
  acceptsGzip,
  formats,
  negotiateFormat,
  openMetricsFormat,
  textFormat,
} from '../../src/exposition/format.ts';
import type { Agent } from '../../src/snapshot/agent.ts';
import type { Reading } from '../../src/snapshot/reading.ts';
import { agent, anyAgents, interaction, takenAtMs } from '../support/agents.ts';
import { seriesKey, toSeries } from '../support/oracle.ts';
import { familiesOf, fullReadingOf, readingOf, rosterOf } from '../support/reading.ts';

/** Labels in alphabetical order: prom-client writes shared ones last. */
function inOrder(labels: string): string {
  return `{${labels
    .match(/\w+="(?:[^"\\]|\\.)*"/g)!
    .toSorted()
    .join(',')}}`;
}

/** Reads samples back, by the grammar that both formats share. */
function parseSamples(text: string): Map<string, number> {
  const series = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s.exec(line);
    if (!match) throw new Error(`not a sample: ${line}`);
    const labels: Record<string, string> = {};
    for (const [, name, value] of (match[2] ?? '').matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/gs)) {
      labels[name!] = value!.replace(/\\(.)/gs, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
    }
    const key = seriesKey(match[1]!, labels);
    if (series.has(key)) throw new Error(`twice: ${line}`);
    series.set(key, match[3] === '+Inf' ? Number.POSITIVE_INFINITY : Number(match[3]));
  }
  return series;
}

describe.each(formats)('$name', (format) => {
  const { name } = format;
  const encode = (families: readonly Family[]) => format.encode(families).toString();

  test('gives every sample back unchanged, whatever the labels contain', async () => {
    await fc.assert(
      fc.asyncProperty(anyAgents, fc.string({ unit: 'grapheme', minLength: 1 }), async (agents, account) => {
        const families = await familiesOf(readingOf(agents, { account }));
        expect(parseSamples(encode(families))).toEqual(toSeries(families));
      }),
      { numRuns: 100 },
    );
  });

  test('writes every family once, in one piece, without blank lines', async () => {
    const text = encode(await familiesOf(readingOf([agent('a')])));
    const lines = text.trimEnd().split('\n');
    expect(lines).not.toContain('');
    const named = lines.filter((line) => line.startsWith('# TYPE ')).map((line) => line.split(' ')[2]);
    expect(new Set(named).size).toBe(named.length);
    expect(text.endsWith(name === 'openmetrics' ? '\n# EOF\n' : '\n')).toBe(true);
  });

  test('leaves out families without samples', async () => {
    const failed = readingOf([], { error: 'network', floor: undefined, clockSkewMs: undefined });
    const text = encode(await familiesOf(failed));
    expect(text).toContain('vcc_up{account="test"} 0');
    expect(text).toContain('vcc_scrape_error{account="test",reason="network"} 1');
    expect(text).not.toMatch(/vcc_agents|vcc_api_clock_skew|vcc_snapshot/);
  });

  test('serves several accounts side by side', async () => {
    const families = await familiesOf(
      readingOf([agent('a')], { account: 'one' }),
      readingOf([], { account: 'two' }),
    );
    const series = parseSamples(encode(families));
    expect(series.get('vcc_snapshot_agents{account="one"}')).toBe(1);
    expect(series.get('vcc_snapshot_agents{account="two"}')).toBe(0);
  });
});

const family = (more: Partial<Family>): Family => ({
  name: 'x_seconds',
  help: 'A "quoted" back\\slash\nline.',
  type: 'gauge',
  unit: 'seconds',
  values: [{ labels: {}, value: 1 }],
  ...more,
});

describe('text 0.0.4', () => {
  test('escapes backslash and line break in HELP, but no quotes', () => {
    expect(textFormat.encode([family({})]).toString()).toBe(
      '# HELP x_seconds A "quoted" back\\\\slash\\nline.\n# TYPE x_seconds gauge\nx_seconds 1\n',
    );
  });

  test.each<[string, (agents: Agent[]) => Reading]>([
    ['an account', (agents) => readingOf(agents)],
    [
      'teams and single agents',
      (agents) => fullReadingOf(agents, rosterOf({ a: { team: 'Säles "1"', site: 'back\\slash' } })),
    ],
  ])(
    'is what prom-client itself writes of %s, but for info and the order of labels',
    async (_, readingFor) => {
      const reading = readingFor([
        agent('a'),
        agent('b', { presence: 'Away', interactions: [interaction()] }),
        agent('c\n"ü', { presenceSinceMs: takenAtMs - 60_001, live: 12 }),
      ]);
      const build = { version: '1.2.3', revision: 'abc1234', nodejs: 'v24.0.0' };
      const theirs = await toRegistry(allMetrics, { build, accounts: 1, readings: [reading] }).metrics();
      const gauges = (text: string) =>
        text
          .split(/\n+(?=# HELP )/)
          .filter((block) => !/^# HELP vcc_\w+_info /.test(block))
          .map((block) => block.trim().replace(/\{(.*)\}/g, (_, labels: string) => inOrder(labels)))
          // We leave out families without samples.
          .filter((block) => block.split('\n').length > 2);
      expect(gauges(textFormat.encode(await familiesOf(reading)).toString())).toEqual(gauges(theirs));
    },
  );
});

describe('numbers', () => {
  const written = (value: number) =>
    textFormat
      .encode([family({ values: [{ labels: {}, value }] })])
      .toString()
      .split('\n')
      .at(-2)!
      .split(' ')[1]!;

  test('are written as JavaScript writes them, also times and small numbers, which use another path', () => {
    const times = fc
      .oneof(fc.integer({ min: -1000, max: 2_000_000_000_000 }), fc.maxSafeNat())
      .map((ms) => ms / 1000);
    fc.assert(
      fc.property(
        fc.oneof(fc.integer(), times, fc.double({ noNaN: true, noDefaultInfinity: true })),
        (value) => {
          expect(written(value)).toBe(String(value));
        },
      ),
      { numRuns: 2000 },
    );
    for (const value of [
      0, 9, 10, 999_999, 1e6, 1_000_000.5, 9007199254740991, 1e21, 5e-324, 0.001, 1.01, 4.35, 12_345_678_901,
      8971465093283.79,
    ]) {
      expect(written(value)).toBe(String(value));
    }
  });
});

test('labels that samples share are written with each of them, in any order', () => {
  const [a, b] = [
    { account: 'x', agent_id: 'ä"' },
    { account: 'x', agent_id: '2' },
  ];
  const [own, none] = [{ state: 'Wrap' }, {}];
  const values = [a, b, b, a, undefined, b].flatMap((sharedLabels) =>
    [own, none].map((labels) => ({ labels, value: 1, ...(sharedLabels && { sharedLabels }) })),
  );
  const lines = (first: string) => [`{${first},state="Wrap"}`, `{${first}}`];
  const [textA, textB] = ['account="x",agent_id="ä\\""', 'account="x",agent_id="2"'];
  const expected = [textA, textB, textB, textA].flatMap(lines).concat(['{state="Wrap"}', ''], lines(textB));
  for (const format of formats) {
    const text = format.encode([family({ values }), { ...family({ values }), name: 'y_seconds' }]).toString();
    for (const name of ['x_seconds', 'y_seconds']) {
      const got = text.split('\n').filter((line) => line.startsWith(name));
      expect(got).toEqual(expected.map((labels) => `${name}${labels} 1`));
    }
  }
});

test('an exposition may be larger than the reserved space', () => {
  const long = 'ü'.repeat(5000);
  const values = Array.from({ length: 50 }, (_, index) => ({
    labels: { a: `${index}${long}` },
    value: index,
  }));
  const text = textFormat.encode([family({ values })]).toString();
  expect(text.split('\n').slice(-51, -1)).toEqual(
    values.map(({ labels, value }) => `x_seconds{a="${labels.a}"} ${value}`),
  );
});

test.each([
  ['HELP', (long: string) => family({ help: long })],
  ['a name', (long: string) => family({ name: long })],
  [
    'labels that samples share',
    (long: string) =>
      family({ values: [0, 1].map((value) => ({ labels: {}, sharedLabels: { a: long, b: long }, value })) }),
  ],
  [
    'own labels after shared ones',
    (long: string) => family({ values: [{ labels: { b: long }, sharedLabels: { a: long }, value: 0.123 }] }),
  ],
  ['names of labels', (long: string) => family({ values: [{ labels: { [long]: '"' }, value: 1 }] })],
])('%s may be longer than what was reserved, in any script', (_, build) => {
  // Of one, two and three bytes, and escaped ones. Of 127 and 128, the limits of a faster path.
  for (const character of ['x', 'ü', '한', '\x7f', '\x80', '\\']) {
    for (const length of [300, 1500, 4500, 9000]) {
      const given = build(character.repeat(length));
      const { name, help, values } = given;
      const expected = values.map(({ labels, sharedLabels, value }) => {
        const pairs = Object.entries({ ...sharedLabels, ...labels }).map(
          ([label, text]) => `${label}="${text.replace(/[\\"]/g, '\\$&')}"`,
        );
        return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`;
      });
      const text = textFormat.encode([given]).toString();
      expect(
        text ===
          `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace('\n', '\\n')}\n# TYPE ${name} gauge\n${expected.join('')}`,
      ).toBe(true);
    }
  }
});

test.each([
  ['lines', { account: 'a'.repeat(80) }, { state: 'b'.repeat(80) }, 60],
  // Three bytes for each character, the maximum.
  ['labels', { 한: '한한', 글: '한' }, { 한: '한한', 글: '한' }, 150],
])('%s may end at any distance from the end of what was reserved', (_, shared, own, count) => {
  const textOf = (labels: Record<string, string>) =>
    Object.entries(labels)
      .map(([name, value]) => `${name}="${value}"`)
      .join();
  // The longest number.
  const value = -1.2345678901234568e-300;
  for (let length = 0; length < 220; length++) {
    const pad = 'x'.repeat(length);
    const values = Array.from({ length: count }, () => ({
      labels: { ...own },
      sharedLabels: { ...shared },
      value,
    }));
    const text = textFormat
      .encode([family({ values: [{ labels: { pad }, value: 1 }, ...values] })])
      .toString();
    const line = `x_seconds{${textOf(shared)},${textOf(own)}} ${value}\n`;
    expect(text.endsWith(`\nx_seconds{pad="${pad}"} 1\n${line.repeat(count)}`)).toBe(true);
  }
});

describe('bytes', () => {
  test('that are reserved exist, and three more for the copies', () => {
    for (let size = 0; size < 10; size++) {
      for (let length = 0; length < 20; length++) {
        const bytes = new Bytes(size);
        bytes.reserve(length);
        expect(bytes.bytes.length).toBeGreaterThanOrEqual(length + 3);
      }
    }
  });

  test('are copied up to three too far, not four', () => {
    const from = new DataView(Uint8Array.of(1, 2, 3, 4).buffer);
    const to = new Uint8Array(5);
    expect(copyBytes(from, 0, 4, new DataView(to.buffer), 1)).toBe(5);
    expect([...to]).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('OpenMetrics 1.0', () => {
  test('writes TYPE, UNIT and HELP in this order, quotes escaped', () => {
    expect(openMetricsFormat.encode([family({})]).toString()).toBe(
      '# TYPE x_seconds gauge\n# UNIT x_seconds seconds\n# HELP x_seconds A \\"quoted\\" back\\\\slash\\nline.\nx_seconds 1\n# EOF\n',
    );
  });

  test.each([
    ['info', 'x_info', 'x'],
    ['info', 'x_info_y_info', 'x_info_y'],
    ['gauge', 'x_info', 'x_info'],
  ] as const)('the family of the %s %s is %s, without UNIT if it has none', (type, name, expected) => {
    const text = openMetricsFormat.encode([family({ name, type, unit: undefined, help: 'x' })]).toString();
    expect(text).toBe(`# TYPE ${expected} ${type}\n# HELP ${expected} x\n${name} 1\n# EOF\n`);
  });

  test('knows infos', async () => {
    const text = openMetricsFormat.encode(await familiesOf(readingOf([agent('a')]))).toString();
    expect(text).toContain('# TYPE vcc_exporter_build info\n');
    expect(text).toContain(
      'vcc_exporter_build_info{version="1.2.3",revision="abc1234",nodejs="v24.0.0"} 1\n',
    );
  });

  test.each([
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
    [1577093947.012, '1577093947.012'],
    [-0.25, '-0.25'],
  ])('writes %d as Go reads it', (value, text) => {
    expect(openMetricsFormat.encode([family({ values: [{ labels: {}, value }] })]).toString()).toContain(
      `\nx_seconds ${text}\n`,
    );
  });
});

describe('negotiation', () => {
  const prometheus2 =
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
  const prometheus3 =
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
  test.each([
    [prometheus2, 'openmetrics'],
    [prometheus3, 'openmetrics'],
    [undefined, 'text'],
    ['', 'text'],
    ['*/*', 'text'],
    ['text/*', 'text'],
    ['text/plain', 'text'],
    ['text/plain;version=0.0.4', 'text'],
    ['text/plain;version=0.0.4;q=0.5, application/openmetrics-text', 'openmetrics'],
    ['text/plain, application/openmetrics-text;q=0.9', 'text'],
    ['application/openmetrics-text; version=1.0.0', 'openmetrics'],
    ['APPLICATION/OpenMetrics-Text', 'openmetrics'],
    ['application/openmetrics-text;version=2.0.0', 'text'],
    ['application/openmetrics-text;q=0', 'text'],
    ['application/openmetrics-text;q=nonsense', 'text'],
    ['application/openmetrics-text;q=-1', 'text'],
    ['application/openmetrics-text;q=1.5', 'text'],
    ['application/json', 'text'],
    ['image/*, application/openmetrics-text;q=0.5', 'openmetrics'],
    ['text/plain;version=1.0.0, application/openmetrics-text;q=0.1', 'openmetrics'],
    ['text/plain;q=0.1;version=1.0.0, application/openmetrics-text;q=0.1', 'openmetrics'],
    ['application/openmetrics-text ; q=0.5 , text/plain ; q=0.4', 'openmetrics'],
    ['application/openmetrics-text;q=0.5, text/*;q=0.6', 'text'],
    ['application/openmetrics-text;q=0.5, */*;q=0.6', 'text'],
    ['application/openmetrics-text;q=0.5, text/plain;q=0.5', 'openmetrics'],
    ['text/plain;q=0.5, application/openmetrics-text;q=0.5', 'text'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text'],
    // The most specific range decides, wherever it is.
    ['*/*, text/plain;q=0.5, application/openmetrics-text;q=0.7', 'openmetrics'],
    ['application/openmetrics-text;q=0.4, */*;q=0.5', 'text'],
    ['text/plain;q=0.1, */*', 'openmetrics'],
    ['application/*, text/*;q=0.5', 'openmetrics'],
    ['application/openmetrics-text, application/openmetrics-text;version=1.0.0;q=0', 'text'],
    [
      'application/openmetrics-text;version=1.0.0;q=0.2, application/openmetrics-text, text/plain;q=0.3',
      'text',
    ],
    ['text/*;q=0, application/*;q=0.1', 'openmetrics'],
    // Names of parameters have no case, values may be quoted, spaces may be around both.
    ['text/plain;q=0.5, application/openmetrics-text; VERSION="1.0.0"', 'openmetrics'],
    ['text/plain;q=0.5, application/openmetrics-text ; version = 1.0.0 ; Q = 0.6', 'openmetrics'],
    ['text/plain;q=0.5, application/openmetrics-text;q=0.6;version=1.0.0', 'openmetrics'],
    ['text/plain;x="a,application/openmetrics-text;q=1", */*;q=0.5', 'text'],
    ['text/plain;x="\\";q=0", application/openmetrics-text;q=0.5', 'text'],
    ['text/plain;q=0.5;x=",', 'text'],
    ['text/plain;q=0.5;x="a,application/openmetrics-text,b"', 'text'],
    ['text/plain;q=0.5;x="a,application/openmetrics-text', 'text'],
    ['text/plain;q=0.5, application/openmetrics-text;q=1.5', 'text'],
    ['text/plain;q=0.5, application/openmetrics-text;q=', 'text'],
    [',,;;,text/plain;q=0.1,application/openmetrics-text;q=0.2,', 'openmetrics'],
  ])('of %p gives %s', (accept, name) => {
    expect(negotiateFormat(accept).name).toBe(name);
  });

  test('needs no more time for a header that is made to be slow', () => {
    const startedMs = performance.now();
    for (const part of ['"\\"', '"', '\\', '"\\', ',"', ';"a"', '"a\\"b;', ' ;'])
      negotiateFormat(`text/plain;x=${part.repeat(50_000)}`);
    expect(performance.now() - startedMs).toBeLessThan(1500);
  });

  test.each([
    ['gzip', true],
    ['gzip, deflate', true],
    ['deflate, *;q=0.5', true],
    ['GZIP ; q=0.1', true],
    ['*', true],
    ['gzip;q=0', false],
    ['gzip ; q=0', false],
    ['gzip;q=2', false],
    ['gzip;q=0, *', false],
    ['deflate, br', false],
    ['*;q=0, gzip', true],
    ['*, gzip;q=0', false],
    ['GZIP', true],
    ['x-gzip', true],
    ['X-GZip;Q=0.5', true],
    ['x-gzip;q=0, *', false],
    ['gzip ; q = 0.000', false],
    ['gzip;q="0"', false],
    ['identity;q=0', false],
    ['identity;q=0, *', true],
    ['deflate, br', false],
    ['identity', false],
    ['', false],
    [undefined, false],
  ])('of encodings %p: gzip is %p', (header, expected) => {
    expect(acceptsGzip(header)).toBe(expected);
  });
});
