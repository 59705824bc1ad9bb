import type { ServerResponse } from 'node:http';
import net from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { untilAborted } from '../../src/deadline.ts';
import { createSend, type HttpRequest, type SendLimits } from '../../src/http/send.ts';
import { soon } from '../support/deadline.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer | undefined;
const send = createSend();
afterEach(async () => {
  send.close();
  await server?.close();
});

const get = (path = '/page?secret=1'): HttpRequest => ({
  method: 'GET',
  url: new URL(server!.origin + path),
  headers: {},
});
const limits = (more: Partial<SendLimits> = {}): SendLimits => ({
  deadline: soon(),
  timeoutMs: 2000,
  maxBodyBytes: 1000,
  ...more,
});

/** A server that answers each connection with these bytes, and then ends it or not. */
async function startRaw(bytes: string, end = true): Promise<net.Server> {
  const raw = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      if (end) socket.end(bytes);
      else socket.write(bytes);
    });
  });
  await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
  return raw;
}

describe('send', () => {
  test.each([
    ['nothing', '', true, 'the connection was cut (ECONNRESET)'],
    [
      'a switch to another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n',
      false,
      'answered 101, an upgrade that was not requested',
    ],
  ])('settles when the other side answers %s', async (_, bytes, end, message) => {
    const raw = await startRaw(bytes, end);
    const { port } = raw.address() as net.AddressInfo;
    const request: HttpRequest = { method: 'GET', url: new URL(`http://127.0.0.1:${port}/`), headers: {} };
    await expect(send(request, limits())).rejects.toThrow(`GET http://127.0.0.1:${port}/: ${message}`);
    raw.close();
  });

  test('notes the time of the headers, not of the body', async () => {
    server = await startServer((_, response) => {
      response.writeHead(200).write('a');
      setTimeout(() => response.end('b'), 1000);
    });
    const startedMs = Date.now();
    const { headersAtMs, body } = await send(get(), limits());
    expect(body.toString()).toBe('ab');
    expect(headersAtMs - startedMs).toBeLessThan(900);
    expect(Date.now() - startedMs).toBeGreaterThanOrEqual(990);
  });

  test('gives status, headers and body, whatever the status', async () => {
    server = await startServer((_, response) =>
      response.writeHead(418, { 'x-tea': 'pot' }).end('short and stout'),
    );
    const response = await send(get(), limits());
    expect(response).toMatchObject({ status: 418, headers: { 'x-tea': 'pot' } });
    expect(response.body.toString()).toBe('short and stout');
  });

  test('uses one connection for requests that follow each other', async () => {
    const ports = new Set<number>();
    server = await startServer((request, response) => {
      ports.add(request.socket.remotePort!);
      response.end('ok');
    });
    for (let index = 0; index < 5; index++) await send(get(), limits());
    expect(ports.size).toBe(1);
  });

  test('requests gzip and unpacks it', async () => {
    server = await startServer((request, response) => {
      expect(request.headers['accept-encoding']).toBe('gzip');
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('päckchen'));
    });
    expect((await send(get(), limits())).body.toString()).toBe('päckchen');
  });

  test('refuses a body over the cap, also when its compressed form is small', async () => {
    server = await startServer((request, response) => {
      const large = 'x'.repeat(2000);
      if (request.url === '/gzip')
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(large));
      else response.end(large);
    });
    const message = 'the answer is larger than 1000 bytes';
    await expect(send(get('/plain'), limits())).rejects.toMatchObject({
      code: 'too_large',
      retryable: false,
    });
    await expect(send(get('/plain'), limits())).rejects.toThrow(`GET ${server.origin}/plain: ${message}`);
    await expect(send(get('/gzip'), limits())).rejects.toThrow(`GET ${server.origin}/gzip: ${message}`);
  });

  test('refuses a body that is made to become large, and accepts the pages of any account', async () => {
    const agents = Array.from({ length: 20_000 }, (_, at) => ({
      agentId: String(at),
      presence: { name: 'Ready' },
    }));
    const bodies: Record<string, string> = {
      '/bomb': 'x'.repeat(30_000_000),
      '/small': 'x'.repeat(1_000_000),
      '/agents': JSON.stringify(agents),
    };
    server = await startServer((request, response) => {
      const body = gzipSync(bodies[request.url!]!, { level: 9 });
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(body);
    });
    const roomy = limits({ maxBodyBytes: 32_000_000 });
    await expect(send(get('/bomb'), roomy)).rejects.toThrow(
      `GET ${server.origin}/bomb: the answer is gzipped more than 100 to 1`,
    );
    for (const path of ['/small', '/agents']) {
      expect((await send(get(path), roomy)).body).toHaveLength(bodies[path]!.length);
    }
  });

  test('calls a damaged gzip body a network error', async () => {
    server = await startServer((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('hello world').subarray(0, 15));
    });
    await expect(send(get(), limits())).rejects.toThrow('/page: the gzipped answer is damaged');
  });

  test.each([['content-length'], ['chunked']])('calls a cut body (%s) a network error', async (kind) => {
    server = await startServer((_, response) => {
      if (kind === 'content-length') response.setHeader('content-length', '100');
      response.write('half', () => response.destroy());
    });
    await expect(send(get(), limits())).rejects.toMatchObject({ code: 'network', retryable: true });
  });

  test('gives up after the timeout, before and in the middle of the answer', async () => {
    server = await startServer((request, response) => {
      if (request.url === '/half') response.write('half');
    });
    const tight = limits({ timeoutMs: 50 });
    await expect(send(get('/never'), tight)).rejects.toThrow(
      `GET ${server.origin}/never: no answer within 50 ms`,
    );
    await expect(send(get('/half'), tight)).rejects.toThrow(
      `GET ${server.origin}/half: no answer within 50 ms`,
    );
  });

  test("throws the signal's reason when it is aborted, before and while it waits", async () => {
    server = await startServer(() => {});
    const controller = new AbortController();
    const waiting = send(get(), limits({ deadline: untilAborted(controller.signal) }));
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 20);
    await expect(waiting).rejects.toBe(reason);
    await expect(send(get(), limits({ deadline: untilAborted(controller.signal) }))).rejects.toBe(reason);
  });

  test('names the system error of a refused connection, without the query', async () => {
    server = await startServer(() => {});
    const request = get();
    await server.close();
    server = undefined;
    await expect(send(request, limits())).rejects.toThrow(
      `GET ${request.url.origin}/page: connection refused (ECONNREFUSED)`,
    );
  });

  test('marks a kept-alive connection that the other side has closed', async () => {
    server = await startServer((request, response) => {
      if (request.url === '/first') response.end('ok');
      else request.socket.resetAndDestroy();
    });
    await send(get('/first'), limits());
    await expect(send(get('/second'), limits())).rejects.toMatchObject({
      code: 'network',
      staleConnection: true,
    });
    await expect(send(get('/third'), limits())).rejects.toMatchObject({
      code: 'network',
      staleConnection: false,
    });
  });
});

