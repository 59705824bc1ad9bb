import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { catalogue } from '../../src/catalogue/index.ts';
import { PushError } from '../../src/push/errors.ts';
import { batchFormats, encodeBatch, maxBatchBytes, parseBatch } from '../../src/push/queue.ts';
import { encodeState, maxSavedSeries, maxStateBytes, parseState } from '../../src/push/schedule/state.ts';
import { anyOwnSeries } from '../support/any-points.ts';
import { inChild } from '../support/in-child.ts';

/** Either a result or the documented error. */
function attempt<T>(parse: () => T): T | string {
  try {
    return parse();
  } catch (error) {
    if (error instanceof PushError) return error.message;
    throw error;
  }
}

const agents = ['__name__', 'vcc_agents', 'account', 'acme', 'instance', 'acme', 'presence', 'Ready'];
const state = (value: unknown) => gzipSync(typeof value === 'string' ? value : JSON.stringify(value));
const stateOf = (...series: unknown[]) => state({ v: 1, timestampMs: 5, series: { d: series } });
const only = (why: string) => `series are left out: 1 ${why}`;
const [form, labels, name] = [
  'that are not lists of label names and values',
  'with labels that are not valid, sorted and unique',
  'of metrics that this exporter does not have',
];

describe('a state', () => {
  test('is the same after it was stored', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.array(anyOwnSeries)),
        fc.nat(1e15 - 1),
        (series, timestampMs) => {
          expect(parseState(encodeState({ timestampMs, series }), 'acme', catalogue)).toEqual({
            state: { timestampMs, series },
            dropped: undefined,
          });
        },
      ),
    );
  });

  test('of too many series, or of too many bytes, keeps only the time', () => {
    const many = Array.from({ length: maxSavedSeries + 1 }, () => agents);
    const few = [agents];
    expect(
      parseState(encodeState({ timestampMs: 5, series: { many, few } }), 'acme', catalogue).state,
    ).toEqual({
      timestampMs: 5,
      series: { few },
    });
    const large = [[...agents, 'x', 'x'.repeat(maxStateBytes)]];
    expect(
      parseState(encodeState({ timestampMs: 5, series: { large, few } }), 'acme', catalogue).state,
    ).toEqual({
      timestampMs: 5,
      series: {},
    });
  });

  test.each<[string, unknown, string]>([
    ['a label twice', [...agents.slice(0, 4), 'account', 'acme'], labels],
    ['labels out of order', ['account', 'acme', '__name__', 'vcc_up'], labels],
    ['an empty label', [...agents, 'team', ''], labels],
    ['a label without a name', ['', 'x', ...agents], labels],
    ['the name of a label that is not valid', [...agents, 'te-am', 'x'], labels],
    ['the name of a label in another script', [...agents, 'täm', 'x'], labels],
    ['a name without a value', [...agents, 'team'], form],
    ['half of a character', [...agents, 'team', '\ud800'], form],
    ['a number', [...agents, 'team', 5], form],
    ['no list', 'vcc_up', form],
    ['null', null, form],
    ['no labels', [], name],
    ['no metric', ['account', 'acme'], name],
    ['a metric of somebody else', ['__name__', 'up', 'account', 'acme'], name],
    ['a metric that only looks like ours', ['__name__', 'vcc_agents_', 'account', 'acme'], name],
    ['a metric whose name is not valid', ['__name__', 'vcc_agents\n', 'account', 'acme'], name],
    ['the series of another account', ['__name__', 'vcc_up', 'account', 'other'], 'of another account'],
    ['a series of an account without one', ['__name__', 'vcc_up'], 'of another account'],
  ])('loses a series with %s, and keeps the others', (_, series, why) => {
    expect(parseState(stateOf(series, agents), 'acme', catalogue)).toEqual({
      state: { timestampMs: 5, series: { d: [agents] } },
      dropped: only(why),
    });
  });

  test('keeps series about the exporter itself, whose account is an external label', () => {
    const build = ['__name__', 'vcc_exporter_build_info', 'account', 'any', 'version', '1'];
    expect(parseState(stateOf(build), 'acme', catalogue)).toMatchObject({
      state: { series: { d: [build] } },
    });
  });

  test('reports how many series are lost and why, and nothing of them', () => {
    const { dropped } = parseState(stateOf(['secret', 'x'], null, 7, agents), 'acme', catalogue);
    expect(dropped).toBe(`series are left out: 1 ${name}; 2 ${form}`);
    const long = Array.from({ length: maxSavedSeries + 1 }, () => agents);
    expect(parseState(stateOf(...long), 'acme', catalogue)).toEqual({
      state: { timestampMs: 5, series: { d: [] } },
      dropped: 'series are left out: 20001 in a list of more than 20000',
    });
  });

  test.each<[string, Uint8Array]>([
    ['the stored state is damaged', Buffer.from('')],
    ['the stored state is damaged', Buffer.from('nonsense')],
    ['the stored state is damaged', stateOf(agents).subarray(0, 40)],
    ['the stored state is larger than 32 MB', state(' '.repeat(maxStateBytes + 1))],
    ...[
      '',
      '{',
      'null',
      '[]',
      '7',
      '{}',
      '[[[[[]]]]]',
      '{"v":1,"timestampMs":5}',
      '{"__proto__":{"v":1}}',
    ].map((text): [string, Uint8Array] => ['the stored state is not valid', state(text)]),
    ...['-1', '1e15', '1e300', '1e999', '0.5', '"5"', 'null', 'true'].map((time): [string, Uint8Array] => [
      'the stored state is not valid',
      state(`{"v":1,"timestampMs":${time},"series":{}}`),
    ]),
    ['the stored state is not valid', state({ v: 2, timestampMs: 5, series: {} })],
    ['the stored state is not valid', state({ v: 1, timestampMs: 5, series: null })],
  ])('that is none: %s (%#)', (why, content) => {
    expect(attempt(() => parseState(content, 'acme', catalogue))).toBe(why);
  });

  test('whose destination is __proto__ changes no object', () => {
    const text = `{"v":1,"timestampMs":5,"series":{"__proto__":[${JSON.stringify(agents)}]}}`;
    const { series } = parseState(state(text), 'acme', catalogue).state;
    expect(Object.keys(series)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).vcc).toBeUndefined();
  });
});

