import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Secret } from '../../src/credentials.ts';
import { forever } from '../../src/deadline.ts';
import { createFetch } from '../../src/http/fetch.ts';
import { createSend, type Send } from '../../src/http/send.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { systemTiming } from '../../src/timing.ts';
import { fixedCredentials } from '../../src/vcc/credentials.ts';
import { createTokenSource, type TokenOptions } from '../../src/vcc/token.ts';
import { newTrip } from '../support/account.ts';
import { fakeTiming } from '../support/timing.ts';

const http = {
  retry: { retries: 0, baseDelayMs: 1, maxDelayMs: 1 },
  requestTimeoutMs: 1000,
  maxBodyBytes: 10_000,
};
const credentialsOf = (clientId: string, secret: string) =>
  fixedCredentials({ clientId, clientSecret: new Secret(secret) });
const wire = createSend();
let simulator: Simulator;
afterEach(async () => {
  wire.close();
  await simulator?.close();
});

async function start(more: Partial<TokenOptions> = {}, tokenSeconds = 7200, limits = http) {
  const timing = fakeTiming();
  simulator = await startSimulator({ agents: 10, tokenSeconds, now: timing.now });
  const options: TokenOptions = {
    tokenUrl: simulator.tokenUrl,
    credentials: credentialsOf(simulator.clientId, simulator.clientSecret),
    tokenAuth: 'body',
    timeoutMs: 5000,
    userAgent: 'vcc-exporter/test',
    ...more,
  };
  return {
    timing,
    tokens: createTokenSource(createFetch(wire, limits, systemTiming), options, timing, forever),
  };
}

/** The current answer of `answering`. */
let status = 200;
beforeEach(() => {
  status = 200;
});

/** Tokens from an answer that the test sets. */
function answering(body: unknown) {
  const send: Send = async () => ({
    status,
    headers: {},
    headersAtMs: 0,
    body: Buffer.from(JSON.stringify(body)),
  });
  const options: TokenOptions = {
    tokenUrl: 'https://token.invalid/',
    credentials: credentialsOf('a', 'b'),
    tokenAuth: 'body',
    timeoutMs: 5000,
    userAgent: 'x',
  };
  const timing = fakeTiming();
  return { timing, tokens: createTokenSource(createFetch(send, http, timing), options, timing, forever) };
}

