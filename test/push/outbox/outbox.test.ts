import { describe, expect, test } from '@jest/globals';
import { deadlineIn, untilAborted } from '../../../src/deadline.ts';
import { NetworkError } from '../../../src/http/errors.ts';
import { PushError } from '../../../src/push/errors.ts';
import { type Outcome, sendAll } from '../../../src/push/outbox/outbox.ts';
import { type Batch, createMemoryQueue, type Deliver } from '../../../src/push/queue.ts';
import { fakeTiming } from '../../support/timing.ts';

const batch = (timestampMs: number, part = 0): Batch => ({
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

/** Sends a queue of three batches; `answers` are what the attempts get. */
async function empty(
  answers: readonly (Error | 'ok')[],
  more: { deadlineMs?: number; retries?: number } = {},
) {
  const queue = createMemoryQueue(true);
  await queue.add([batch(1), batch(2), batch(3)]);
  const timing = fakeTiming(0);
  const seen: number[] = [];
  const outcomes: string[] = [];
  const deliver: Deliver = async ({ timestampMs }) => {
    const answer = answers[seen.length] ?? 'ok';
    seen.push(timestampMs);
    if (answer !== 'ok') throw answer;
  };
  const retry = { retries: more.retries ?? 3, baseDelayMs: 1000, maxDelayMs: 4000 };
  const onOutcome = (outcome: Outcome) => {
    outcomes.push(`${outcome.kind} ${outcome.batch.timestampMs}`);
  };
  await sendAll(queue, { deliver, retry, timing, onOutcome }, deadlineIn(more.deadlineMs ?? 1e9));
  return {
    seen,
    outcomes,
    delays: timing.delays,
    left: queue.clear!().map(({ timestampMs }) => timestampMs),
  };
}

describe('sendAll', () => {
  test('delivers all batches in their order', async () => {
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

  test('leaves a rejected batch behind and goes on', async () => {
    const { seen, outcomes, left } = await empty(['ok', final]);
    expect([seen, left]).toEqual([[1, 2, 3], []]);
    expect(outcomes).toEqual(['delivered 1', 'rejected 2', 'delivered 3']);
  });

  test('stops after the last repeat and keeps the batch and all behind it', async () => {
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
    const queue = createMemoryQueue(true);
    await queue.add([batch(1)]);
    const outcomes: Outcome[] = [];
    const options = {
      deliver: async () => {},
      retry: { retries: 9, baseDelayMs: 1, maxDelayMs: 1 },
      timing: fakeTiming(),
      onOutcome: (each: Outcome) => outcomes.push(each),
    };
    await sendAll(queue, options, untilAborted(AbortSignal.abort(new Error('stop'))));
    expect(outcomes).toMatchObject([{ kind: 'failed', error: { message: 'not delivered in time' } }]);
    expect(queue.clear!()).toHaveLength(1);
  });
});

describe('a queue in memory', () => {
  test('holds only the newest scrape where samples do not last', async () => {
    const queue = createMemoryQueue(false);
    await queue.add([batch(1), batch(1, 1)]);
    const lease = await queue.first();
    await queue.add([batch(2)]);
    await lease!.done();
    expect(queue.clear!().map(({ timestampMs }) => timestampMs)).toEqual([2]);
  });
});