describe('a batch', () => {
  const good = {
    v: 1,
    account: 'a',
    destination: 'd',
    format: 'otlp',
    timestampMs: 1,
    part: 0,
    samples: 1,
    body: 'AA==',
  };
  const time = 'timestampMs to be milliseconds since 1970';
  const ended = 'ended to be series of this exporter';
  test.each<[string, object | string, string]>([
    ...['nonsense', '', 'null', '7', '"x"', `${'['.repeat(9)}${']'.repeat(9)}`].map(
      (text): [string, string, string] => [text, text, 'JSON'],
    ),
    ['[]', '[]', 'v to be 1, which this version of the exporter writes'],
    ['__proto__', '{"__proto__":{"v":1}}', 'v to be 1, which this version of the exporter writes'],
    ['v', { ...good, v: 2 }, 'v to be 1, which this version of the exporter writes'],
    ['account', { ...good, account: '' }, 'account to be a text'],
    ['destination', { ...good, destination: 1 }, 'destination to be a text'],
    ['format', { ...good, format: 'x' }, `format to be ${batchFormats.join(' or ')}`],
    ['format', { ...good, format: '__proto__' }, `format to be ${batchFormats.join(' or ')}`],
    ...[-1, 0.5, 1e15, 8.64e15, 1e300, null, '1'].map((timestampMs): [string, object, string] => [
      String(timestampMs),
      { ...good, timestampMs },
      time,
    ]),
    ['part', { ...good, part: 1e5 }, 'part and samples to be whole numbers'],
    ['samples', { ...good, samples: 0.5 }, 'part and samples to be whole numbers'],
    ['samples', { ...good, samples: 1e300 }, 'part and samples to be whole numbers'],
    ...[
      'x',
      [['a', 1]],
      [['a', 'b']],
      [['__name__', 'up']],
      [agents.slice(1)],
      [[...agents, 'presence', 'x']],
    ].map((series): [string, object, string] => ['ended', { ...good, ended: series }, ended]),
    ['body', { ...good, body: '' }, 'body to be base64'],
    ['body', { ...good, body: 'A' }, 'body to be base64'],
    ['body', { ...good, body: 'not base64!' }, 'body to be base64'],
    ['size', ' '.repeat(maxBatchBytes + 1), 'at most 50 MB'],
  ])('is refused by field: %s', (_, message, expected) => {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    expect(attempt(() => parseBatch(text))).toBe(`a batch in the queue: expected ${expected}`);
  });
});

