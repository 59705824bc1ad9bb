import http, { type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A real HTTP server with the behaviour that the test sets. */
export interface TestServer {
  origin: string;
  close(): Promise<void>;
}

/** Starts a server on a free port. */
export async function startServer(listener: RequestListener): Promise<TestServer> {
  const server = http.createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
