import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Secret } from '../../src/credentials.ts';
import { textFormat } from '../../src/exposition/format.ts';
import { quoteAnswer } from '../../src/push/destinations/post.ts';
import { toGroupBody, toGroupUrl } from '../../src/push/destinations/pushgateway.ts';
import { nameOf, toBodies, toKey } from '../../src/push/encoding/points.ts';
import { createSeriesTracker } from '../../src/push/outbox/series-tracker.ts';
import { batchFormats, encodeBatch, parseBatch } from '../../src/push/queue.ts';
import { isDue, nextSlots, toSlots } from '../../src/push/schedule/push-slots.ts';
import { anyOwnSeries, anyPoints, point } from '../support/any-points.ts';
import { familiesOf, readingOf } from '../support/reading.ts';

describe('toBodies', () => {
  const size = (points: readonly unknown[]) => new Uint8Array(points.length * 10);

  test('keeps to both limits, in order, and loses nothing', () => {
    fc.assert(
      fc.property(
        fc.nat(200),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 10, max: 300 }),
        (count, maxSamples, maxBytes) => {
          const points = Array.from({ length: count }, (_, at) => point({ at: String(at) }));
          const parts: string[] = [];
          const batches = toBodies(points, { maxSamples, maxBytes }, (part) => {
            if (part.length * 10 <= maxBytes)
              parts.push(...part.map(({ labels }) => labels.find(([name]) => name === 'at')![1]));
            return size(part);
          });
          expect(parts).toEqual(points.map((_, at) => String(at)));
          expect(batches.reduce((sum, { samples }) => sum + samples, 0)).toBe(count);
          for (const { samples, body } of batches) {
            expect(samples).toBeLessThanOrEqual(maxSamples);
            expect(body.length).toBeLessThanOrEqual(maxBytes);
          }
        },
      ),
    );
  });

  test('names for each body the series that end with it', () => {
    const points = [point({ a: '1' }), point({ a: '2' }, { value: undefined }), point({ a: '3' })];
    const body = size([1]);
    expect(toBodies(points, { maxSamples: 2, maxBytes: 10 }, size)).toStrictEqual([
      { samples: 1, body },
      { samples: 1, body, ended: [['__name__', 'vcc_x', 'a', '2']] },
      { samples: 1, body },
    ]);
    expect(toBodies([], { maxSamples: 2, maxBytes: 10 }, size)).toEqual([]);
  });

  test('splits what is too large in halves, and no further than necessary', () => {
    const points = Array.from({ length: 7 }, (_, at) => point({ at: String(at) }));
    const samples = (maxBytes: number) =>
      toBodies(points, { maxSamples: 7, maxBytes }, size).map((each) => each.samples);
    expect([samples(70), samples(69), samples(40), samples(39)]).toEqual([[7], [4, 3], [4, 3], [2, 2, 3]]);
  });

  test('sends a point alone that is too large without others', () => {
    const batches = toBodies([point({}), point({ a: 'b' })], { maxSamples: 10, maxBytes: 5 }, size);
    expect(batches.map(({ samples }) => samples)).toEqual([1, 1]);
  });
});

test('a point without a name has an empty one', () => {
  expect([nameOf(point({ a: 'b' })), nameOf({ labels: [['a', 'b']] })]).toEqual(['vcc_x', '']);
});

