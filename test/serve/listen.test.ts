import http from 'node:http';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { listen } from '../../src/serve/listen.ts';
import { reply } from '../../src/serve/message.ts';

/** Milliseconds that closing takes. */
async function closingMs(server: { close(): Promise<void> }): Promise<number> {
  const startedMs = performance.now();
  await server.close();
  return performance.now() - startedMs;
}

/** Clients that ask and hang up before there is an answer; resolves when all have been heard. */
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

test('closes at once after clients have hung up and their answers have come', async () => {
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

test('waits for nobody who keeps a connection open, or has sent half a request', async () => {
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