/** Answers whose body cannot be read, by the path that requests them. */
const unreadable: Record<string, (response: ServerResponse) => void> = {
  damaged: (response) => response.setHeader('content-encoding', 'gzip').end('not gzip'),
  'large on the wire': (response) => response.end('x'.repeat(2000)),
  'large when unpacked': (response) =>
    response.setHeader('content-encoding', 'gzip').end(gzipSync('x'.repeat(2000))),
  cut: (response) => {
    response.setHeader('content-length', '100');
    response.write('half', () => response.destroy());
  },
  endless: (response) => response.write('half'),
};

describe('a body that cannot be read', () => {
  describe.each(Object.keys(unreadable))('(%s)', (kind) => {
    const ask = async (status: number, more: Partial<SendLimits>) => {
      server = await startServer((_, response) => {
        response.statusCode = status;
        response.setHeader('retry-after', '30');
        unreadable[kind]!(response);
      });
      return send(get(), limits({ timeoutMs: 200, ...more }));
    };

    test.each([401, 429, 503])('does not hide the status %i', async (status) => {
      const response = await ask(status, {});
      expect(response).toMatchObject({ status, headers: { 'retry-after': '30' } });
      expect(response.body).toHaveLength(0);
    });

    test('fails a success, except for a sender that needs only the status', async () => {
      await expect(ask(200, {})).rejects.toMatchObject({
        name: expect.stringMatching(/^(Network|TooLarge)Error$/),
      });
      await server!.close();
      const enough = ask(200, { ignoresBody: true });
      // The other side may have cut it before it passed the request on.
      if (kind === 'cut') await expect(enough).rejects.toMatchObject({ code: 'network' });
      else expect(await enough).toMatchObject({ status: 200 });
    });
  });

  test('is not waited for long when nobody needs it', async () => {
    server = await startServer((_, response) => response.write('half'));
    const startedMs = performance.now();
    const patient = limits({ timeoutMs: 20_000, ignoresBody: true });
    expect(await send(get(), patient)).toMatchObject({ status: 200 });
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });

  test.each(['GZIP', 'x-gzip', ' gzip '])(
    'is unpacked whatever the server calls gzip: %j',
    async (encoding) => {
      server = await startServer((_, response) =>
        response.setHeader('content-encoding', encoding).end(gzipSync('päckchen')),
      );
      expect((await send(get(), limits())).body.toString()).toBe('päckchen');
    },
  );

  test('is not expected in an answer that has none, whatever its headers say', async () => {
    server = await startServer((_, response) =>
      response.writeHead(204, { 'content-encoding': 'gzip' }).end(),
    );
    expect(await send(get(), limits())).toMatchObject({ status: 204, body: Buffer.alloc(0) });
  });
});

