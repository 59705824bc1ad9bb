import { describe, expect, test } from '@jest/globals';
import { NetworkError } from '../../src/http/errors.ts';
import { type Carry, emptyLine, type Outcome } from '../../src/push/carry.ts';
import { PushError } from '../../src/push/errors.ts';
import { createMemoryLine } from '../../src/push/line.ts';
import type { Parcel } from '../../src/push/parcel.ts';
import { fakeTiming } from '../support/timing.ts';

const parcel = (timestampMs: number, part = 0): Parcel => ({
  account: 'uk',
  destination: 'acme',
  format: 'remote-write-1',
  timestampMs,
  part,
  samples: 3,
  body: Buffer.from([1]),
});
const passing = new PushError('busy', { retryable: true, status: 503 });
const final = new PushError('no', { status: 400 });

/** Empties a line of three parcels; `answers` are what the attempts meet. */
async function empty(
  answers: readonly (Error | 'ok')[],
  more: { deadlineMs?: number; retries?: number } = {},
) {
  const line = createMemoryLine(true);
  await line.add([parcel(1), parcel(2), parcel(3)]);
  const timing = fakeTiming(0);
  const seen: number[] = [];
  const outcomes: string[] = [];
  const carry: Carry = async ({ timestampMs }) => {
    const answer = answers[seen.length] ?? 'ok';
    seen.push(timestampMs);
    if (answer !== 'ok') throw answer;
  };
  const retry = { retries: more.retries ?? 3, baseDelayMs: 1000, maxDelayMs: 4000 };
  const onOutcome = (outcome: Outcome) => {
    outcomes.push(`${outcome.kind} ${outcome.parcel.timestampMs}`);
  };
  const signal = new AbortController().signal;
  await emptyLine(line, carry, { retry, timing, onOutcome }, signal, more.deadlineMs ?? 1e9);
  return { seen, outcomes, delays: timing.delays, left: line.clear!().map(({ timestampMs }) => timestampMs) };
}

describe('emptyLine', () => {
  test('brings all parcels in their order', async () => {
    expect(await empty([])).toEqual({
      seen: [1, 2, 3],
      outcomes: ['delivered 1', 'delivered 2', 'delivered 3'],
      delays: [],
      left: [],
    });
  });

  test('repeats what may pass, with growing waits, and lets nothing overtake it', async () => {
    const { seen, delays, left } = await empty(['ok', passing, passing, passing]);
    expect(seen).toEqual([1, 2, 2, 2, 2, 3]);
    expect(delays).toEqual([500, 1000, 2000]);
    expect(left).toEqual([]);
  });

  test('waits as long as Retry-After says, at least', async () => {
    const busy = new PushError('busy', { retryable: true, retryAfterMs: 30_000 });
    expect((await empty([busy])).delays).toEqual([30_500]);
  });

  test('leaves a rejected parcel behind and goes on', async () => {
    const { seen, outcomes, left } = await empty(['ok', final]);
    expect([seen, left]).toEqual([[1, 2, 3], []]);
    expect(outcomes).toEqual(['delivered 1', 'rejected 2', 'delivered 3']);
  });

  test('stops after the last repeat and keeps the parcel and all behind it', async () => {
    const { seen, left } = await empty([passing, passing, passing], { retries: 2 });
    expect([seen, left]).toEqual([
      [1, 1, 1],
      [1, 2, 3],
    ]);
  });

  test('begins no wait that would not end before the deadline', async () => {
    const { seen, delays, left } = await empty([passing], { deadlineMs: 500 });
    expect([seen, delays, left]).toEqual([[1], [], [1, 2, 3]]);
  });

  test('takes a failure of the network for one that may pass, in its own words', async () => {
    const { seen, outcomes } = await empty([new NetworkError('POST http://x/: connection refused')]);
    expect(seen).toEqual([1, 1, 2, 3]);
    expect(outcomes[0]).toBe('failed 1');
  });

  test('gives up nothing for a bug', async () => {
    expect((await empty([new TypeError('secret')], { retries: 0 })).left).toEqual([1, 2, 3]);
  });

  test('says of each attempt how long it took, and stops when it is told to', async () => {
    const line = createMemoryLine(true);
    await line.add([parcel(1)]);
    const outcomes: Outcome[] = [];
    const options = {
      retry: { retries: 9, baseDelayMs: 1, maxDelayMs: 1 },
      timing: fakeTiming(),
      onOutcome: (each: Outcome) => outcomes.push(each),
    };
    await emptyLine(line, async () => {}, options, AbortSignal.abort(new Error('stop')), 1e15);
    expect(outcomes).toMatchObject([
      { kind: 'failed', error: { message: 'not delivered in the time that there was' } },
    ]);
    expect(line.clear!()).toHaveLength(1);
  });
});

describe('a line in memory', () => {
  test('holds only the newest scrape where samples do not last', async () => {
    const line = createMemoryLine(false);
    await line.add([parcel(1), parcel(1, 1)]);
    const held = await line.first();
    await line.add([parcel(2)]);
    await held!.done();
    expect(line.clear!().map(({ timestampMs }) => timestampMs)).toEqual([2]);
  });
});