describe('slots', () => {
  test('are even through the period, from the time at which it was due', () => {
    expect(toSlots(1000, 15_000, 60_000)).toEqual([1000, 16_000, 31_000, 46_000]);
    expect(toSlots(1000, 60_000, 60_000)).toEqual([1000]);
    expect(toSlots(1000, 90_000, 60_000)).toEqual([1000]);
  });

  test('of a process are multiples of the interval, the next one always later, also when the clock is set back', () => {
    const times = [30_000, 44_999, 45_000, 8_000_000, 31_000];
    const slots = nextSlots(15_000, () => times.shift()!);
    const found = Array.from({ length: 5 }, () => slots.next().value);
    expect(found).toEqual([45_000, 60_000, 75_000, 8_010_000, 45_000]);
  });

  test('of a process move on even while no time passes, so that used ones are skipped', () => {
    const slots = nextSlots(15_000, () => 30_000);
    const found = Array.from({ length: 4 }, () => slots.next().value);
    expect(found).toEqual([45_000, 60_000, 75_000, 90_000]);
  });

  test('are due for half an interval before and after', () => {
    expect([-4001, -4000, 6000, 6001].map((nowMs) => isDue(1000, 10_000, nowMs))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});

describe('living series', () => {
  const [a, b] = [point({ s: 'a' }), point({ s: 'b' })];
  const ended = (points: readonly { labels: unknown; value: unknown }[]) =>
    points.filter(({ value }) => value === undefined).map(({ labels }) => labels);

  test('end once when they vanish, at the time of the scrape that lacks them', () => {
    const living = createSeriesTracker();
    expect(ended(living.track([a, b], 1))).toEqual([]);
    const second = living.track([a], 2);
    expect(second.at(-1)).toEqual({ labels: b.labels, meta: b.meta, value: undefined, timestampMs: 2 });
    expect(ended(living.track([a], 3))).toEqual([]);
  });

  test('end again when the end was lost, unless they returned', () => {
    const living = createSeriesTracker();
    living.track([a, b], 1);
    living.track([], 2);
    living.lost();
    expect(ended(living.track([b], 3))).toEqual([a.labels]);
  });

  test('end again when an older batch was lost that ended them, and no others', () => {
    const living = createSeriesTracker();
    living.track([a, b], 1);
    living.track([b], 2);
    living.track([], 3);
    living.lost([a.labels.flat()]);
    expect(ended(living.track([], 4))).toEqual([a.labels]);
    expect(ended(living.track([], 5))).toEqual([]);
  });

  test('are known to the next process', () => {
    fc.assert(
      fc.property(anyPoints, (points) => {
        const living = createSeriesTracker();
        living.track(points, 1);
        const next = createSeriesTracker();
        next.restore(living.save());
        const ends = next.track([], 2);
        const wellFormed = (text: string) => Buffer.from(text).toString();
        expect(ends.map(toKey).map(wellFormed).toSorted()).toEqual(
          [...new Set(points.map(toKey).map(wellFormed))].toSorted(),
        );
      }),
    );
  });
});

describe('a batch', () => {
  test('is unchanged after a queue', () => {
    fc.assert(
      fc.property(
        fc.record({
          account: fc.string({ minLength: 1 }),
          destination: fc.string({ minLength: 1 }),
          format: fc.constantFrom(...batchFormats),
          timestampMs: fc.nat(1e15 - 1),
          part: fc.nat(99_999),
          samples: fc.nat(),
          ended: fc.option(fc.array(anyOwnSeries), { nil: undefined }),
          body: fc.uint8Array({ minLength: 1 }),
        }),
        (batch) => {
          const read = parseBatch(encodeBatch(batch));
          expect({ ...read, body: new Uint8Array(read.body) }).toEqual(batch);
        },
      ),
    );
  });
});

describe('an answer as it is quoted', () => {
  const quote = (text: string) => quoteAnswer(Buffer.from(text));

  test.each([
    ['out of order sample\nmore', 'out of order sample'],
    ['series={__name__="vcc_up", agent_id="A-7"}', 'series={__name__="vcc_up", agent_id="…"}'],
    ['{agent_id=~"A \\"7\\"",x="y"}', '{agent_id=~"…",x="…"}'],
    ['{\\"agent_id\\":\\"A-7\\"}', '{"agent_id":"…"}'],
    [
      '{"status":"error","error":"late: {agent_id=\\"A-7\\"}"}',
      '{"status":"error","error":"late: {agent_id="…"}"}',
    ],
    ['agent_id=A-7 is late', 'agent_id=… is late'],
    ['', ''],
  ])('%j shows no value of a label', (text, shown) => {
    const quoted = quote(text);
    expect(quoted).toBe(shown);
    expect(quoted).not.toMatch(/A-7|A \\"7/);
  });

  test('shows no secret, no control characters and no more than a line of 200', () => {
    const held = [new Secret('s3cr3t-token'), new Secret('5h0r')];
    expect(quote('Bearer s3cr3t-token! 5h0r')).toBe('Bearer [secret]! [secret]');
    expect(held).toHaveLength(2);
    expect(quote('a\u001b[31mb\u009b\u202ec')).toBe('a [31mb  c');
    expect(quote('x'.repeat(9999))).toHaveLength(201);
  });

  test('shows no part of a secret that is longer than the quotation', () => {
    const token = new Secret('0123456789abcdef'.repeat(500));
    expect(quote(`${'x'.repeat(190)} ${token.reveal()}`)).toBe(`${'x'.repeat(190)} [secret]`);
  });

  test.each([['0='], ['a="'], ['{a="b",']])('of 64 kB of %j takes no time', (part) => {
    const startedMs = performance.now();
    quote(part.repeat(64_000 / part.length));
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });
});

describe('a group at a Pushgateway', () => {
  const url = (job: string, instance: string, base = 'http://gateway:9091') =>
    toGroupUrl(new URL(base), { job, instance }).href;

  test.each([
    ['vcc', 'uk', 'http://gateway:9091/metrics/job/vcc/instance/uk'],
    ['vcc', 'a/b', 'http://gateway:9091/metrics/job/vcc/instance@base64/YS9i'],
    ['vcc', '', 'http://gateway:9091/metrics/job/vcc/instance@base64/='],
    ['vcc', '..', 'http://gateway:9091/metrics/job/vcc/instance@base64/Li4'],
    ['v c', 'ü?#%', 'http://gateway:9091/metrics/job/v%20c/instance/%C3%BC%3F%23%25'],
  ])('of job %j and instance %j has an address of its own', (job, instance, expected) => {
    expect(url(job, instance)).toBe(expected);
  });

  test('keeps a path before it', () => {
    expect(url('vcc', 'uk', 'http://gateway/push/')).toBe('http://gateway/push/metrics/job/vcc/instance/uk');
  });

  test('is text 0.0.4 with the external labels, without times, up to a line feed', async () => {
    const families = await familiesOf(readingOf([]));
    const body = toGroupBody(families, { env: 'test', account: 'not this' }).toString();
    expect(body.endsWith('\n')).toBe(true);
    expect(body).toContain('vcc_up{env="test",account="test"} 1\n');
    // Labels of the series take precedence. Series about the exporter have no account.
    const ofAccounts = body.split('\n').filter((line) => !line.startsWith('vcc_exporter_'));
    expect(ofAccounts.join('\n')).not.toContain('not this');
    expect(body.split('\n').filter((line) => / \d+ \d+$/.test(line))).toEqual([]);
    expect(body.split('\n')).toHaveLength(textFormat.encode(families).toString().split('\n').length);
  });
});
