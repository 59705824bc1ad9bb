import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { DeadlineError, untilAborted } from '../../src/deadline.ts';
import { createBudget } from '../../src/http/budget.ts';
import { HttpStatusError, NetworkError, TooLargeError } from '../../src/http/errors.ts';
import { createFetch } from '../../src/http/fetch.ts';
import { createSend, type HttpResponse, type Send } from '../../src/http/send.ts';
import { systemTiming } from '../../src/timing.ts';
import { newTrip } from '../support/account.ts';
import { startServer } from '../support/server.ts';
import { fakeTiming } from '../support/timing.ts';

const options = {
  retry: { retries: 3, baseDelayMs: 200, maxDelayMs: 5000 },
  requestTimeoutMs: 5000,
  maxBodyBytes: 1000,
};
const request = { method: 'GET' as const, url: new URL('https://api.invalid/stats?page=2'), headers: {} };
const ok: HttpResponse = {
  status: 200,
  headers: {},
  headersAtMs: Date.parse('2026-01-15T10:00:00Z'),
  body: Buffer.from('ok'),
};

/** A fetch over a scripted sender. The last outcome is repeated. */
function scripted(...outcomes: (HttpResponse | Error)[]) {
  const timing = fakeTiming();
  const trip = newTrip(60_000);
  const send: Send = async () => {
    const outcome = outcomes.length > 1 ? outcomes.shift()! : outcomes[0]!;
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  return { fetch: () => createFetch(send, options, timing)(request, trip), timing, trip };
}

const status = (code: number, headers = {}): HttpResponse => ({
  status: code,
  headers,
  headersAtMs: ok.headersAtMs,
  body: Buffer.alloc(0),
});

describe('fetch', () => {
  test.each([408, 500, 502, 503, 504])('repeats after a %i, with full jitter', async (code) => {
    const { fetch, timing, trip } = scripted(status(code), status(code), ok);
    expect(await fetch()).toBe(ok);
    expect(timing.delays).toEqual([100, 200]);
    expect(trip.traffic).toMatchObject({ requests: 3, retries: 2 });
  });

  test('counts a followed redirect as one more request, and not as a retry', async () => {
    const server = await startServer((incoming, response) => {
      if (incoming.url === '/end') response.end('ok');
      else response.writeHead(307, { location: '/end' }).end();
    });
    const send = createSend();
    const trip = newTrip();
    const fetch = createFetch(send, options, systemTiming);
    await fetch({ ...request, url: new URL(`${server.origin}/stats`) }, trip);
    send.close();
    await server.close();
    expect(trip.traffic).toMatchObject({ requests: 2, retries: 0 });
  });

  test('retries after a network error', async () => {
    const { fetch, timing } = scripted(new NetworkError('cut'), ok);
    expect(await fetch()).toBe(ok);
    expect(timing.delays).toEqual([100]);
  });

  test('retries at once, on a new connection and outside the count, when a kept-alive one was stale', async () => {
    const timing = fakeTiming();
    const used: (boolean | undefined)[] = [];
    const send: Send = async (_, { fresh }) => {
      used.push(fresh);
      if (fresh) return ok;
      throw new NetworkError('cut', undefined, { stale: true });
    };
    const none = { ...options, retry: { ...options.retry, retries: 0 } };
    const trip = newTrip(60_000);
    expect(await createFetch(send, none, timing)(request, trip)).toBe(ok);
    expect(used).toEqual([false, true]);
    expect(timing.delays).toEqual([]);
    expect(trip.traffic).toMatchObject({ requests: 2, retries: 1 });
  });

  test.each([400, 401, 403, 404, 410, 422])('does not retry after a %i', async (code) => {
    const { fetch, timing, trip } = scripted(status(code), ok);
    await expect(fetch()).rejects.toMatchObject({ status: code, code: 'http_status', retryable: false });
    expect(timing.delays).toEqual([]);
    expect(trip.traffic.requests).toBe(1);
  });

  test('refuses answers of one read that are together too large', async () => {
    const { fetch, trip } = scripted({ ...ok, body: Buffer.alloc(90_000_000) });
    await fetch();
    await fetch();
    await expect(fetch()).rejects.toMatchObject({
      code: 'too_large',
      message:
        'GET https://api.invalid/stats: all answers of this read are larger than 268435456 bytes; raise VCC_MAX_BODY_BYTES above 33554432',
    });
    expect(trip.traffic.requests).toBe(3);
  });

  test('refuses an answer that is too large together with those that are being read', async () => {
    const waiting: (() => void)[] = [];
    const server = await startServer((incoming, response) => {
      response.write('x'.repeat(900));
      if (incoming.url === '/slow') waiting.push(() => response.end());
      else response.end();
    });
    const send = createSend();
    const fetch = createFetch(send, options, systemTiming, undefined, createBudget(1500));
    const get = (path: string) =>
      fetch({ ...request, url: new URL(`${server.origin}${path}`) }, newTrip(20_000));
    const slow = get('/slow');
    while (waiting.length === 0) await wait(10);
    await wait(500);
    await expect(get('/')).rejects.toMatchObject({ code: 'too_large' });
    waiting[0]!();
    expect((await slow).body).toHaveLength(900);
    expect((await get('/')).body).toHaveLength(900);
    send.close();
    await server.close();
  });

  test('does not retry after an answer that is too large', async () => {
    const { fetch, trip } = scripted(new TooLargeError('large'), ok);
    await expect(fetch()).rejects.toThrow('large');
    expect(trip.traffic.requests).toBe(1);
  });

  test('gives up after the last retry and reports the answer, without the query', async () => {
    const { fetch, trip } = scripted(status(503));
    const error = await fetch().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HttpStatusError);
    expect((error as Error).message).toBe('GET https://api.invalid/stats: answered 503');
    expect(trip.traffic).toMatchObject({ requests: 4, retries: 3 });
  });

  test.each([{}, { 'retry-after': '1' }])('ends at a 429, with its own reason (%j)', async (headers) => {
    const { fetch, trip } = scripted(status(429, headers), ok);
    await expect(fetch()).rejects.toMatchObject({ code: 'throttled', status: 429 });
    expect(trip.traffic.requests).toBe(1);
  });

  test('waits as long as Retry-After requires, in seconds or as a date', async () => {
    const seconds = scripted(status(503, { 'retry-after': '2' }), ok);
    await seconds.fetch();
    expect(seconds.timing.delays).toEqual([2100]);
    const date = scripted(status(503, { 'retry-after': 'Thu, 15 Jan 2026 10:00:05 GMT' }), ok);
    await date.fetch();
    expect(date.timing.delays).toEqual([5100]);
  });

  test('begins no wait that would outlast the deadline, and gives the failure itself', async () => {
    const { fetch, timing, trip } = scripted(status(503, { 'retry-after': '61' }), ok);
    await expect(fetch()).rejects.toMatchObject({ status: 503, retryAfterMs: 61_000 });
    expect(timing.delays).toEqual([]);
    expect(trip.traffic.requests).toBe(1);
  });

  test("throws the signal's reason when time is up during a wait", async () => {
    const controller = new AbortController();
    const timing = { ...systemTiming, random: () => 1 };
    const fetch = createFetch(async () => status(503), options, timing);
    const reason = new DeadlineError('time is up');
    setTimeout(() => controller.abort(reason), 20);
    await expect(fetch(request, { ...newTrip(), deadline: untilAborted(controller.signal) })).rejects.toBe(
      reason,
    );
  });

  test("reads the other side's clock from Date, to half a second", async () => {
    const { fetch, trip } = scripted({ ...ok, headers: { date: 'Thu, 15 Jan 2026 10:00:03 GMT' } });
    await fetch();
    expect(trip.traffic.clockSkewMs).toBe(3500);
  });

  test('notes the last Server header, of failures too', async () => {
    const { fetch, trip } = scripted(status(503, { server: 'proxy' }), { ...ok, headers: {} });
    expect(trip.traffic.server).toBeUndefined();
    await fetch();
    expect(trip.traffic.server).toBe('proxy');
  });
});
