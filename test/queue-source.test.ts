import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import { DeadlineError, deadlineIn, untilAborted } from '../src/deadline.ts';
import { ExporterError } from '../src/errors.ts';
import { HttpStatusError, NetworkError } from '../src/http/errors.ts';
import type { Trip } from '../src/http/fetch.ts';
import { createRestraint, createSource, type SourceOptions } from '../src/queue-source.ts';
import { soon } from './support/deadline.ts';
import { fakeTiming } from './support/timing.ts';

const closings: AbortController[] = [];
afterEach(() => {
  for (const closing of closings.splice(0)) closing.abort(new DeadlineError('the exporter is stopping'));
});

type Answer = string | Error | Promise<string>;

/** A source that reads what `next` is, and how often it did. */
function open(first: Answer, more: Partial<SourceOptions> = {}) {
  const timing = fakeTiming();
  const closing = new AbortController();
  closings.push(closing);
  const its = { next: first, reads: 0, retries: [] as number[], trips: [] as Trip[] };
  const restraint = createRestraint(timing);
  const source = createSource(
    async (trip) => {
      its.reads++;
      its.trips.push(trip);
      trip.traffic.requests++;
      const answer = its.next;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    {
      clocks: timing,
      until: untilAborted(closing.signal),
      readMs: 60_000,
      waitMs: 1000,
      freshMs: 10_000,
      usableMs: 30_000,
      keeps: false,
      restraint,
      onFailure: (_, retryMs) => its.retries.push(retryMs),
      ...more,
    },
  );
  const agents = Promise.resolve();
  return {
    its,
    timing,
    closing,
    restraint,
    source,
    get: (of: Promise<unknown> = agents) => source.get(of, soon()),
  };
}

const never = () => new Promise<string>(() => {});
const failed = new NetworkError('cut');

describe('a source', () => {
  test('reads nothing before it is needed, and once while its value is fresh', async () => {
    const { its, timing, get } = open('a');
    expect(its.reads).toBe(0);
    const first = await get();
    expect(first).toEqual({ value: 'a', error: undefined, requests: 1 });
    its.next = 'b';
    timing.pass(9_999);
    expect(await get()).toBe(first);
    timing.pass(1);
    expect(await get()).toMatchObject({ value: 'b' });
    expect(its.reads).toBe(2);
  });

  test('shares a read between scrapes at the same time', async () => {
    const { its, get } = open('a', { freshMs: 0 });
    const [first, second] = await Promise.all([get(), get()]);
    expect(first).toBe(second);
    expect(its.reads).toBe(1);
  });

  test('waits for a read until the agents are there, and a second longer', async () => {
    let answer = (_: string) => {};
    const slow = new Promise<string>((resolve) => {
      answer = resolve;
    });
    const { get } = open(slow);
    let agentsAreThere = () => {};
    const agents = new Promise<void>((resolve) => {
      agentsAreThere = resolve;
    });
    const outcome = get(agents);
    setTimeout(agentsAreThere, 1200);
    setTimeout(() => answer('late'), 1700);
    expect(await outcome).toMatchObject({ value: 'late' });
  });

  test.each([
    ['are there', () => Promise.resolve()],
    ['failed', () => Promise.reject(new Error('agents'))],
  ])('gives up a second after the agents %s, says so, and reads on', async (_, agents) => {
    let answer = (_: string) => {};
    const { its, timing, get } = open(
      new Promise<string>((resolve) => {
        answer = resolve;
      }),
    );
    const startMs = performance.now();
    const outcome = await get(agents());
    expect(performance.now() - startMs).toBeGreaterThan(900);
    expect(performance.now() - startMs).toBeLessThan(2000);
    expect(outcome).toMatchObject({
      value: undefined,
      error: { code: 'deadline', message: 'no complete answer within 1000 ms after the agents' },
      requests: 0,
    });
    expect(its.trips[0]!.deadline.signal.aborted).toBe(false);
    // A read that hangs costs later scrapes nothing.
    timing.pass(2000);
    const laterMs = performance.now();
    expect(await get()).toMatchObject({ value: undefined, error: { code: 'deadline' } });
    expect(performance.now() - laterMs).toBeLessThan(900);
    answer('late');
    await new Promise((resolve) => setImmediate(resolve));
    expect(await get()).toEqual({ value: 'late', error: undefined, requests: 1 });
    expect(its.reads).toBe(1);
  });

  test.each([
    [999, 'late'],
    [1000, undefined],
    [59_999, undefined],
    // A read whose time is over makes way for another one.
    [60_000, 'late'],
  ])('waits for a read that has run for %i of 60,000 ms: %p', async (ms, value) => {
    const { its, timing, get } = open('a', { usableMs: 0 });
    await get();
    its.next = new Promise((resolve) => setTimeout(resolve, 300, 'late'));
    timing.pass(10_000);
    void get();
    await new Promise((resolve) => setImmediate(resolve));
    timing.pass(ms);
    expect(await get()).toMatchObject({ value });
  });

  test('waits for the next read too, however long ago the last one was', async () => {
    const { its, timing, get } = open('a');
    await get();
    its.next = new Promise((resolve) => setTimeout(resolve, 100, 'b'));
    timing.pass(10_000);
    expect(await get()).toMatchObject({ value: 'b' });
  });

  test('leaves no listener on the deadline of a scrape', async () => {
    const { source } = open('a');
    const deadline = soon();
    await source.get(Promise.resolve(), deadline);
    expect(getEventListeners(deadline.signal, 'abort')).toEqual([]);
    deadline.end();
  });

  test('ends with the scrape, also while the agents are not there', async () => {
    const { source } = open(never());
    const outcome = await source.get(never(), deadlineIn(100));
    expect(outcome).toMatchObject({ value: undefined, error: { code: 'deadline' } });
  });

  test.each([
    [29_999, 'a', undefined],
    [30_000, undefined, 'deadline'],
  ])('uses its last value while a read hangs: after %i ms %p', async (ms, value, code) => {
    const { its, timing, get } = open('a');
    await get();
    its.next = never();
    timing.pass(10_000);
    void get();
    await new Promise((resolve) => setImmediate(resolve));
    timing.pass(ms - 10_000);
    const outcome = await get();
    expect(outcome.value).toBe(value);
    expect((outcome.error as ExporterError | undefined)?.code).toBe(code as never);
  });

  test('has no value after a failure, and none of an earlier time', async () => {
    const { its, timing, get } = open('a');
    await get();
    its.next = failed;
    timing.pass(10_000);
    expect(await get()).toEqual({ value: undefined, error: failed, requests: 1 });
    its.next = 'b';
    expect(await get()).toMatchObject({ value: 'b', error: undefined });
  });

  test('has no value from before a failure while the next read takes long', async () => {
    const { its, timing, get } = open('a', { waitMs: 20 });
    await get();
    its.next = failed;
    timing.pass(10_000);
    await get();
    its.next = never();
    expect(await get()).toMatchObject({ value: undefined, error: { code: 'deadline' }, requests: 0 });
  });

  test('that hangs after a failure does not give the failure as the reason', async () => {
    const { its, get } = open(failed, { waitMs: 20 });
    await get();
    its.next = never();
    expect(await get()).toMatchObject({ value: undefined, error: { code: 'deadline' }, requests: 0 });
  });

  test('that keeps its value has none before the first success', async () => {
    const { restraint, get } = open(failed, { keeps: true });
    expect(await get()).toEqual({ value: undefined, error: failed, requests: 1 });
    restraint.note(new HttpStatusError('answered 429', 429));
    expect(await get()).toMatchObject({ value: undefined, error: { code: 'throttled' }, requests: 0 });
  });

  test('that keeps its value has it after any failure, with the reason', async () => {
    const { its, timing, get } = open('a', { keeps: true, usableMs: Number.POSITIVE_INFINITY });
    await get();
    its.next = failed;
    timing.pass(1e9);
    expect(await get()).toEqual({ value: 'a', error: failed, requests: 1 });
    expect(await get()).toEqual({ value: 'a', error: failed, requests: 1 });
  });

  test('pauses after the second failure in a row, up to 5 minutes, and meanwhile gives the reason', async () => {
    const { its, timing, get } = open(failed);
    for (let turn = 0; turn < 8; turn++) {
      expect(await get()).toEqual({ value: undefined, error: failed, requests: 1 });
      const pauseMs = its.retries.at(-1)!;
      if (pauseMs > 0) {
        timing.pass(pauseMs - 1);
        expect(await get()).toEqual({ value: undefined, error: failed, requests: 1 });
        timing.pass(1);
      }
      expect(its.reads).toBe(turn + 1);
    }
    expect(its.retries).toEqual([0, 15_000, 30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
    its.next = 'a';
    await get();
    its.next = failed;
    timing.pass(10_000);
    await get();
    expect(its.retries.at(-1)).toBe(0);
  });

  test('waits for as long as Retry-After says', async () => {
    const { its, timing, get } = open(new HttpStatusError('answered 503', 503, 40_000));
    await get();
    timing.pass(39_999);
    await get();
    expect(its.reads).toBe(1);
    timing.pass(1);
    await get();
    expect(its.reads).toBe(2);
  });

  test('fails when a read takes longer than it may', async () => {
    const { its, get } = open(never(), { readMs: 100 });
    expect(await get()).toMatchObject({ value: undefined, error: { code: 'deadline' }, requests: 1 });
    expect(its.trips[0]!.deadline.signal.aborted).toBe(true);
    expect(its.retries).toEqual([0]);
  });

  test('is no failure of the scrape even if it is a bug', async () => {
    const bug = new TypeError('bug');
    const { get } = open(bug);
    expect(await get()).toEqual({ value: undefined, error: bug, requests: 1 });
  });

  test('ends its read when the account is closed, which is no failure', async () => {
    const { its, closing, get } = open(never());
    const outcome = get(never());
    await new Promise((resolve) => setImmediate(resolve));
    closing.abort(new DeadlineError('the exporter is stopping'));
    expect(await outcome).toMatchObject({ value: undefined, error: { message: 'the exporter is stopping' } });
    expect(its.trips[0]!.deadline.signal.aborted).toBe(true);
    expect(its.retries).toEqual([]);
  });

  test('reads nothing while it is held back, but serves what is fresh', async () => {
    const { its, timing, restraint, get } = open('a');
    const first = await get();
    restraint.note(new HttpStatusError('answered 429', 429));
    timing.pass(9_999);
    expect(await get()).toBe(first);
    timing.pass(1);
    expect(await get()).toMatchObject({ value: undefined, error: { code: 'throttled' }, requests: 0 });
    expect(its.reads).toBe(1);
    timing.pass(50_000);
    expect(await get()).toMatchObject({ value: 'a', error: undefined });
  });
});

describe('restraint', () => {
  const throttled = (retryAfterMs?: number) => new HttpStatusError('answered 429', 429, retryAfterMs);

  test.each([
    ['a 503', new HttpStatusError('answered 503', 503, 60_000)],
    ['a cut', failed],
    ['a bug', new TypeError('bug')],
    ['nothing', undefined],
  ])('does not follow %s', (_, error) => {
    const restraint = createRestraint(fakeTiming());
    restraint.note(error);
    expect(restraint.reason()).toBeUndefined();
  });

  test('lasts at least a minute, and as long as Retry-After, with the reason', () => {
    for (const [retryAfterMs, pauseMs] of [
      [undefined, 60_000],
      [5_000, 60_000],
      [300_000, 300_000],
    ]) {
      const timing = fakeTiming();
      const restraint = createRestraint(timing);
      restraint.note(throttled(retryAfterMs));
      timing.pass(pauseMs! - 1_500);
      expect(restraint.reason()).toMatchObject({
        code: 'throttled',
        message: 'answered 429; queues are read again in 2 s',
      });
      timing.pass(1_500);
      expect(restraint.reason()).toBeUndefined();
    }
  });

  test('lasts a minute after an error without an answer, which is its cause', () => {
    const error = new ExporterError('throttled', 'a pause');
    const timing = fakeTiming();
    const restraint = createRestraint(timing);
    restraint.note(error);
    timing.pass(59_999);
    expect(restraint.reason()).toMatchObject({ code: 'throttled', cause: error });
    timing.pass(1);
    expect(restraint.reason()).toBeUndefined();
  });

  test.each([
    [120_000, 120_000],
    [120_001, 60_000],
  ])('%i ms after a pause of a minute began, the next one takes %i ms', (afterMs, pauseMs) => {
    const timing = fakeTiming();
    const restraint = createRestraint(timing);
    restraint.note(throttled());
    timing.pass(afterMs);
    restraint.note(throttled());
    timing.pass(pauseMs - 1);
    expect(restraint.reason()).toBeDefined();
    timing.pass(1);
    expect(restraint.reason()).toBeUndefined();
  });

  test('is not extended by the failures of scrapes that sent no request', () => {
    const timing = fakeTiming();
    const restraint = createRestraint(timing);
    for (let second = 0; second < 60; second++) {
      restraint.note(throttled());
      timing.pass(1000);
    }
    expect(restraint.reason()).toBeUndefined();
  });

  test('doubles with each further 429, and starts again after a pause without', () => {
    const timing = fakeTiming();
    const restraint = createRestraint(timing);
    const pause = () => {
      restraint.note(throttled());
      let seconds = 0;
      for (; restraint.reason(); seconds++) timing.pass(1000);
      return seconds;
    };
    expect(Array.from({ length: 6 }, pause)).toEqual([60, 120, 240, 480, 900, 900]);
    timing.pass(901_000);
    expect(pause()).toBe(60);
  });
});
