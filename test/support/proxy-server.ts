import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';

/** A proxy for one test. Only it knows the hosts behind it. */
export interface ProxyServer {
  /** Host and port. */
  host: string;
  /** First lines of its requests: `CONNECT host:port`, or `GET http://host/path`. */
  asked: string[];
  /** The value of Proxy-Authorization, for each of these. */
  authorizations: (string | undefined)[];
  /** Its open connections to clients. */
  open(): number;
  /** The number of connections that it ever had. */
  opened(): number;
  close(): Promise<void>;
}

/**
 * Starts a proxy. `portOf` gives the port on this machine of a host behind it, or an answer
 * instead: a status, bytes that are no answer, or nothing (`hang`).
 */
export async function startProxyServer(
  portOf: (host: string) => number | { status: number } | { bytes: string } | 'hang',
): Promise<ProxyServer> {
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  let opened = 0;
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    authorizations.push(request.headers['proxy-authorization']);
    const url = new URL(request.url!);
    const port = portOf(url.host);
    if (port === 'hang') return;
    if (typeof port === 'object') {
      response.writeHead('status' in port ? port.status : 500).end();
      return;
    }
    const { method, headers } = request;
    const options = { host: '127.0.0.1', port, method, headers, path: url.pathname + url.search };
    const onward = http.request(options, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('connect', (request, near: Socket, head: Buffer) => {
    asked.push(`CONNECT ${request.url}`);
    authorizations.push(request.headers['proxy-authorization']);
    const port = portOf(request.url!);
    near.on('error', () => {});
    // The client's close is noticed only while reading.
    if (port === 'hang') near.on('end', () => near.end()).resume();
    if (port === 'hang') return;
    if (typeof port === 'object') {
      near.end('status' in port ? `HTTP/1.1 ${port.status} Because\r\n\r\n` : port.bytes);
      return;
    }
    const far = net.connect(port, '127.0.0.1', () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n');
      far.write(head);
      far.pipe(near).pipe(far);
    });
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
  });
  server.on('connection', (socket) => {
    opened++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    authorizations,
    open: () => sockets.size,
    opened: () => opened,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
