import { describe, expect, test } from '@jest/globals';
import { onlyByKnownHosts } from '../../src/serve/browsers.ts';
import { type IncomingRequest, reply, toRequest } from '../../src/serve/message.ts';
import { createRoutes } from '../../src/serve/routes.ts';
import { agent } from '../support/agents.ts';
import { soon } from '../support/deadline.ts';
import { readingOf } from '../support/reading.ts';

const get = (path: string, headers: Record<string, string>, method = 'GET') =>
  toRequest(method, path, Object.entries(headers));

describe('the Host of a request to a server without credentials', () => {
  const names = ['Metrics.Example.com', '0.0.0.0', 'vcc_1.net_default.'];
  const respond = onlyByKnownHosts(
    async () => reply(200, 'ids\n'),
    names,
    () => {},
  );
  const ask = (request: IncomingRequest) => respond(request, soon());

  test.each([
    'localhost',
    'localhost:9754',
    'LOCALHOST:9754',
    '127.0.0.1:9754',
    '127.0.0.2',
    '[::1]:9754',
    '[::1]',
    '192.168.1.5:9754',
    '[fe80::1]:9754',
    'vcc-exporter:9754',
    'metrics.example.com:9754',
    'METRICS.example.com',
    'metrics.example.com.:9754',
    'vcc_1.net_default',
    'localhost.:9754',
    '127.0.0.1.',
    '[fe80::1%25eth0]:9754',
    '',
  ])('may be %p', async (host) => {
    expect(await ask(get('/metrics', { host }))).toMatchObject({ status: 200 });
  });

  test.each([
    'evil.example',
    'evil.example:9754',
    '127.0.0.1.evil.example:9754',
    'localhost.evil.example',
    'evil.example.',
    'evil.example..',
    'metrics.example.com.evil.example',
    'evil.metrics.example.com',
    '7f000001.rbndr.us:9754',
    '[::1].evil.example',
    '[evil.example]:9754',
    '127.0.0.1:9754@evil.example',
    '127.0.0.1, evil.example',
    'evil.example:',
  ])('may not be %p', async (host) => {
    const answer = await ask(get('/metrics', { host }));
    expect(answer).toMatchObject({
      status: 403,
      body: 'Unknown Host. Without scrape credentials, expected an IP address, a name without a dot, or a name in VCC_SCRAPE_HOSTS.\n',
    });
    expect(await ask(get('/sd', { host }, 'HEAD'))).toMatchObject({ status: 403, body: '' });
    expect(await ask(get('/-/healthy', { host }))).toMatchObject({ status: 200 });
  });
});

test('the log gives the reason once why requests to an unknown Host are refused', async () => {
  const log: string[] = [];
  const respond = onlyByKnownHosts(
    async () => reply(200, 'ids\n'),
    [],
    (line) => log.push(line),
  );
  const ask = (host: string) => respond(get('/metrics', { host }), soon());
  await ask('vcc-exporter.monitoring.svc.cluster.local:9754');
  await ask('vcc-exporter');
  await ask('evil.example');
  expect(log.map((line) => JSON.parse(line))).toEqual([
    {
      level: 'error',
      event: 'request refused',
      code: 'config',
      message:
        'Unknown Host. Without scrape credentials, expected an IP address, a name without a dot, or a name in VCC_SCRAPE_HOSTS.',
    },
  ]);
});

describe('what a browser says about a request', () => {
  let reads = 0;
  const routes = createRoutes({
    scrapers: [
      {
        account: 'test',
        region: 'emea',
        async scrape() {
          reads++;
          return { reading: readingOf([agent('a')]), failure: undefined };
        },
        close() {},
      },
    ],
    log: () => {},
  });
  const fetched = (site: string, mode: string, dest: string, more = {}) => ({
    'sec-fetch-site': site,
    'sec-fetch-mode': mode,
    'sec-fetch-dest': dest,
    ...more,
  });

  test.each([
    ['an image', fetched('cross-site', 'no-cors', 'image')],
    ['a script', fetched('cross-site', 'no-cors', 'script')],
    ['a fetch', fetched('cross-site', 'cors', 'empty')],
    ['a fetch by a page on another port', fetched('same-site', 'cors', 'empty')],
    ['a frame', fetched('cross-site', 'navigate', 'iframe')],
    ['an object', fetched('same-site', 'navigate', 'object')],
    [
      'a link fetched in advance',
      fetched('cross-site', 'navigate', 'document', { 'sec-purpose': 'prefetch' }),
    ],
    ['a site that is not known', fetched('new-site', 'cors', 'empty')],
    ['nothing but the site', { 'sec-fetch-site': 'cross-site' }],
  ])('starts no read for %s of another site', async (_, headers) => {
    for (const path of ['/metrics', '/probe?target=test', '/', '/sd', '/-/healthy']) {
      reads = 0;
      const answer = await routes(get(path, headers), soon());
      expect([path, answer.status, reads]).toEqual([path, 403, 0]);
      expect(answer.body).toContain('may link to this address');
    }
  });

  test.each([
    ['a link on another site, such as Grafana', fetched('cross-site', 'navigate', 'document')],
    ['a link on the same machine, such as Prometheus', fetched('same-site', 'navigate', 'document')],
    ['a typed address', fetched('none', 'navigate', 'document')],
    ["the page's own links", fetched('same-origin', 'navigate', 'document')],
    ['a scraper, which says nothing', {}],
  ])('lets %s in', async (_, headers) => {
    for (const path of ['/', '/metrics']) {
      expect(await routes(get(path, headers), soon())).toMatchObject({ status: 200 });
    }
  });

  test.each(['/', '/metrics', '/sd', '/nothing', '/-/healthy'])(
    '%s is for no other site to show',
    async (path) => {
      expect((await routes(get(path, {}), soon())).headers).toMatchObject({
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
      });
    },
  );
});
