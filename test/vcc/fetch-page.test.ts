import { afterEach, describe, expect, test } from '@jest/globals';
import { forever } from '../../src/deadline.ts';
import { createFetch } from '../../src/http/fetch.ts';
import { createSend } from '../../src/http/send.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { systemTiming } from '../../src/timing.ts';
import { agentStatus } from '../../src/vcc/agent-status.ts';
import { createFetchPage } from '../../src/vcc/fetch-page.ts';
import type { TokenSource } from '../../src/vcc/token.ts';
import { createTokenSource } from '../../src/vcc/token.ts';
import { accountOf, newTrip } from '../support/account.ts';
import { startServer } from '../support/server.ts';
import { fakeTiming } from '../support/timing.ts';

const send = createSend();
const userAgent = 'vcc-exporter/9.9.9';
let simulator: Simulator;
afterEach(async () => {
  send.close();
  await simulator.close();
});

async function start() {
  simulator = await startSimulator({ agents: 30 });
  const account = accountOf(simulator, { VCC_PAGE_SIZE: '12', VCC_RETRIES: '0' });
  const fetch = createFetch(send, account.http, systemTiming);
  const tokens = createTokenSource(fetch, { ...account.token, userAgent }, systemTiming, forever);
  return {
    fetch,
    tokens,
    fetchPage: createFetchPage(fetch, tokens, agentStatus, { ...account.api, userAgent }, systemTiming),
  };
}

