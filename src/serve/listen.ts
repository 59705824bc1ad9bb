import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '../config/load.ts';
import { type App, reply } from './app.ts';

/** A running local server. */
export interface Listening {
  url: string;
  /** Takes no more requests, finishes those under way, then resolves. */
  close(): Promise<void>;
}

/** Serves the app over node:http. @throws ConfigError when the address cannot be had */
export async function listen(app: App, host: string, port: number): Promise<Listening> {
  const server = http.createServer((incoming, outgoing) => {
    answer(app, incoming, outgoing).catch(() => outgoing.destroy());
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
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

async function answer(app: App, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const response = await respond(app, incoming);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(response.body ? Buffer.from(await response.arrayBuffer()) : undefined);
}

async function respond(app: App, incoming: IncomingMessage): Promise<Response> {
  const { method = 'GET', url: target = '/', headers } = incoming;
  // A path such as //x would be taken for a host.
  const url = `http://localhost${target.startsWith('/') ? target : `/${target}`}`;
  if (!URL.canParse(url)) return reply(400, 'Not a path.\n');
  // No route takes a body, so none is read.
  return app(new Request(url, { method, headers: toHeaders(headers) }));
}

function toHeaders(raw: IncomingMessage['headers']): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) headers.set(name, String(value));
  return headers;
}

function toConfigError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: `port ${port} on ${host} is in use; set PORT to another (0: any free one)`,
    EACCES: `port ${port} needs rights that this user lacks; set PORT to 1024 or higher`,
    EADDRNOTAVAIL: `${host} is no address of this machine; set HOST to one, or to 0.0.0.0`,
    ENOTFOUND: `${host} is no address of this machine; set HOST to one, or to 0.0.0.0`,
  };
  const reason = error.code === undefined ? undefined : reasons[error.code];
  return reason === undefined ? error : new ConfigError([`HOST, PORT: ${reason}`]);
}
