import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { leftMs } from '../../src/deadline.ts';
import type { Scraper } from '../../src/scrape.ts';
import { toDeadline } from '../../src/serve/deadline.ts';
import { type Listening, listen } from '../../src/serve/listen.ts';
import { type IncomingRequest, toRequest } from '../../src/serve/message.ts';
import { createRoutes } from '../../src/serve/routes.ts';
import type { Reading } from '../../src/snapshot/reading.ts';
import { agent } from '../support/agents.ts';
import { soon } from '../support/deadline.ts';
import { isGone } from '../support/garbage.ts';
import { fullReadingOf, readingOf, rosterOf } from '../support/reading.ts';
import { fakeTiming } from '../support/timing.ts';

/** A scraper with the result that the test sets. */
function scraperOf(reading: Reading): Scraper {
  return {
    account: reading.account,
    region: 'emea',
    scrape: async (deadline) => ({ reading: { ...reading, budgetMs: leftMs(deadline) }, failure: undefined }),
    close() {},
  };
}

const routesOf = (reading = readingOf([agent('a')]), logs: string[] = []) =>
  createRoutes({ scrapers: [scraperOf(reading)], log: (line) => logs.push(line), clocks: fakeTiming(0) });
const appOf = (...of: Parameters<typeof routesOf>) => {
  const routes = routesOf(...of);
  return (request: IncomingRequest) => routes(request, soon());
};
const get = (path: string, headers = {}, method = 'GET') =>
  toRequest(method, path, Object.entries<string>(headers));