describe('fetchPage', () => {
  test('reads the requested page, in the requested size', async () => {
    const { fetchPage } = await start();
    expect(await fetchPage(3, newTrip())).toMatchObject({
      number: 3,
      count: 6,
      pageCount: 3,
      totalCount: 30,
    });
  });

  test('sends the headers that the API requires, and its own name', async () => {
    const { fetch } = await start();
    let seen: Record<string, unknown> = {};
    const server = await startServer((request, response) => {
      seen = { url: request.url, ...request.headers };
      response.writeHead(404).end();
    });
    const tokens: TokenSource = {
      get: async () => 'the-token',
      renew: async () => 'the-token',
      drop: () => {},
    };
    const options = { apiUrl: `${server.origin}/base/`, pageSize: 5000, userAgent };
    const fetchPage = createFetchPage(fetch, tokens, agentStatus, options, systemTiming);
    await expect(fetchPage(2, newTrip())).rejects.toThrow(
      `GET ${server.origin}/base/stats/agent-status: answered 404`,
    );
    expect(seen).toMatchObject({
      url: '/base/stats/agent-status?page=2&limit=5000',
      authorization: 'bearer the-token',
      accept: 'application/vnd.newvoicemedia.v3+json',
      'user-agent': 'vcc-exporter/9.9.9',
      'x-external-id': 'vcc-exporter',
    });
    await server.close();
  });

  test('gets a new token once when the old one is rejected, and repeats the request', async () => {
    const { fetchPage } = await start();
    await fetchPage(1, newTrip());
    simulator.revokeTokens();
    const trip = newTrip();
    expect(await fetchPage(1, trip)).toMatchObject({ number: 1 });
    expect(trip.traffic.requests).toBe(3);
    expect(simulator.requests).toEqual({ token: 2, api: 3, users: 0 });
  });

  test('fetches one new token when many requests are rejected together', async () => {
    const { fetchPage } = await start();
    await fetchPage(1, newTrip());
    simulator.revokeTokens();
    const trip = newTrip();
    await Promise.all([1, 2, 3].map((page) => fetchPage(page, trip)));
    expect(simulator.requests.token).toBe(2);
  });

  test('gives up when a new token is rejected too', async () => {
    const { fetchPage } = await start();
    simulator.faults.push({ kind: 'status', value: 401 });
    await expect(fetchPage(1, newTrip())).rejects.toMatchObject({
      code: 'unauthorized',
      message: `GET ${simulator.apiUrl}/stats/agent-status: answered 401 to a token that was just issued`,
    });
    expect(simulator.requests).toEqual({ token: 2, api: 2, users: 0 });
  });

  test('reports a missing scope at 403', async () => {
    const { fetchPage } = await start();
    simulator.faults.push({ kind: 'status', value: 403 });
    await expect(fetchPage(1, newTrip())).rejects.toMatchObject({
      code: 'forbidden',
      message: `GET ${simulator.apiUrl}/stats/agent-status: answered 403: the credentials lack the scope stats`,
    });
  });

  describe('of a server that refuses large pages', () => {
    /**
     * Starts a server that refuses sizes for which `refuses` is true, with the simulator behind it.
     */
    async function startPicky(
      refuses: (limit: string | null) => boolean,
      statusOf: number | ((limit: string | null) => number) = 400,
    ) {
      const { fetch, tokens } = await start();
      const limits: (string | null)[] = [];
      const server = await startServer(async (request, response) => {
        const url = new URL(request.url!, simulator.apiUrl);
        const limit = url.searchParams.get('limit');
        limits.push(limit);
        if (refuses(limit))
          response.writeHead(typeof statusOf === 'number' ? statusOf : statusOf(limit)).end();
        else {
          const { accept, authorization } = request.headers;
          const headers = { accept: accept!, authorization: authorization! };
          response.end(await (await globalThis.fetch(url, { headers })).text());
        }
      });
      const options = { apiUrl: server.origin, pageSize: 5000, userAgent };
      const timing = fakeTiming();
      const told: unknown[] = [];
      const onPageSize = (size: number | undefined) => void told.push(size);
      const fetchPage = createFetchPage(fetch, tokens, agentStatus, options, timing, onPageSize);
      return { limits, server, timing, told, fetchPage };
    }

    test.each([
      ['1000', (limit: string | null) => Number(limit) > 1000, 400, ['5000', '5000', '1000'], 1000],
      [
        "the server's own size",
        (limit: string | null) => limit !== null,
        413,
        ['5000', '5000', '1000', null],
        undefined,
      ],
    ])('goes on with %s for an hour, and says so', async (_, refuses, status, asked, size) => {
      const { limits, server, fetchPage, timing, told } = await startPicky(refuses, status);
      expect(await fetchPage(1, newTrip())).toMatchObject({ number: 1, totalCount: 30 });
      expect(limits).toEqual(asked);
      timing.pass(3_599_999);
      await fetchPage(1, newTrip());
      expect(limits).toEqual([...asked, asked.at(-1)]);
      expect(told).toEqual([size]);
      timing.pass(1);
      await fetchPage(1, newTrip());
      expect(limits.slice(asked.length + 1)).toEqual(asked);
      expect(told).toEqual([size]);
      await server.close();
    });

    test('keeps its size after a temporary refusal', async () => {
      let refusals = 1;
      const { limits, server, told, fetchPage } = await startPicky(() => refusals-- > 0);
      await fetchPage(1, newTrip());
      await fetchPage(1, newTrip());
      expect([limits, told]).toEqual([['5000', '5000', '5000'], []]);
      await server.close();
    });

    test('tries a smaller one at the next read when a page takes too long', async () => {
      const { fetch, tokens } = await start();
      const limits: (string | null)[] = [];
      const server = await startServer((request, response) => {
        const limit = new URL(request.url!, simulator.apiUrl).searchParams.get('limit');
        limits.push(limit);
        if (Number(limit) <= 1000) response.writeHead(404).end();
      });
      const options = { apiUrl: server.origin, pageSize: 5000, userAgent };
      const fetchPage = createFetchPage(fetch, tokens, agentStatus, options, systemTiming);
      await expect(fetchPage(1, newTrip(200))).rejects.toMatchObject({ code: 'deadline' });
      await expect(fetchPage(1, newTrip())).rejects.toThrow('answered 404');
      expect(limits).toEqual(['5000', '1000']);
      await server.close();
    });

    test('gives the first refusal when the size is not the reason, and keeps its size', async () => {
      let down = true;
      const { limits, server, fetchPage } = await startPicky(
        () => down,
        (limit) => (limit === '5000' ? 422 : 400),
      );
      await expect(fetchPage(1, newTrip())).rejects.toThrow('answered 422');
      down = false;
      await fetchPage(1, newTrip());
      expect(limits).toEqual(['5000', '5000', '1000', null, '5000']);
      await server.close();
    });

    test('requests no size above the one in the settings', async () => {
      const { fetchPage } = await start();
      simulator.faults.push({ kind: 'status', value: 400 });
      await expect(fetchPage(1, newTrip())).rejects.toThrow('answered 400');
      // 12 twice, and the server's own size.
      expect(simulator.requests.api).toBe(3);
      await expect(fetchPage(2, newTrip())).rejects.toThrow('answered 400');
      expect(simulator.requests.api).toBe(4);
    });
  });

  test.each([400, 431])(
    'keeps no token that was refused with %i before it was ever accepted',
    async (value) => {
      const { fetchPage } = await start();
      simulator.faults.push({ kind: 'status', value, page: 2, times: 1 });
      await expect(fetchPage(2, newTrip())).rejects.toThrow(`answered ${value}`);
      await fetchPage(2, newTrip());
      expect(simulator.requests.token).toBe(2);
      // An accepted token is not the reason.
      simulator.faults.push({ kind: 'status', value, page: 2, times: 1 });
      await expect(fetchPage(2, newTrip())).rejects.toThrow(`answered ${value}`);
      await fetchPage(2, newTrip());
      expect(simulator.requests.token).toBe(2);
    },
  );

  test.each([400, 431])('does not drop a token that it shares with others after a %i', async (value) => {
    const { fetch, tokens } = await start();
    const { api } = accountOf(simulator, { VCC_PAGE_SIZE: '12' });
    const options = { ...api, userAgent, doubtsToken: false };
    const fetchPage = createFetchPage(fetch, tokens, agentStatus, options, systemTiming);
    simulator.faults.push({ kind: 'status', value, page: 2, times: 1 });
    await expect(fetchPage(2, newTrip())).rejects.toThrow(`answered ${value}`);
    await fetchPage(2, newTrip());
    expect(simulator.requests.token).toBe(1);
  });
});
