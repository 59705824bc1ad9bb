import { describe, expect, test } from '@jest/globals';
import { type CacheOptions, createCached } from '../src/cached.ts';
import { deadlineIn, forever, leftMs } from '../src/deadline.ts';
import { soon } from './support/deadline.ts';
import { fakeTiming } from './support/timing.ts';

/** A cache of numbers: new for 100 ms, usable for 1000 ms. */
function start(more: Partial<CacheOptions<number>> = {}) {
  const timing = fakeTiming();
  const failures: [unknown, boolean][] = [];
  const cached = createCached<number>({
    clocks: timing,
    until: forever,
    fetchMs: 5000,
    refreshMs: 0,
    lifeOf: () => ({ freshMs: 100, usableMs: 1000 }),
    onFailure(error, refreshing) {
      failures.push([error, refreshing]);
      return 50;
    },
    ...more,
  });
  let fetches = 0;
  const fetch = async () => ++fetches;
  return { cached, timing, failures, fetch, fetches: () => fetches };
}
const settle = () => new Promise(setImmediate);

describe('a cached value', () => {
  test('is fetched once for all who need it at the same time', async () => {
    const { cached, fetch, fetches } = start();
    expect(await Promise.all([1, 2, 3].map(() => cached.get(soon(), fetch)))).toEqual([1, 1, 1]);
    expect(fetches()).toBe(1);
  });

  test('is used while a newer one is fetched', async () => {
    const { cached, timing, fetch } = start();
    await cached.get(soon(), fetch);
    timing.pass(100);
    expect(await cached.get(soon(), fetch)).toBe(1);
    await settle();
    expect(await cached.get(soon(), fetch)).toBe(2);
  });

  test('is waited for a while, where a wait is set', async () => {
    const { cached, timing, fetch } = start({ refreshMs: 1000 });
    await cached.get(soon(), fetch);
    timing.pass(100);
    expect(await cached.get(soon(), fetch)).toBe(2);
    timing.pass(100);
    // At most half of the time, so that the older value is still usable.
    const deadline = deadlineIn(200);
    expect(await cached.get(deadline, () => new Promise(() => {}))).toBe(2);
    expect(leftMs(deadline)).toBeGreaterThan(50);
  });

  test('is fetched again for a caller with time left when a shared fetch times out', async () => {
    const { cached } = start({ fetchMs: 60, onFailure: () => 0 });
    const first = cached.get(deadlineIn(20), () => new Promise(() => {}));
    await expect(first).rejects.toMatchObject({ code: 'deadline' });
    expect(await cached.get(soon(), async () => 7)).toBe(7);
  });

  test('names what took too long', async () => {
    const { cached, failures } = start({ fetchMs: 20, toReason: () => new Error('the roster was late') });
    await expect(cached.get(soon(), () => new Promise(() => {}))).rejects.toThrow('the roster was late');
    expect(failures).toMatchObject([[{ message: 'the roster was late' }, false]]);
  });

  test('is not used past its life', async () => {
    const { cached, timing, fetch } = start();
    await cached.get(soon(), fetch);
    timing.pass(1000);
    expect(await cached.get(soon(), fetch)).toBe(2);
  });

  test('takes its age from the clock that shows more', async () => {
    const { cached, timing, fetch } = start();
    await cached.get(soon(), fetch);
    timing.monotonicMs += 1000;
    timing.nowMs -= 3_600_000;
    expect(await cached.get(soon(), fetch)).toBe(2);
    timing.nowMs += 1000;
    expect(await cached.get(soon(), fetch)).toBe(3);
  });

  test('that cannot be fetched is not fetched again at once, and the failure stays', async () => {
    const { cached, timing, failures, fetch } = start();
    const error = new Error('no');
    const fail = () => Promise.reject(error);
    await expect(cached.get(soon(), fail)).rejects.toBe(error);
    await expect(cached.get(soon(), fetch)).rejects.toBe(error);
    timing.pass(50);
    expect(await cached.get(soon(), fetch)).toBe(1);
    expect(failures).toEqual([[error, false]]);
  });

  test('that cannot be refreshed is used on, and the failure is reported', async () => {
    const { cached, timing, failures, fetch } = start();
    await cached.get(soon(), fetch);
    timing.pass(100);
    const error = new Error('no');
    expect(await cached.get(soon(), () => Promise.reject(error))).toBe(1);
    await settle();
    expect(await cached.get(soon(), fetch)).toBe(1);
    expect(failures).toEqual([[error, true]]);
  });

  test('is fetched before its own deadline, even if the work below never ends', async () => {
    const { cached, fetch, failures } = start({ fetchMs: 30, onFailure: () => 0 });
    await expect(cached.get(soon(), () => new Promise(() => {}))).rejects.toMatchObject({ code: 'deadline' });
    expect(await cached.get(soon(), fetch)).toBe(1);
    expect(failures).toEqual([]);
  });

  test('can be renewed, unless another caller has done so already', async () => {
    const { cached, fetch, fetches } = start();
    const old = await cached.get(soon(), fetch);
    expect(await Promise.all([cached.renew(old, soon(), fetch), cached.renew(old, soon(), fetch)])).toEqual([
      2, 2,
    ]);
    expect(await cached.renew(old, soon(), fetch)).toBe(2);
    expect(fetches()).toBe(2);
  });
});
