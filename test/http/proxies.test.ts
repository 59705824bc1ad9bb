import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { openNetwork } from '../../src/app/network.ts';
import { clientOptions } from '../../src/aws/sdk.ts';
import { ConfigError } from '../../src/config/load.ts';
import { deadlineIn } from '../../src/deadline.ts';
import { ProxyError } from '../../src/http/errors.ts';
import { directNetwork } from '../../src/http/network.ts';
import { parseProxies } from '../../src/http/proxies.ts';
import { createSend, type HttpRequest, type SendLimits } from '../../src/http/send.ts';
import { soon } from '../support/deadline.ts';
import { type ProxyServer, startProxyServer } from '../support/proxy-server.ts';
import { startServer } from '../support/server.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function toClose<T extends { close(): unknown }>(each: T): T {
  closers.push(() => each.close());
  return each;
}

const get = (url: string): HttpRequest => ({ method: 'GET', url: new URL(url), headers: {} });
const limits = (more: Partial<SendLimits> = {}): SendLimits => ({
  deadline: soon(),
  timeoutMs: 2000,
  maxBodyBytes: 1000,
  ...more,
});
const sendBy = async (env: Record<string, string>) => toClose(createSend(await openNetwork(env)));
const proxyWith = async (...args: Parameters<typeof startProxyServer>): Promise<ProxyServer> =>
  toClose(await startProxyServer(...args));

