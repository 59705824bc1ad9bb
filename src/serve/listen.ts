import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { ConfigError } from '../config/load.ts';
import { toDeadline } from './deadline.ts';
import { type Respond, toRequest } from './message.ts';

/** A running local server. */
export interface Listening {
  url: string;
  /** Accepts no more requests, waits up to three seconds for running ones, closes all connections, then resolves. */
  close(): Promise<void>;
}

/** Longest time for running requests when the server closes, in ms. */
const graceMs = 3000;

/**
 * Starts a server over node:http.
 * @throws ConfigError when the address is in use, not allowed or not on this machine
 */
export async function listen(respond: Respond, host: string, port: number): Promise<Listening> {
  /** Requests whose answer has not been sent, and whose client has not disconnected. */
  const underWay = new Set<Promise<void>>();
  const server = http.createServer((incoming, outgoing) => {
    // Listen first: `close` fires only once, and a client may disconnect before the answer is ready.
    const closed = new Promise<void>((resolve) => outgoing.once('close', resolve)).then(() => {
      underWay.delete(closed);
    });
    underWay.add(closed);
    void answer(respond, incoming, outgoing);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(toConfigError(error, host, port)));
    server.listen(port, host, resolve);
  });
  const { address, port: actualPort, family } = server.address() as AddressInfo;
  const shown = ['0.0.0.0', '::'].includes(address)
    ? 'localhost'
    : family === 'IPv6'
      ? `[${address}]`
      : address;
  return {
    url: `http://${shown}:${actualPort}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const grace = new AbortController();
      await Promise.race([
        Promise.all(underWay),
        wait(graceMs, undefined, { signal: grace.signal }).catch(() => {}),
      ]);
      grace.abort();
      // Connections with no request, or half of one, would never end by themselves.
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(respond: Respond, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { method = 'GET', url = '/', headers } = incoming;
  const request = toRequest(
    method,
    url,
    Object.entries(headers).map(([name, value]) => [name, value?.toString()]),
  );
  const deadline = toDeadline(request);
  const { status, headers: answered, body } = await respond(request, deadline);
  deadline.end();
  if (!outgoing.destroyed) outgoing.writeHead(status, answered).end(body);
}

function toConfigError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: `port ${port} on ${host} is in use; choose another with PORT or --port (0: any free one)`,
    EACCES: `port ${port} needs rights that this user lacks; choose 1024 or higher with PORT or --port`,
    EADDRNOTAVAIL: `expected an address of this machine; choose one with HOST or --host, or 0.0.0.0`,
    ENOTFOUND: `expected an address of this machine; choose one with HOST or --host, or 0.0.0.0`,
  };
  const reason = error.code === undefined ? undefined : reasons[error.code];
  return reason === undefined ? error : new ConfigError([`HOST, PORT: ${reason}`]);
}