describe('the routes', () => {
  test('serves text 0.0.4 to clients that request nothing else, with its length', async () => {
    const response = await appOf()(get('/metrics'));
    expect(response.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    const body = Buffer.from(response.body);
    expect(response.headers['content-length']).toBe(String(body.length));
    expect(response.headers['content-encoding']).toBeUndefined();
    expect(response.headers['x-content-type-options']).toBe('nosniff');
  });

  test('keeps nothing of single agents after its answer', async () => {
    const refs: WeakRef<object>[] = [];
    const scrape: Scraper['scrape'] = async () => {
      const reading = fullReadingOf([agent('a')], rosterOf({}));
      refs.push(new WeakRef(reading.agentSeries!));
      return { reading, failure: undefined };
    };
    const scraper = { account: 'test', region: 'emea', scrape, close() {} };
    const routes = createRoutes({ scrapers: [scraper], log: () => {}, clocks: fakeTiming(0) });
    expect(String((await routes(get('/metrics'), soon())).body)).toContain('agent_id="a"');
    expect(await isGone(refs[0]!)).toBe(true);
    expect(String((await routes(get('/'), soon())).body)).toContain('class="up"');
  });

  test('escapes texts from outside, and allows no scripts', async () => {
    const app = appOf(
      readingOf([agent('a', { presence: '<script>alert(1)</script>' })], { account: '<b>&"' }),
    );
    const { body: html } = await app(get('/'));
    expect(html).not.toMatch(/<script|<b>/);
    expect(html).toContain('&lt;b&gt;&amp;&quot;');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  test("forbids browsers to run, fetch and frame anything, and allows only the page's own style", async () => {
    const { headers, body } = await appOf()(get('/'));
    const style = /<style>(.*)<\/style>/s.exec(String(body))![1]!;
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers).toMatchObject({
      'content-security-policy': `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
  });

  test.each(['/metrics/', '/Metrics', '/constructor', '/__proto__', '/favicon.ico'])(
    'does not know %s',
    async (path) => {
      const response = await appOf()(get(path));
      expect(response.status).toBe(404);
      expect(response.body).toBe('Not found. The paths are /, /metrics, /probe, /sd, /-/healthy.\n');
    },
  );

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('refuses %s', async (method) => {
    const response = await appOf()(get('/metrics', {}, method));
    expect([response.status, response.headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  test.each([
    ['/', {}],
    ['/metrics', {}],
    ['/metrics', { accept: 'application/openmetrics-text' }],
    ['/probe?target=test', {}],
    ['/probe?target=other', {}],
    ['/sd', {}],
  ])('answers HEAD %s like GET, without the body and without a read', async (path, headers) => {
    const scraper = { ...scraperOf(readingOf([])), scrape: () => Promise.reject(new Error('a read')) };
    const head = await createRoutes({ scrapers: [scraper], log: () => {} })(
      get(path, headers, 'HEAD'),
      soon(),
    );
    const full = await appOf()(get(path, headers));
    const { 'content-length': length, ...rest } = full.headers;
    const known = path === '/sd' || full.status !== 200;
    expect(head).toEqual({ status: full.status, headers: known ? full.headers : rest, body: '' });
    expect(length).toBeDefined();
  });

  test('answers 500 only for its own bug, and logs the place, not the data', async () => {
    const logs: string[] = [];
    const scraper: Scraper = {
      account: 'x',
      region: 'emea',
      scrape: async () => {
        throw new TypeError('cannot read agent 4711');
      },
      close() {},
    };
    const routes = createRoutes({ scrapers: [scraper], log: (line) => logs.push(line) });
    const response = await routes(get('/metrics'), soon());
    expect(response.status).toBe(500);
    expect(JSON.parse(logs[0]!)).toMatchObject({ code: 'internal', kind: 'TypeError' });
    expect(logs[0]).toContain('routes.test.ts');
    expect(logs.join() + response.body).not.toContain('4711');
  });
});

describe('several accounts', () => {
  const readings = [
    readingOf([agent('a')], { account: 'acme-uk' }),
    readingOf([], { account: 'a b&c="d"', error: 'network', floor: undefined }),
  ];
  const left: number[] = [];
  const scrapers = readings.map((reading): Scraper => {
    const scraper = scraperOf(reading);
    return {
      ...scraper,
      scrape(deadline) {
        left.push(leftMs(deadline));
        return scraper.scrape(deadline);
      },
    };
  });
  const routes = createRoutes({ scrapers, log: () => {} });
  const app = (request: IncomingRequest) => routes(request, toDeadline(request));

  test('are side by side in /metrics, each with its own vcc_up, and time is kept for the answer', async () => {
    left.length = 0;
    const { body } = await app(get('/metrics', { 'x-prometheus-scrape-timeout-seconds': '10' }));
    const text = body.toString();
    expect(text).toContain('vcc_up{account="acme-uk"} 1\nvcc_up{account="a b&c=\\"d\\""} 0\n');
    expect(text).toContain('vcc_agents_idle{account="acme-uk"} 1\n');
    expect(text.match(/^# HELP vcc_up /gm)).toHaveLength(1);
    for (const ms of left) expect(Math.abs(ms - 9500)).toBeLessThan(450);
    expect(left).toHaveLength(2);
  });

  test('are each found by /probe?target=, whatever the name contains', async () => {
    for (const [name, other] of [
      ['acme-uk', 'a b&c'],
      ['a b&c="d"', 'acme-uk'],
    ] as const) {
      const response = await app(get(`/probe?target=${encodeURIComponent(name)}`));
      expect(response.status).toBe(200);
      expect(response.body.toString()).not.toContain(other);
    }
    expect((await app(get('/probe?target=a+b%26c%3D%22d%22'))).status).toBe(200);
  });

  test.each([
    ['/probe', 'received none'],
    ['/probe?target=', 'received another name'],
    ['/probe?target=http://hunter2.example/', 'received another name'],
    ['/probe?target=__proto__', 'received another name'],
    ['/probe?target=acme-uk&target=acme-uk', 'received several'],
  ])('%s is answered with 400 and the names that there are', async (path, received) => {
    const response = await app(get(path));
    expect(response.status).toBe(400);
    expect(response.body).toBe(
      `target: expected the name of one account; ${received}. The accounts are: acme-uk, a b&c="d"\n`,
    );
  });

  test('are listed by /sd in the form of http_sd_configs', async () => {
    const response = await app(get('/sd'));
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(response.body.toString())).toEqual(
      ['acme-uk', 'a b&c="d"'].map((account) => ({
        targets: [account],
        labels: { __meta_vcc_account: account, __meta_vcc_region: 'emea' },
      })),
    );
  });

  test('in very large numbers are not all named in the answer for an unknown one', async () => {
    const many = Array.from({ length: 150 }, (_, index) =>
      scraperOf(readingOf([], { account: `a${index}` })),
    );
    const { body } = await createRoutes({ scrapers: many, log: () => {} })(get('/probe?target=x'), soon());
    expect(body).toMatch(/a98, a99 and 50 more \(\/sd lists them\)\n$/);
  });
});

describe('over node:http', () => {
  let server: Listening;
  afterEach(() => server.close());

  test('serves the app, compressed where that is accepted', async () => {
    server = await listen(routesOf(), '127.0.0.1', 0);
    const response = await fetch(`${server.url}/metrics`);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.text()).toContain('vcc_up{account="test"} 1');
    expect((await fetch(`${server.url}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405);
  });

  test.each([
    ['GET', '//evil/metrics', 404],
    ['GET', '*', 404],
    ['GET', '/%', 404],
    ['GET', 'http://other/metrics', 200],
    ['GET', 'http://other', 200],
    ['TRACE', '/metrics', 405],
  ])('answers %s %s with %i', async (method, path, expected) => {
    server = await listen(routesOf(), '127.0.0.1', 0);
    const { hostname, port } = new URL(server.url);
    const status = await new Promise((resolve, reject) => {
      httpRequest({ hostname, port, path, method, agent: false }, (response) =>
        resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end();
    });
    expect(status).toBe(expected);
  });

  test('is closed although a client is connected that has sent nothing, or half a request', async () => {
    server = await listen(routesOf(), '127.0.0.1', 0);
    const { hostname, port } = new URL(server.url);
    const sockets = [connect(Number(port), hostname), connect(Number(port), hostname)];
    for (const socket of sockets) {
      socket.on('error', () => {});
      await once(socket, 'connect');
    }
    sockets[1]!.write('GET /met');
    const startedMs = performance.now();
    await server.close();
    expect(performance.now() - startedMs).toBeLessThan(2500);
  });

  test('names the setting when the port is in use or the host is not ours', async () => {
    server = await listen(routesOf(), '127.0.0.1', 0);
    const { port } = new URL(server.url);
    await expect(listen(routesOf(), '127.0.0.1', Number(port))).rejects.toMatchObject({
      problems: [
        `HOST, PORT: port ${port} on 127.0.0.1 is in use; choose another with PORT or --port (0: any free port)`,
      ],
    });
    await expect(listen(routesOf(), '192.0.2.1', 0)).rejects.toMatchObject({
      problems: [
        'HOST, PORT: expected an address of this machine; choose one with HOST or --host, or 0.0.0.0',
      ],
    });
  });
});
