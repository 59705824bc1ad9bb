import { describe, expect, test } from '@jest/globals';
import { ExporterError } from '../src/errors.ts';
import { holdOff } from '../src/hold-off.ts';
import { HttpStatusError, NetworkError } from '../src/http/errors.ts';
import type { Snapshot } from '../src/snapshot/page.ts';
import { AuthError } from '../src/vcc/errors.ts';
import { newTrip } from './support/account.ts';
import { snapshotOf } from './support/agents.ts';
import { fakeTiming } from './support/timing.ts';

const snapshot = snapshotOf([]);

/** An account that answers as `now` says, and the number of its requests. */
function account(first: Error | Snapshot) {
  const its = { now: first, asked: 0 };
  const timing = fakeTiming();
  const collect = holdOff(async () => {
    its.asked++;
    if (its.now instanceof Error) throw its.now;
    return its.now;
  }, timing);
  return { its, timing, read: () => collect(newTrip()) };
}

const rejected = new AuthError('credentials_rejected', 'not accepted');

describe('hold-off', () => {
  test.each([429, 503])(
    'sends no request to a host until the Retry-After of its %i is over',
    async (status) => {
      const { its, timing, read } = account(new HttpStatusError(`answered ${status}`, status, 30_000));
      await expect(read()).rejects.toThrow(`answered ${status}`);
      for (let second = 0; second < 6; second++) {
        timing.pass(1000);
        await expect(read()).rejects.toMatchObject({
          code: status === 429 ? 'throttled' : 'http_status',
          retryable: false,
          name: 'HttpStatusError',
          cause: its.now,
          message: `answered ${status}; the next request is sent in ${29 - second} s`,
        });
      }
      expect(its.asked).toBe(1);
      its.now = snapshot;
      timing.pass(24_000);
      expect(await read()).toBe(snapshot);
      expect(its.asked).toBe(2);
    },
  );

  test.each([
    ['a 429 without Retry-After', new HttpStatusError('answered 429', 429)],
    ['an outage', new NetworkError('cut')],
    ['a 503', new HttpStatusError('answered 503', 503)],
    ['an answer without a request', new HttpStatusError('answered 101', 101)],
    ['a bug', new TypeError('bug')],
  ])('does not wait after %s', async (_, error) => {
    const { its, read } = account(error);
    await expect(read()).rejects.toBe(error);
    await expect(read()).rejects.toBe(error);
    expect(its.asked).toBe(2);
  });

  const explained = (status: number, retryAfterMs?: number) =>
    new HttpStatusError(`answered ${status}`, status, retryAfterMs);
  test.each([
    [
      'a token endpoint that is none',
      new ExporterError('http_status', 'probably not a token endpoint', { cause: explained(404) }),
      10,
    ],
    ['a refusal with Retry-After', new AuthError('forbidden', 'no scope', explained(403, 90_000)), 90],
  ])('waits after %s, although another error explains the answer', async (_, error, seconds) => {
    const { its, timing, read } = account(error);
    await expect(read()).rejects.toBe(error);
    timing.pass(seconds * 1000 - 1);
    await expect(read()).rejects.toThrow('the next request is sent in 1 s');
    timing.pass(1);
    await expect(read()).rejects.toBe(error);
    expect(its.asked).toBe(2);
  });
  test.each(['credentials_rejected', 'unauthorized', 'forbidden'] as const)(
    'pauses after %s',
    async (code) => {
      const { its, read } = account(new AuthError(code, 'not accepted'));
      await expect(read()).rejects.toThrow('not accepted');
      await expect(read()).rejects.toMatchObject({
        code,
        message: 'not accepted; the next request is sent in 10 s',
      });
      expect(its.asked).toBe(1);
    },
  );

  test('waits longer after each rejection of the credentials, at most a minute', async () => {
    const { its, timing, read } = account(rejected);
    const pauses: number[] = [];
    for (let turn = 1; turn <= 7; turn++) {
      await expect(read()).rejects.toBe(rejected);
      let seconds = 0;
      for (const { asked } = its; its.asked === asked; seconds++) {
        timing.pass(1000);
        await expect(read()).rejects.toThrow('not accepted');
      }
      pauses.push(seconds);
      // The loop has sent one more request. Let that pause pass too.
      timing.pass(60_000);
    }
    expect(pauses[0]).toBe(10);
    expect(pauses.at(-1)).toBe(60);
  });

  test.each([400, 404, 413, 431])(
    'pauses after a %i too, which the same request would get again',
    async (status) => {
      const { its, timing, read } = account(new HttpStatusError(`answered ${status}`, status));
      await expect(read()).rejects.toThrow(`answered ${status}`);
      await expect(read()).rejects.toThrow('the next request is sent in 10 s');
      timing.pass(10_000);
      await expect(read()).rejects.toThrow(`answered ${status}`);
      expect(its.asked).toBe(2);
    },
  );

  test('begins with a short pause again once the credentials were accepted', async () => {
    const { its, timing, read } = account(rejected);
    for (let turn = 0; turn < 4; turn++) {
      await expect(read()).rejects.toThrow();
      timing.pass(60_000);
    }
    its.now = snapshot;
    await read();
    its.now = rejected;
    await expect(read()).rejects.toThrow();
    timing.pass(10_000);
    its.now = snapshot;
    expect(await read()).toBe(snapshot);
  });
});
