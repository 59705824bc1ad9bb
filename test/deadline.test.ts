import { spawnSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import {
  cancelledBy,
  DeadlineError,
  deadlineIn,
  earlier,
  forever,
  before as inTime,
  isCancelled,
  leftMs,
  sinceStart,
  startingNow,
  untilAborted,
  within,
} from '../src/deadline.ts';

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('a deadline', () => {
  test('aborts when it is reached, with the time that it had', async () => {
    const deadline = deadlineIn(20.4);
    expect(leftMs(deadline)).toBeLessThanOrEqual(20);
    await wait(40);
    expect(deadline.signal.reason).toMatchObject({
      code: 'deadline',
      message: 'no complete answer within 20 ms',
    });
    expect(leftMs(deadline)).toBe(0);
  });

  test('is cancelled, or over', async () => {
    const stopping = new AbortController();
    const over = deadlineIn(20);
    const cancelled = deadlineIn(1000, { until: untilAborted(stopping.signal) });
    expect([isCancelled(over), isCancelled(cancelled)]).toEqual([false, false]);
    stopping.abort();
    await wait(40);
    expect([isCancelled(over), isCancelled(cancelled)]).toEqual([false, true]);
  });

  test('may be shared by many accounts: Node.js does not warn of their listeners', () => {
    // In a separate process, since Jest has its own signals.
    const program = `import { before, deadlineIn, untilAborted, within } from './src/deadline.ts';
      const stop = untilAborted(new AbortController().signal);
      for (const deadline of [deadlineIn(1000), stop]) {
        for (let at = 0; at < 20; at++) before(new Promise(() => {}), deadline);
      }
      for (let at = 0; at < 20; at++) within(stop, 1000);`;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('may be over already', async () => {
    await expect(inTime(new Promise(() => {}), deadlineIn(-5))).rejects.toMatchObject({ code: 'deadline' });
    const reason = new Error('stopped');
    const stopped = untilAborted(AbortSignal.abort(reason));
    await expect(inTime(new Promise(() => {}), stopped)).rejects.toBe(reason);
  });

  // A timer treats a time above its limit as 1 ms.
  test.each([1000, 2 ** 31, 1e12])('does not abort before it is reached: %d ms', async (ms) => {
    const deadline = deadlineIn(ms);
    await wait(30);
    expect(deadline.signal.aborted).toBe(false);
    expect(leftMs(deadline)).toBeGreaterThan(ms * 0.9 - 100);
  });

  test('is that of a part of the work, if that is sooner', () => {
    const whole = deadlineIn(1000);
    expect(leftMs(within(whole, 100))).toBeLessThanOrEqual(100);
    expect(within(whole, 5000).atMs).toBe(whole.atMs);
    expect(earlier(whole, 300).atMs).toBe(whole.atMs - 300);
    // At least half of the time remains for the work.
    expect(leftMs(earlier(whole, 900))).toBeGreaterThan(480);
  });

  test('reports how much time the part had', async () => {
    const whole = deadlineIn(60_000);
    const parts = [within(whole, 20), sinceStart(whole, 25), earlier(deadlineIn(60), 30)];
    await wait(60);
    expect(parts.map(({ signal }) => signal.reason.message)).toEqual([
      'no complete answer within 20 ms',
      'no complete answer within 25 ms',
      expect.stringMatching(/^no complete answer within 3\d ms$/),
    ]);
  });

  test('is that of the whole when both are at the same time', () => {
    const whole = deadlineIn(1000);
    expect(sinceStart({ ...whole, startMs: 0 }, whole.atMs).signal).toBe(whole.signal);
  });

  test('counts a limit from its start, and from now for a new piece of work', async () => {
    const deadline = deadlineIn(60_000);
    await wait(50);
    expect(leftMs(sinceStart(deadline, 1000))).toBeLessThanOrEqual(950);
    expect(leftMs(sinceStart(startingNow(deadline), 1000))).toBeGreaterThan(980);
    expect(sinceStart(deadline, 100_000).atMs).toBe(deadline.atMs);
  });

  test('passes a cancellation on to all parts of the work', () => {
    const [stop, also] = [new AbortController(), new AbortController()];
    const root = deadlineIn(1000, { until: untilAborted(stop.signal) });
    const parts = [within(root, 500), cancelledBy(within(root, 500), also.signal)];
    const reason = new Error('stopped');
    stop.abort(reason);
    expect(parts.map(({ signal }) => signal.reason)).toEqual([reason, reason]);
    expect(deadlineIn(5, { until: root }).signal.reason).toBe(reason);
  });

  test('that ends cancels its pending work, and leaves nothing behind', () => {
    const known = listeners(forever.signal);
    const root = deadlineIn(60_000);
    const part = earlier(within(root, 50_000), 500);
    expect(listeners(forever.signal)).toBe(known + 1);
    root.end();
    expect(part.signal.reason).toMatchObject({ message: 'the work is done' });
    expect([listeners(forever.signal), listeners(root.signal), listeners(part.signal)]).toEqual([
      known,
      0,
      0,
    ]);
  });
});

test('the error of a deadline may have a cause', () => {
  const cause = new Error('slow');
  expect(new DeadlineError('late', cause).cause).toBe(cause);
});

describe('waiting before a deadline', () => {
  test('settles like the promise, in time', async () => {
    expect(await inTime(Promise.resolve(1), deadlineIn(1000))).toBe(1);
    await expect(inTime(Promise.reject(new Error('no')), deadlineIn(1000))).rejects.toThrow('no');
  });

  test('does not wait longer, however the promise settles later', async () => {
    const late = wait(50).then(() => {
      throw new Error('too late to matter');
    });
    await expect(inTime(late, deadlineIn(10))).rejects.toMatchObject({ code: 'deadline' });
    await wait(60);
  });

  test('leaves no listener behind', async () => {
    const deadline = deadlineIn(1000);
    await inTime(Promise.resolve(1), deadline);
    await wait(0);
    expect(listeners(deadline.signal)).toBe(0);
    const hopeless = inTime(new Promise(() => {}), deadline);
    deadline.end();
    await expect(hopeless).rejects.toThrow('the work is done');
    expect(listeners(deadline.signal)).toBe(0);
  });
});