test.each([
  ['in the middle of the headers', 'HTTP/1.1 200 OK\r\nContent-'],
  ['in the middle of the body', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
])('a kept-alive connection that is cut %s was not stale', async (_, half) => {
  let requests = 0;
  const raw = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      if (++requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      else socket.write(half, () => setTimeout(() => socket.resetAndDestroy(), 20));
    });
  });
  await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
  const { port } = raw.address() as net.AddressInfo;
  const request: HttpRequest = { method: 'GET', url: new URL(`http://127.0.0.1:${port}/`), headers: {} };
  await send(request, limits());
  await expect(send(request, limits())).rejects.toMatchObject({ code: 'network', staleConnection: false });
  raw.close();
});

describe('redirects', () => {
  const redirect = (status: number, location: (origin: string) => string) =>
    startServer((request, response) => {
      if (request.url === '/end') response.end(`${request.method} ${request.headers.authorization}`);
      else response.writeHead(status, { location: location(`http://${request.headers.host}`) }).end();
    });

  test('follows one on the same host, with its headers', async () => {
    server = await redirect(302, () => '/end');
    const response = await send({ ...get(), headers: { authorization: 'bearer x' } }, limits());
    expect(response.body.toString()).toBe('GET bearer x');
  });

  test.each([['http://localhost:1/'], ['https://example.invalid/'], ['//example.invalid/'], ['http://[']])(
    'does not follow one to %s',
    async (location) => {
      server = await redirect(302, () => location);
      await expect(send(get(), limits())).rejects.toMatchObject({
        code: 'http_status',
        retryable: false,
        message: `GET ${server.origin}/page: redirected (302) to another host; only redirects to the same host are followed`,
      });
    },
  );

  test('does not follow a loop', async () => {
    server = await redirect(302, (origin) => `${origin}/again`);
    await expect(send(get(), limits())).rejects.toThrow(`GET ${server.origin}/again: more than 3 redirects`);
  });

  test('repeats a POST for 307 and 308 only', async () => {
    server = await redirect(307, () => '/end');
    const post = { ...get(), method: 'POST' as const, body: 'a=b' };
    expect((await send(post, limits())).body.toString()).toMatch(/^POST/);
    await server.close();
    server = await redirect(303, () => '/end');
    await expect(send({ ...post, url: new URL(`${server.origin}/page`) }, limits())).rejects.toThrow(
      'answered 303; a POST is not repeated as a GET',
    );
  });
});
