import { once } from 'node:events';
import http from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { listen } from '../../src/serve/listen.ts';
import { type Respond, reply } from '../../src/serve/message.ts';

/** Milliseconds that closing takes. */
async function closingMs(server: { close(): Promise<void> }): Promise<number> {
  const startedMs = performance.now();
  await server.close();
  return performance.now() - startedMs;
}

/**
 * Clients that send a request and hang up before there is an answer. Resolves when the server has
 * received all.
 */
async function askAndHangUp(url: string, clients: number, heard: () => number): Promise<void> {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: clients }, () => {
    const socket = connect(Number(port), hostname);
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    return socket;
  });
  while (heard() < clients) await wait(5);
  for (const socket of sockets) socket.destroy();
  await wait(50);
}

test('closes at once after clients have hung up and their answers have arrived', async () => {
  let heard = 0;
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const server = await listen(
    async () => {
      heard++;
      await released;
      return reply(200, 'late\n');
    },
    '127.0.0.1',
    0,
  );
  await askAndHangUp(server.url, 200, () => heard);
  release();
  await wait(50);
  expect(await closingMs(server)).toBeLessThan(1000);
});

test('closes at once while the app works for clients that have hung up', async () => {
  let heard = 0;
  const server = await listen(
    () => {
      heard++;
      return new Promise(() => {});
    },
    '127.0.0.1',
    0,
  );
  await askAndHangUp(server.url, 50, () => heard);
  expect(await closingMs(server)).toBeLessThan(1000);
});

test('lets requests under way end before it closes', async () => {
  let heard = false;
  const server = await listen(
    async () => {
      heard = true;
      await wait(300);
      return reply(200, 'in time\n');
    },
    '127.0.0.1',
    0,
  );
  const answer = fetch(`${server.url}/metrics`).then((response) => response.text());
  while (!heard) await wait(5);
  const closing = closingMs(server);
  expect(await answer).toBe('in time\n');
  expect(await closing).toBeLessThan(1500);
});

test('does not wait for a client that keeps a connection open, or has sent half a request', async () => {
  const server = await listen(async () => reply(200, 'ok\n'), '127.0.0.1', 0);
  const { hostname, port } = new URL(server.url);
  const agent = new http.Agent({ keepAlive: true });
  await new Promise((resolve) =>
    http.get(server.url, { agent }, (response) => response.resume().on('end', resolve)),
  );
  const half = connect(Number(port), hostname);
  half.on('error', () => {});
  half.write('GET /metrics HT');
  await wait(50);
  expect(await closingMs(server)).toBeLessThan(1000);
  agent.destroy();
});

describe('what clients may take', () => {
  const large = Buffer.alloc(20_000_000, 'x');
  /** A client that sends requests and reads nothing. */
  async function askAndReadNothing(url: string): Promise<Socket> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname).pause();
    socket.on('error', () => {});
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    return socket;
  }
  const statusOf = async (url: string, path = '/metrics') => {
    const response = await fetch(new URL(path, url));
    return [response.status, response.headers.get('retry-after'), await response.text()];
  };

  /** Sends requests until the answer has this status. */
  async function untilStatus(url: string, status: number) {
    for (let turn = 0; turn < 200; turn++) {
      const found = await statusOf(url);
      if (found[0] === status) return found;
      await wait(20);
    }
    throw new Error(`never answered ${status}`);
  }

  test('is bounded in requests, except for the health check', async () => {
    let waiting = true;
    const respond: Respond = async ({ path, headers }) => {
      if (path === '/-/healthy') return reply(200, 'OK\n');
      return waiting && headers.get('host') === 'x' ? new Promise(() => {}) : reply(200, 'in\n');
    };
    const server = await listen(respond, '127.0.0.1', 0, { requests: 3, bytes: 1000, takeMs: 60_000 });
    const sockets = await Promise.all(Array.from({ length: 3 }, () => askAndReadNothing(server.url)));
    expect(await untilStatus(server.url, 503)).toEqual([
      503,
      '5',
      'Too many concurrent requests. Try again later.\n',
    ]);
    expect(await statusOf(server.url, '/-/healthy')).toEqual([200, null, 'OK\n']);
    waiting = false;
    for (const socket of sockets) socket.destroy();
    expect(await untilStatus(server.url, 200)).toEqual([200, null, 'in\n']);
    await server.close();
  });

  test('is not bounded by answers that no client reads, such as refusals', async () => {
    let given = 0;
    const respond: Respond = async ({ headers }) => {
      if (headers.get('host') !== 'x') return reply(200, 'in\n');
      given++;
      return reply(401, large);
    };
    const server = await listen(respond, '127.0.0.1', 0, { requests: 3, bytes: 1e9, takeMs: 60_000 });
    const sockets = await Promise.all(Array.from({ length: 9 }, () => askAndReadNothing(server.url)));
    for (let turn = 0; turn < 200 && given < sockets.length; turn++) await wait(20);
    expect(await statusOf(server.url)).toEqual([200, null, 'in\n']);
    for (const socket of sockets) socket.destroy();
    await server.close();
  });

  test('is bounded in bytes that no client reads, and the same bytes count once', async () => {
    const bodies = [large, large, Buffer.from(large)];
    let given = 0;
    const respond: Respond = async ({ headers }) =>
      reply(200, headers.get('host') === 'x' ? bodies[given++]! : 'short');
    const limits = { requests: 100, bytes: 30_000_000, takeMs: 60_000 };
    const server = await listen(respond, '127.0.0.1', 0, limits);
    const sockets: Socket[] = [];
    for (const _ of bodies) {
      expect(await statusOf(server.url)).toEqual([200, null, 'short']);
      sockets.push(await askAndReadNothing(server.url));
      for (let turn = 0; turn < 200 && given < sockets.length; turn++) await wait(20);
    }
    // Twice the same and another one are 40 MB.
    await untilStatus(server.url, 503);
    sockets[2]!.destroy();
    await untilStatus(server.url, 200);
    for (const socket of sockets) socket.destroy();
    await server.close();
  });

  test('ends for a client that reads nothing, and not for one that waits for the API', async () => {
    const respond: Respond = async () => {
      await wait(4000);
      return reply(200, large);
    };
    const server = await listen(respond, '127.0.0.1', 0, { requests: 100, bytes: 1e9, takeMs: 3000 });
    const socket = await askAndReadNothing(server.url);
    await wait(9000);
    const closed = once(socket, 'close');
    socket.resume();
    await closed;
    expect(socket.bytesRead).toBeLessThan(large.length);
    expect((await (await fetch(server.url)).arrayBuffer()).byteLength).toBe(large.length);
    await server.close();
  }, 25_000);
});
