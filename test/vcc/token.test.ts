import { afterEach, describe, expect, test } from '@jest/globals';
import { Secret } from '../../src/config/secret.ts';
import { DeadlineError } from '../../src/http/errors.ts';
import { createFetch, systemTiming } from '../../src/http/fetch.ts';
import { createSend, type Send } from '../../src/http/send.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
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

async function start(more: Partial<TokenOptions> = {}, tokenSeconds = 7200) {
  const timing = fakeTiming();
  simulator = await startSimulator({ agents: 10, tokenSeconds, now: timing.now });
  const options: TokenOptions = {
    tokenUrl: simulator.tokenUrl,
    credentials: credentialsOf(simulator.clientId, simulator.clientSecret),
    tokenAuth: 'body',
    userAgent: 'vcc-exporter/test',
    ...more,
  };
  return { timing, tokens: createTokenSource(createFetch(wire, http, systemTiming), options, timing.now) };
}

/** Tokens from an answer of the test's own. */
function answering(body: unknown) {
  const send: Send = async () => ({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(body)) });
  const options: TokenOptions = {
    tokenUrl: 'https://token.invalid/',
    credentials: credentialsOf('a', 'b'),
    tokenAuth: 'body',
    userAgent: 'x',
  };
  const timing = fakeTiming();
  return { timing, tokens: createTokenSource(createFetch(send, http, timing), options, timing.now) };
}

describe('token source', () => {
  test.each(['body', 'basic'] as const)(
    'gets a token with the credentials in %s, also with odd characters',
    async (tokenAuth) => {
      simulator = await startSimulator({ agents: 10, clientId: 'id: 1%', clientSecret: 's&cr:t +ü' });
      const options = {
        tokenUrl: simulator.tokenUrl,
        credentials: credentialsOf('id: 1%', 's&cr:t +ü'),
        tokenAuth,
        userAgent: 'x',
      };
      const tokens = createTokenSource(createFetch(wire, http, systemTiming), options, Date.now);
      expect(await tokens.get(newTrip())).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  test('keeps a token for nine tenths of its life', async () => {
    const { tokens, timing } = await start();
    const first = await tokens.get(newTrip());
    timing.nowMs += 0.9 * 7200 * 1000 - 1;
    expect(await tokens.get(newTrip())).toBe(first);
    timing.nowMs += 1;
    expect(await tokens.get(newTrip())).not.toBe(first);
    expect(simulator.requests.token).toBe(2);
  });

  test('asks once for callers that come together', async () => {
    const { tokens } = await start();
    const all = await Promise.all(Array.from({ length: 20 }, () => tokens.get(newTrip())));
    expect(new Set(all).size).toBe(1);
    expect(simulator.requests.token).toBe(1);
  });

  test('asks again for who has time left when the one who asked gave up', async () => {
    const { tokens } = await start();
    simulator.faults.push({ kind: 'hang', on: 'token', times: 1 });
    const hasty = new AbortController();
    const first = tokens.get({ ...newTrip(), signal: hasty.signal });
    const second = tokens.get(newTrip());
    setTimeout(() => hasty.abort(new DeadlineError('time is up')), 50);
    await expect(first).rejects.toThrow('time is up');
    expect(await second).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('forgets a token that was rejected, but not the one that replaced it', async () => {
    const { tokens } = await start();
    const first = await tokens.get(newTrip());
    tokens.drop(first);
    const second = await tokens.get(newTrip());
    expect(second).not.toBe(first);
    tokens.drop(first);
    expect(await tokens.get(newTrip())).toBe(second);
  });

  test('says that the credentials were not accepted, without telling them', async () => {
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
    timing.nowMs += 7200 * 1000 - 1;
    expect(await tokens.get(newTrip())).toBe(old);
    timing.nowMs += 1;
    await expect(tokens.get(newTrip())).rejects.toMatchObject({ status: 503 });
  });

  test('does not take a 404 of the token endpoint for one of a page', async () => {
    const { tokens } = await start();
    simulator.faults.push({ kind: 'status', value: 404, on: 'token' });
    const error = await tokens.get(newTrip()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'http_status',
      message: `POST ${simulator.tokenUrl}: answered 404: is this a token endpoint?`,
    });
    expect(error).not.toHaveProperty('status');
  });

  test('passes on an outage of the token endpoint as what it is', async () => {
    const { tokens } = await start();
    simulator.faults.push({ kind: 'status', value: 503, on: 'token' });
    await expect(tokens.get(newTrip())).rejects.toMatchObject({ code: 'http_status', status: 503 });
  });

  test('trusts a token without expires_in for five minutes', async () => {
    const { tokens, timing } = answering({ access_token: 'abc' });
    await tokens.get(newTrip());
    const trip = newTrip();
    timing.nowMs += 0.9 * 300_000 - 1;
    await tokens.get(trip);
    expect(trip.traffic.requests).toBe(0);
    timing.nowMs += 1;
    await tokens.get(trip);
    expect(trip.traffic.requests).toBe(1);
  });

  test.each([
    [{}, 'token answer: access_token: expected a string of visible ASCII characters, received nothing'],
    [
      { access_token: 'a\nb' },
      'token answer: access_token: expected a string of visible ASCII characters, received a string',
    ],
    [
      { access_token: 'a', expires_in: '7200' },
      'token answer: expires_in: expected a positive number of seconds, received a string',
    ],
    [
      { access_token: 'a', expires_in: 0 },
      'token answer: expires_in: expected a positive number of seconds, received a number',
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