describe('what the variables say', () => {
  const choose = (env: Record<string, string>, target: string) => {
    const { proxies, problems } = parseProxies(env);
    expect(problems).toEqual([]);
    const { protocol, hostname, port } = new URL(target);
    const proxy = protocol === 'https:' ? proxies.https : proxies.http;
    if (!proxy || proxies.bypasses(hostname, Number(port || (protocol === 'https:' ? 443 : 80))))
      return 'direct';
    return `${proxy.name} (${proxy.variable})`;
  };

  test.each<[Record<string, string>, string, string]>([
    [{}, 'https://a.example/', 'direct'],
    [{ HTTPS_PROXY: '' }, 'https://a.example/', 'direct'],
    [{ HTTPS_PROXY: 'http://p:3128' }, 'https://a.example/', 'p:3128 (HTTPS_PROXY)'],
    [{ HTTPS_PROXY: 'http://p:3128' }, 'http://a.example/', 'direct'],
    [{ HTTP_PROXY: 'http://p:3128' }, 'http://a.example/', 'p:3128 (HTTP_PROXY)'],
    [{ HTTP_PROXY: 'http://p:3128' }, 'https://a.example/', 'direct'],
    [{ HTTPS_PROXY: 'http://p:1', https_proxy: 'http://q:2' }, 'https://a.example/', 'q:2 (https_proxy)'],
    [{ HTTPS_PROXY: 'http://p:1', https_proxy: ' ' }, 'https://a.example/', 'p:1 (HTTPS_PROXY)'],
    [{ ALL_PROXY: 'http://p:1' }, 'https://a.example/', 'p:1 (ALL_PROXY)'],
    [{ all_proxy: 'http://p:1', HTTP_PROXY: 'http://q:2' }, 'http://a.example/', 'q:2 (HTTP_PROXY)'],
    [{ HTTPS_PROXY: ' p:3128 ' }, 'https://a.example/', 'p:3128 (HTTPS_PROXY)'],
    [{ HTTPS_PROXY: 'http://u:p%40ss@p' }, 'https://a.example/', 'p:80 (HTTPS_PROXY)'],
    [{ HTTPS_PROXY: 'https://p/' }, 'https://a.example/', 'p:443 (HTTPS_PROXY)'],
    [{ HTTPS_PROXY: 'http://[fd00::1]:3128' }, 'https://a.example/', '[fd00::1]:3128 (HTTPS_PROXY)'],
  ])('%j and %s: %s', (env, target, chosen) => {
    expect(choose(env, target)).toBe(chosen);
  });

  test.each<[string, string, boolean]>([
    ['', 'https://a.example/', false],
    ['*', 'https://a.example/', true],
    ['a.example', 'https://a.example/', true],
    ['A.Example', 'https://a.EXAMPLE/', true],
    ['a.example', 'https://a.example./', true],
    ['a.example', 'https://b.a.example/', true],
    ['a.example', 'https://ba.example/', false],
    ['.a.example', 'https://b.a.example/', true],
    ['.a.example', 'https://a.example/', false],
    ['*.a.example', 'https://b.a.example/', true],
    ['*.a.example', 'https://a.example/', false],
    ['a.example:8443', 'https://a.example:8443/', true],
    ['a.example:8443', 'https://a.example/', false],
    ['a.example:443', 'https://a.example/', true],
    ['b.example, a.example', 'https://a.example/', true],
    ['b.example a.example', 'https://a.example/', true],
    ['10.1.2.3', 'https://10.1.2.3/', true],
    ['10.1.2.3:8443', 'https://10.1.2.3/', false],
    ['10.0.0.0/8', 'https://10.1.2.3/', true],
    ['10.0.0.0/8', 'https://11.1.2.3/', false],
    ['10.0.0.0/8', 'https://a.example/', false],
    ['fd00::/8', 'https://[fd00::1]/', true],
    ['fd00::1', 'https://[fd00::1]:8443/', true],
    ['[fd00::1]', 'https://[fd00::1]/', true],
    ['[fd00::1]:443', 'https://[fd00::1]/', true],
    ['[fd00::1]:443', 'https://[fd00::1]:8443/', false],
  ])('NO_PROXY "%s" and %s: direct %s', (noProxy, target, direct) => {
    const env = { HTTPS_PROXY: 'http://p:1', NO_PROXY: noProxy };
    expect(choose(env, target)).toBe(direct ? 'direct' : 'p:1 (HTTPS_PROXY)');
  });

  test.each([
    'https://localhost/',
    'https://LOCALHOST:9755/',
    'https://api.localhost/',
    'https://127.0.0.1/',
    'https://127.1.2.3:8443/',
    'https://[::1]:8443/',
    'https://[::ffff:127.0.0.1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://169.254.170.2/v2/credentials',
    'http://[fd00:ec2::254]/latest/meta-data/',
    'http://[fd00:ec2::23]/v1/credentials',
  ])('this machine itself and the sources of AWS credentials are reached directly: %s', (target) => {
    expect(choose({ ALL_PROXY: 'http://p:1' }, target)).toBe('direct');
  });

  const expected =
    'expected http://host:port or https://host:port, with user:password@ before the host if the proxy requires them (percent-encode special characters); received another value';

  const unsupported = (scheme: string) =>
    expected.replace('another value', `an address of ${scheme}, which is not supported`);

  test.each<[Record<string, string>, string[]]>([
    [{ HTTPS_PROXY: 'foo bar' }, [`HTTPS_PROXY: ${expected}`]],
    [{ https_proxy: 'socks5://user:hunter2@p:1080' }, [`https_proxy: ${unsupported('socks5')}`]],
    [{ HTTP_PROXY: 'http://user:hunter2%@p:1' }, [`HTTP_PROXY: ${expected}`]],
    [{ HTTPS_PROXY: 'http://user:hunt#er2@p:1' }, [`HTTPS_PROXY: ${expected}`]],
    [{ HTTPS_PROXY: 'http://user:hunter2%0D%0A@p:1' }, [`HTTPS_PROXY: ${expected}`]],
    [{ HTTPS_PROXY: 'http://us%00er:hunter2@p:1' }, [`HTTPS_PROXY: ${expected}`]],
    [{ HTTPS_PROXY: 'http://p:1/path' }, [`HTTPS_PROXY: ${expected}`]],
    [{ ALL_PROXY: 'http://p:99999' }, [`ALL_PROXY: ${expected}`]],
    [
      { HTTP_PROXY: 'ftp://p', HTTPS_PROXY: 'http://' },
      [`HTTP_PROXY: ${unsupported('ftp')}`, `HTTPS_PROXY: ${expected}`],
    ],
    [
      { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.example,10.0.0.0/33,192.168.*' },
      ['"10.0.0.0/33"', '"192.168.*"'].map(
        (entry) =>
          `NO_PROXY: expected host names, addresses and networks such as 10.0.0.0/8; received ${entry}`,
      ),
    ],
  ])('%j is refused without quoting a proxy', async (env, problems) => {
    const failure = await openNetwork(env).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect((failure as ConfigError).problems).toEqual(problems);
  });

  test('does not quote a proxy that stands in NO_PROXY', async () => {
    const env = { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'http://u:hunter2@proxy:3128' };
    await expect(openNetwork(env)).rejects.toMatchObject({
      problems: [
        'NO_PROXY: expected host names, addresses and networks such as 10.0.0.0/8; received an address with a scheme or a user',
      ],
    });
  });

  test('without a proxy NO_PROXY is not read', async () => {
    expect(await openNetwork({ NO_PROXY: '10.0.0.0/99', HTTPS_PROXY: ' ' })).toBe(directNetwork);
  });
});

describe('http addresses', () => {
  test('are sent to the proxy as whole URLs, with the decoded password, on a kept connection', async () => {
    const hosts: (string | undefined)[] = [];
    const target = toClose(
      await startServer((request, response) => {
        hosts.push(request.headers.host);
        response.end(`${request.method} ${request.url} ${request.headers['proxy-authorization']}`);
      }),
    );
    const proxy = await proxyWith(() => Number(new URL(target.origin).port));
    const send = await sendBy({ HTTP_PROXY: `http://user:p%40ss%3Aw%C3%B6rd@${proxy.host}` });
    const post = { ...get('http://metrics.test/write?a=b'), method: 'POST' as const, body: 'x=y' };
    await send(get('http://metrics.test:8080/metrics'), limits());
    await send(post, limits());
    await send(get('http://metrics.test/fresh'), limits({ fresh: true }));
    expect(proxy.asked).toEqual([
      'GET http://metrics.test:8080/metrics',
      'POST http://metrics.test/write?a=b',
      'GET http://metrics.test/fresh',
    ]);
    const basic = `Basic ${Buffer.from('user:p@ss:wörd').toString('base64')}`;
    expect(proxy.authorizations).toEqual([basic, basic, basic]);
    expect(hosts).toEqual(['metrics.test:8080', 'metrics.test', 'metrics.test']);
    // One for each host and port, and a separate one for the fresh request.
    expect(proxy.opened()).toBe(3);
    await send(get('http://metrics.test/again'), limits());
    expect(proxy.opened()).toBe(3);
  });

  test('that bypass the proxy are reached directly', async () => {
    const target = toClose(await startServer((_, response) => response.end('direct')));
    const proxy = await proxyWith(() => ({ status: 500 }));
    const send = await sendBy({ ALL_PROXY: `http://${proxy.host}` });
    for (const fresh of [false, true]) {
      expect((await send(get(target.origin), limits({ fresh }))).body.toString()).toBe('direct');
    }
    expect(proxy.asked).toEqual([]);
  });

  test('a proxy that does not accept the password is named, and not tried again', async () => {
    const proxy = await proxyWith(() => ({ status: 407 }));
    const send = await sendBy({ HTTP_PROXY: `http://user:hunter2@${proxy.host}` });
    const failure = await send(get('http://metrics.test/x?secret=1'), limits()).catch((error) => error);
    expect(failure).toBeInstanceOf(ProxyError);
    expect(failure).toMatchObject({
      code: 'network',
      retryable: false,
      staleConnection: false,
      message: `GET http://metrics.test/x: the proxy ${proxy.host} answered 407 (Proxy Authentication Required): check the user and password in HTTP_PROXY`,
    });
  });
});

describe('https addresses', () => {
  const target = 'https://api.test/page';

  test.each<[number, boolean, string]>([
    [407, false, '407 (Proxy Authentication Required): check the user and password in HTTPS_PROXY'],
    [401, false, '401 (Unauthorized): check the user and password in HTTPS_PROXY'],
    [403, false, '403 (Forbidden): it does not allow this connection'],
    [302, true, '302 (Found): it did not reach the host'],
    [502, true, '502 (Bad Gateway): it did not reach the host'],
    [599, true, '599 (unknown): it did not reach the host'],
  ])('a proxy that answers %i is named', async (status, retryable, message) => {
    const proxy = await proxyWith(() => ({ status }));
    const send = await sendBy({ HTTPS_PROXY: `http://user:hunter2@${proxy.host}` });
    for (const fresh of [false, true]) {
      const failure = await send(get(`${target}?secret=1`), limits({ fresh })).catch((error) => error);
      expect(failure).toBeInstanceOf(ProxyError);
      expect(failure).toMatchObject({
        code: 'network',
        retryable,
        message: `GET ${target}: the proxy ${proxy.host} answered ${message}`,
      });
    }
    expect(proxy.asked).toEqual(['CONNECT api.test:443', 'CONNECT api.test:443']);
  });

  test('a proxy that does not answer in HTTP is named', async () => {
    const proxy = await proxyWith(() => ({ bytes: '' }));
    const send = await sendBy({ HTTPS_PROXY: proxy.host });
    await expect(send(get(target), limits())).rejects.toThrow(
      `GET ${target}: the proxy ${proxy.host} (HTTPS_PROXY): no valid answer to CONNECT`,
    );
  });

  test.each(['http:', 'https:'])('a proxy (%s) that refuses connections is named', async (scheme) => {
    const proxy = await startProxyServer(() => 'hang');
    await proxy.close();
    const send = await sendBy({ ALL_PROXY: `${scheme}//user:hunter2@${proxy.host}` });
    for (const url of [target, 'http://metrics.test/page']) {
      await expect(send(get(url), limits())).rejects.toThrow(
        `GET ${url}: the proxy ${proxy.host} (ALL_PROXY): connection refused (ECONNREFUSED)`,
      );
    }
  });

  test('a proxy with an unknown host name is named', async () => {
    const send = await sendBy({ HTTPS_PROXY: 'http://user:hunter2@proxy.invalid:3128' });
    await expect(send(get(target), limits())).rejects.toThrow(
      /^GET https:\/\/api\.test\/page: the proxy proxy\.invalid:3128 \(HTTPS_PROXY\): (no such host \(ENOTFOUND\)|name lookup failed \(EAI_AGAIN\))$/,
    );
  });

  test.each(['timeout', 'deadline'])(
    'a proxy that never answers is abandoned at the end of the time (%s)',
    async (how) => {
      const proxy = await proxyWith(() => 'hang');
      const send = await sendBy({ HTTPS_PROXY: `http://${proxy.host}` });
      const deadline = how === 'deadline' ? deadlineIn(100) : soon();
      const failure = await send(
        get(target),
        limits({ deadline, timeoutMs: how === 'deadline' ? 5000 : 100 }),
      ).catch((error) => error);
      if (how === 'deadline') expect(failure).toBe(deadline.signal.reason);
      else expect(failure).toMatchObject({ message: `GET ${target}: no answer within 100 ms` });
      // Otherwise a process could not end.
      for (let tries = 0; proxy.open() > 0 && tries < 50; tries++) await wait(20);
      expect(proxy.open()).toBe(0);
    },
  );
});

describe('an address of a name', () => {
  /** The options of all connections that were begun meanwhile. */
  async function attemptsOf(run: () => Promise<unknown>): Promise<unknown[]> {
    const seen: unknown[] = [];
    const { connect } = net.Socket.prototype;
    net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
      const [first] = args.flat() as { autoSelectFamilyAttemptTimeout?: number; port?: number }[];
      if (first?.port !== undefined) seen.push(first.autoSelectFamilyAttemptTimeout);
      return Reflect.apply(connect, this, args);
    } as typeof connect;
    try {
      await run().catch(() => {});
    } finally {
      net.Socket.prototype.connect = connect;
    }
    return seen;
  }

  test.each(['http://localhost:1', 'https://localhost:1'])(
    "has a second before the next one is tried, for our own requests and for the SDK's (%s)",
    async (url) => {
      const proxy = await startProxyServer(() => 'hang');
      await proxy.close();
      const refusing = `http://${proxy.host}`;
      for (const env of [{}, { ALL_PROXY: refusing }, { ALL_PROXY: `https://${proxy.host}` }]) {
        const network = await openNetwork(env);
        for (const target of [url, url.replace('localhost:1', 'api.test')]) {
          // No name is resolved outside.
          if (!('ALL_PROXY' in env) && target.includes('api.test')) continue;
          const send = toClose(createSend(network));
          for (const fresh of [false, true]) {
            expect(await attemptsOf(() => send(get(target), limits({ fresh })))).toEqual([1000]);
          }
          const { httpAgent, httpsAgent } = clientOptions(network).requestHandler;
          const agent = target.startsWith('https') ? httpsAgent : httpAgent;
          const { request } = await import(target.startsWith('https') ? 'node:https' : 'node:http');
          const ask = () => new Promise((_, reject) => request(target, { agent }).on('error', reject).end());
          expect(await attemptsOf(ask)).toEqual([1000]);
        }
      }
    },
  );

  test("has less than the SDK's limit for a connection, so that the next one is tried", () => {
    expect(clientOptions(directNetwork).requestHandler).toMatchObject({
      connectionTimeout: 3000,
      requestTimeout: 3000,
    });
  });
});
