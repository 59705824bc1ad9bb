import { describe, expect, test } from '@jest/globals';
import type { Collect } from '../src/collect.ts';
import { shareReads } from '../src/collect.ts';
import { deadlineIn } from '../src/deadline.ts';
import { HttpStatusError, NetworkError } from '../src/http/errors.ts';
import type { Trip } from '../src/http/fetch.ts';
import type { Snapshot } from '../src/snapshot/page.ts';
import { systemTiming } from '../src/timing.ts';
import { snapshotOf } from './support/agents.ts';
import { isGone } from './support/garbage.ts';
import { fakeTiming } from './support/timing.ts';

/** No connection closes. */
const open = new AbortController().signal;
const snapshot = snapshotOf([]);

/** A collect that ends when the test ends it, or with its signal. */
function controlled() {
  const begun: { trip: Trip; finish: () => void; fail: (error: Error) => void }[] = [];
  const collect: Collect = (trip) =>
    new Promise((resolve, reject) => {
      begun.push({ trip, finish: () => resolve(snapshot), fail: reject });
      trip.deadline.signal.addEventListener('abort', () => reject(trip.deadline.signal.reason));
    });
  return { begun, collect };
}

describe('shared reads', () => {
  test('are shared by overlapping scrapes', async () => {
    const { begun, collect } = controlled();
    const read = shareReads(collect, 0, systemTiming, open);
    const both = [read(deadlineIn(1000)), read(deadlineIn(1000))];
    begun[0]!.finish();
    expect(await Promise.all(both)).toMatchObject([{ result: { snapshot } }, { result: { snapshot } }]);
    expect(begun).toHaveLength(1);
  });

  test('are not kept without a cache', async () => {
    const { begun, collect } = controlled();
    const read = shareReads(collect, 0, systemTiming, open);
    for (const turn of [0, 1]) {
      const reading = read(deadlineIn(1000));
      begun[turn]!.finish();
      expect((await reading).cached).toBe(false);
    }
  });

  test('turn a failure into an outcome', async () => {
    const { begun, collect } = controlled();
    const reading = shareReads(collect, 0, systemTiming, open)(deadlineIn(1000));
    const error = new NetworkError('cut');
    begun[0]!.fail(error);
    expect((await reading).result).toEqual({ error });
  });

  test('are aborted at the deadline of the scrape that began them', async () => {
    const { begun, collect } = controlled();
    const outcome = await shareReads(collect, 0, systemTiming, open)(deadlineIn(50));
    expect(outcome.result).toMatchObject({
      error: { code: 'deadline', message: 'no complete answer within 50 ms' },
    });
    expect(begun[0]!.trip.deadline.signal.aborted).toBe(true);
  });

  test('are left early by a scrape with less time, and continue for the other', async () => {
    const { begun, collect } = controlled();
    const read = shareReads(collect, 0, systemTiming, open);
    const patient = read(deadlineIn(5000));
    expect((await read(deadlineIn(30))).result).toMatchObject({ error: { code: 'deadline' } });
    begun[0]!.finish();
    expect((await patient).result).toEqual({ snapshot });
  });

  test('begin anew for a scrape with time left when the shared one timed out', async () => {
    const { begun, collect } = controlled();
    const read = shareReads(collect, 0, systemTiming, open);
    const hasty = read(deadlineIn(30));
    const patient = read(deadlineIn(5000));
    expect((await hasty).result).toMatchObject({ error: { code: 'deadline' } });
    while (begun.length < 2) await new Promise(setImmediate);
    begun[1]!.finish();
    expect((await patient).result).toEqual({ snapshot });
  });

  test('begin anew also when the shared one skipped a retry for lack of time', async () => {
    const { begun, collect } = controlled();
    const read = shareReads(collect, 0, systemTiming, open);
    const hasty = read(deadlineIn(1000));
    const patient = read(deadlineIn(5000));
    begun[0]!.trip.traffic.requests = 3;
    begun[0]!.fail(new NetworkError('cut'));
    expect((await hasty).result).toMatchObject({ error: { code: 'network' } });
    while (begun.length < 2) await new Promise(setImmediate);
    begun[1]!.trip.traffic.requests += 2;
    begun[1]!.finish();
    expect(await patient).toMatchObject({ result: { snapshot }, traffic: { requests: 5 } });
  });

  test('do not begin anew after a 429, which would spend the missing budget', async () => {
    const { begun, collect } = controlled();
    const read = shareReads(collect, 0, systemTiming, open);
    const both = [read(deadlineIn(1000)), read(deadlineIn(5000))];
    begun[0]!.fail(new HttpStatusError('answered 429', 429));
    for (const { result } of await Promise.all(both)) {
      expect(result).toMatchObject({ error: { code: 'throttled' } });
    }
    expect(begun).toHaveLength(1);
  });

  test('end by their deadline even if nothing below them ever settles', async () => {
    const read = shareReads(() => new Promise(() => {}), 0, systemTiming, open);
    for (let turn = 0; turn < 2; turn++) {
      expect((await read(deadlineIn(20))).result).toMatchObject({ error: { code: 'deadline' } });
    }
  });

  test('end at once when the exporter is stopped', async () => {
    const { collect } = controlled();
    const closing = new AbortController();
    const reading = shareReads(collect, 0, systemTiming, closing.signal)(deadlineIn(60_000));
    const reason = new Error('stopped');
    closing.abort(reason);
    expect((await reading).result).toEqual({ error: reason });
  });

  test('serve a snapshot again while the cache lasts, and never a failure', async () => {
    const { begun, collect } = controlled();
    const timing = fakeTiming();
    const read = shareReads(collect, 5000, timing, open);
    const failing = read(deadlineIn(1000));
    begun[0]!.fail(new NetworkError('cut'));
    await failing;
    const reading = read(deadlineIn(1000));
    begun[1]!.finish();
    expect((await reading).cached).toBe(false);
    timing.pass(4999);
    expect(await read(deadlineIn(1000))).toMatchObject({ result: { snapshot }, cached: true });
    timing.pass(1);
    const anew = read(deadlineIn(1000));
    begun[2]!.finish();
    expect((await anew).cached).toBe(false);
    timing.pass(5000);
    timing.nowMs -= 3_600_000;
    const afterClockChange = read(deadlineIn(1000));
    begun[3]!.finish();
    expect((await afterClockChange).cached).toBe(false);
  });

  test.each([
    ['none with VCC_CACHE_TTL=0', 0, 0],
    ['none after VCC_CACHE_TTL', 30, 60],
  ])('keep no snapshot in memory: %s', async (_, ttlMs, waitMs) => {
    const read = shareReads(async () => ({ ...snapshot, agents: [] }), ttlMs, systemTiming, open);
    const served = async () => {
      const { result } = await read(deadlineIn(1000));
      return new WeakRef((result as { snapshot: Snapshot }).snapshot);
    };
    const reference = await served();
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    expect(await isGone(reference)).toBe(true);
  });
});