/** Anything, and values that are nearly right. */
const anyNearly = (right: Record<string, unknown>): fc.Arbitrary<string> =>
  fc.oneof(
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc
      .tuple(fc.constantFrom(...Object.keys(right)), fc.oneof(fc.jsonValue(), fc.double(), fc.string()))
      .map(([key, value]) => JSON.stringify({ ...right, [key]: value })),
    fc
      .tuple(fc.constant(JSON.stringify(right)), fc.nat(), fc.string({ maxLength: 3 }))
      .map(([text, at, more]) => {
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + more + text.slice(cut + more.length);
      }),
  );

describe('whatever is stored in its place', () => {
  test('a state gives a state, or the documented error', () => {
    const right = {
      v: 1,
      timestampMs: 5,
      series: { d: [agents, ['__name__', 'vcc_up', 'account', 'acme']] },
    };
    const anyContent = fc.oneof(
      fc.uint8Array(),
      anyNearly(right).map((text) => gzipSync(text)),
      fc
        .array(fc.array(fc.oneof(fc.string(), fc.constantFrom(...agents))))
        .map((series) => stateOf(...series)),
    );
    fc.assert(
      fc.property(anyContent, (content) => {
        const parsed = attempt(() => parseState(content, 'acme', catalogue));
        if (typeof parsed === 'string') {
          expect(parsed).toMatch(/^the stored state is (damaged|not valid)$/);
          return;
        }
        expect(() => new Date(parsed.state.timestampMs).toISOString()).not.toThrow();
        // Kept series are kept again: nothing is reported twice.
        expect(parseState(encodeState(parsed.state), 'acme', catalogue)).toEqual({
          ...parsed,
          dropped: undefined,
        });
      }),
      { numRuns: 2000 },
    );
  });

  test('a message or file gives a batch, or the documented error', () => {
    const right = JSON.parse(
      encodeBatch({
        account: 'acme',
        destination: 'd',
        format: 'emf',
        timestampMs: 5,
        part: 0,
        samples: 1,
        ended: [agents],
        body: Buffer.from('x'),
      }),
    );
    fc.assert(
      fc.property(anyNearly(right), (text) => {
        const parsed = attempt(() => parseBatch(text));
        if (typeof parsed === 'string') {
          expect(parsed).toMatch(/^a batch in the queue: expected /);
          return;
        }
        expect(() => new Date(parsed.timestampMs).toISOString()).not.toThrow();
        expect(parseBatch(encodeBatch(parsed))).toEqual(parsed);
      }),
      { numRuns: 2000 },
    );
  });

  const bombs: Record<string, string> = {
    'GBs of spaces': "Buffer.concat(Array(300).fill(gzipSync(' '.repeat(10_000_000))))",
    brackets: "gzipSync('['.repeat(31_000_000))",
    'empty lists': "gzipSync('{\"series\":[' + '[],'.repeat(10_000_000) + '[]]}')",
    names: `gzipSync('{' + Array.from({ length: 2_000_000 }, (_, at) => '"' + at + '":0').join() + '}')`,
  };
  // Without bounds, the first takes 3 GB, and the second 1.4 GB.
  test.each(Object.keys(bombs))('%s need no more memory than the largest state', async (kind) => {
    const { message, tookMb } = await inChild<{ message: string; tookMb: number }>(
      'true',
      `
      import { gzipSync } from 'node:zlib';
      import { parseState } from './src/push/schedule/state.ts';
      const content = ${bombs[kind]};
      const before = process.resourceUsage().maxRSS;
      let message = '';
      try { parseState(content, 'acme', []); } catch (error) { message = error.message; }
      const tookMb = Math.round((process.resourceUsage().maxRSS - before) / 1000);
      console.log(JSON.stringify({ message, tookMb }));`,
    );
    expect(message).toMatch(/^the stored state is (not valid|larger than 32 MB)$/);
    expect(tookMb).toBeLessThan(250);
  });
});