describe('token source', () => {
  test.each(['body', 'basic'] as const)(
    'fetches a token with the credentials in %s, also with odd characters',
    async (tokenAuth) => {
      simulator = await startSimulator({ agents: 10, clientId: 'id: 1%', clientSecret: 's&cr:t +ü' });
      const options = {
        tokenUrl: simulator.tokenUrl,
        credentials: credentialsOf('id: 1%', 's&cr:t +ü'),
        tokenAuth,
        timeoutMs: 5000,
        userAgent: 'x',
      };
      const tokens = createTokenSource(createFetch(wire, http, systemTiming), options, systemTiming, forever);
      expect(await tokens.get(newTrip())).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  test('keeps a token for nine tenths of its life', async () => {
    const { tokens, timing } = await start();
    const first = await tokens.get(newTrip());
    timing.pass(0.9 * 7200 * 1000 - 1);
    expect(await tokens.get(newTrip())).toBe(first);
    timing.pass(1);
    // The old token is used while a new one is fetched.
    expect(await tokens.get(newTrip())).toBe(first);
    while ((await tokens.get(newTrip())) === first) await new Promise(setImmediate);
    expect(simulator.requests.token).toBe(2);
  });

  test('sends one request for concurrent callers', async () => {
    const { tokens } = await start();
    const all = await Promise.all(Array.from({ length: 20 }, () => tokens.get(newTrip())));
    expect(new Set(all).size).toBe(1);
    expect(simulator.requests.token).toBe(1);
  });

  test('continues for a caller with time left when the first caller timed out', async () => {
    const { tokens } = await start({}, 7200, {
      ...http,
      requestTimeoutMs: 200,
      retry: { ...http.retry, retries: 1 },
    });
    simulator.faults.push({ kind: 'hang', on: 'token', times: 1 });
    const first = tokens.get(newTrip(50));
    const second = tokens.get(newTrip());
    await expect(first).rejects.toThrow('no complete answer within 50 ms');
    expect(await second).toMatch(/^[0-9a-f-]{36}$/);
    expect(simulator.requests.token).toBe(2);
  });

  test('gives the old token at once while the token endpoint hangs', async () => {
    const { tokens, timing } = await start();
    const old = await tokens.get(newTrip());
    simulator.faults.push({ kind: 'hang', on: 'token' });
    timing.pass(0.95 * 7200 * 1000);
    expect(await tokens.get(newTrip(50))).toBe(old);
    timing.pass(0.05 * 7200 * 1000);
    await expect(tokens.get(newTrip(50))).rejects.toMatchObject({ code: 'deadline' });
  });

  test('uses the old token for as long as it lasts while the token endpoint hangs', async () => {
    const { tokens, timing } = await start({ timeoutMs: 1500 });
    const old = await tokens.get(newTrip());
    simulator.faults.push({ kind: 'hang', on: 'token' });
    timing.pass(0.95 * 7200 * 1000);
    expect(await tokens.get(newTrip())).toBe(old);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(await tokens.get(newTrip())).toBe(old);
  });

  test('does not go on with an old token when the credentials are rejected', async () => {
    const { tokens, timing } = answering({ access_token: 'abc', expires_in: 7200 });
    expect(await tokens.get(newTrip())).toBe('abc');
    timing.pass(0.95 * 7200 * 1000);
    status = 401;
    expect(await tokens.get(newTrip())).toBe('abc');
    await new Promise(setImmediate);
    await expect(tokens.get(newTrip())).rejects.toMatchObject({ code: 'credentials_rejected' });
  });

  test('forgets a rejected token, but not its replacement', async () => {
    const { tokens } = await start();
    const first = await tokens.get(newTrip());
    tokens.drop(first);
    const second = await tokens.get(newTrip());
    expect(second).not.toBe(first);
    tokens.drop(first);
    expect(await tokens.get(newTrip())).toBe(second);
  });

  test('renews a token while others keep it, and only once', async () => {
    const { tokens } = await start();
    const first = await tokens.get(newTrip());
    simulator.faults.push({ kind: 'status', value: 503, on: 'token', times: 1 });
    await expect(tokens.renew(first, newTrip())).rejects.toMatchObject({ status: 503 });
    expect(await tokens.get(newTrip())).toBe(first);
    const second = await tokens.renew(first, newTrip());
    expect(second).not.toBe(first);
    const { token: requests } = simulator.requests;
    expect(await tokens.renew(first, newTrip())).toBe(second);
    expect(await tokens.get(newTrip())).toBe(second);
    expect(simulator.requests.token).toBe(requests);
  });

  test('reports rejected credentials, without quoting them', async () => {
    const { tokens } = await start({ credentials: credentialsOf('other-id', 'wrong-secret') });
    const error = (await tokens.get(newTrip()).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'credentials_rejected', retryable: false });
    expect(error.message).toBe(
      `POST ${simulator.tokenUrl}: answered 400: the client id and secret were not accepted for scope stats`,
    );
  });

  test('uses the old token for as long as it lasts while the token endpoint is down', async () => {
    const { tokens, timing } = await start();
    const old = await tokens.get(newTrip());
    simulator.faults.push({ kind: 'status', value: 503, on: 'token' });
    timing.pass(7200 * 1000 - 1);
    expect(await tokens.get(newTrip())).toBe(old);
    timing.pass(1);
    await expect(tokens.get(newTrip())).rejects.toMatchObject({ status: 503 });
  });

  test('does not confuse a 404 of the token endpoint with one of a page', async () => {
    const { tokens } = await start();
    simulator.faults.push({ kind: 'status', value: 404, on: 'token' });
    const error = await tokens.get(newTrip()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'http_status',
      message: `POST ${simulator.tokenUrl}: answered 404: probably not a token endpoint; check VCC_TOKEN_URL, VCC_REGION and VCC_HOSTS`,
    });
    expect(error).not.toHaveProperty('status');
  });

  test('passes on an outage of the token endpoint unchanged', async () => {
    const { tokens } = await start();
    simulator.faults.push({ kind: 'status', value: 503, on: 'token' });
    await expect(tokens.get(newTrip())).rejects.toMatchObject({ code: 'http_status', status: 503 });
  });

  test.each([
    [undefined, 300],
    [null, 300],
    ['soon', 300],
    [0, 300],
    [-1, 300],
    [{}, 300],
    ['7200', 7200],
    [7200, 7200],
  ])('trusts a token with expires_in %j for %i seconds', async (expires_in, seconds) => {
    const { tokens, timing } = answering({ access_token: 'abc', expires_in });
    await tokens.get(newTrip());
    const trip = newTrip();
    timing.pass(0.9 * seconds * 1000 - 1);
    await tokens.get(trip);
    expect(trip.traffic.requests).toBe(0);
    timing.pass(1);
    await tokens.get(trip);
    await new Promise(setImmediate);
    expect(trip.traffic.requests).toBe(1);
  });

  test.each([
    [{}, 'token answer: access_token: expected a string of visible ASCII characters, received nothing'],
    [
      { access_token: 'a\nb' },
      'token answer: access_token: expected a string of visible ASCII characters, received a string',
    ],
    [
      { access_token: 'a', token_type: 'mac' },
      'token answer: token_type: expected bearer, received a string',
    ],
    [[], 'token answer: expected a JSON object, received an array'],
  ])('refuses the answer %j', async (body, message) => {
    await expect(answering(body).tokens.get(newTrip())).rejects.toThrow(new Error(message));
  });
});
