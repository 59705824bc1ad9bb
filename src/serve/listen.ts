import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { ConfigError } from '../config/load.ts';
import { toDeadline } from './deadline.ts';
import { openPath } from './guard.ts';
import { type Answer, type Respond, reply, toRequest } from './message.ts';

/** A running local server. */
export interface Listening {
  url: string;
  /**
   * Accepts no more requests, waits up to three seconds for running ones, closes all connections,
   * then resolves.
   */
  close(): Promise<void>;
}

/** Longest time for running requests when the server closes, in ms. */
const graceMs = 3000;

/** Limits for all clients of a server together. */
export interface ServerLimits {
  /**
   * Most requests that wait for an answer from the exporter. Requests with a finished answer do not
   * count. Otherwise a client without credentials could lock out all others by not reading its
   * answers.
   */
  requests: number;
  /**
   * Most bytes of answers that clients have not read yet. An answer for several clients counts
   * once.
   */
  bytes: number;
  /** Longest time for a client to read an answer, in ms. */
  takeMs: number;
}

/** More than a few Prometheus servers need, and less than the memory of a 256 MB container. */
const usualLimits: ServerLimits = { requests: 500, bytes: 64 * 2 ** 20, takeMs: 60_000 };

const busy = reply(503, 'Too many concurrent requests. Try again later.\n', { 'retry-after': '5' });

/**
 * Starts a server over node:http. Beyond the limits, requests get 503 with Retry-After, except for
 * /-/healthy. If a client does not read its answer in time, its connection is closed.
 * @throws ConfigError when the address is in use, not allowed or not on this machine
 */
export async function listen(
  respond: Respond,
  host: string,
  port: number,
  limits = usualLimits,
): Promise<Listening> {
  /** Requests without a complete answer, from clients that are still connected. */
  const underWay = new Set<Promise<void>>();
  const unsent = createUnsent(limits.takeMs);
  /** The requests that still wait for the exporter. */
  const waiting = new Set<ServerResponse>();
  const server = http.createServer((incoming, outgoing) => {
    const bounded: Respond = async (request, deadline) => {
      const isFull = waiting.size >= limits.requests || unsent.bytes() >= limits.bytes;
      if (isFull && request.path !== openPath) return busy;
      waiting.add(outgoing);
      const answer = await respond(request, deadline);
      waiting.delete(outgoing);
      return answer;
    };
    // Listen first: `close` fires only once, and a client may disconnect before the answer is
    // ready.
    const closed = new Promise<void>((resolve) => outgoing.once('close', resolve)).then(() => {
      waiting.delete(outgoing);
      underWay.delete(closed);
    });
    underWay.add(closed);
    void answer(bounded, incoming, outgoing, unsent);
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
      // Connections with no request or an incomplete request would never end.
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The answers that clients have not read yet. */
interface Unsent {
  bytes(): number;
  /** Counts the body until the answer is sent or cancelled. */
  add(body: Answer['body'], outgoing: ServerResponse): void;
}

function createUnsent(takeMs: number): Unsent {
  const clients = new Map<Answer['body'], number>();
  let bytes = 0;
  return {
    bytes: () => bytes,
    add(body, outgoing) {
      const known = clients.get(body) ?? 0;
      clients.set(body, known + 1);
      if (known === 0) bytes += body.length;
      const timer = setTimeout(() => outgoing.destroy(), takeMs);
      outgoing.once('close', () => {
        clearTimeout(timer);
        const left = clients.get(body)! - 1;
        if (left > 0) clients.set(body, left);
        else {
          clients.delete(body);
          bytes -= body.length;
        }
      });
    },
  };
}

async function answer(
  respond: Respond,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  unsent: Unsent,
): Promise<void> {
  const { method = 'GET', url = '/', headers } = incoming;
  const request = toRequest(
    method,
    url,
    Object.entries(headers).map(([name, value]) => [name, value?.toString()]),
  );
  const deadline = toDeadline(request);
  const { status, headers: answered, body } = await respond(request, deadline);
  deadline.end();
  if (outgoing.destroyed) return;
  unsent.add(body, outgoing);
  outgoing.writeHead(status, answered).end(body);
}

function toConfigError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: `port ${port} on ${host} is in use; choose another with PORT or --port (0: any free port)`,
    EACCES: `no permission for port ${port}; choose 1024 or higher with PORT or --port`,
    EADDRNOTAVAIL: `expected an address of this machine; choose one with HOST or --host, or 0.0.0.0`,
    ENOTFOUND: `expected an address of this machine; choose one with HOST or --host, or 0.0.0.0`,
  };
  const reason = error.code === undefined ? undefined : reasons[error.code];
  return reason === undefined ? error : new ConfigError([`HOST, PORT: ${reason}`]);
}
