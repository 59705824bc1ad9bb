import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import type { HttpEvent } from '../../src/lambda/events.ts';
import { createHttpHandler } from '../../src/lambda/metrics.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { environmentOf } from '../support/account.ts';

const folder = new URL('../fixtures/events/', import.meta.url);
const names = readdirSync(folder).map((file) => file.replace('.json', ''));

/** A fresh copy of an event, with another method or path. */
function eventOf(name: string, more: { method?: string; path?: string } = {}): HttpEvent {
  const event = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
  if ('rawPath' in event) {
    event.requestContext.http.method = more.method ?? 'GET';
    event.rawPath = event.rawPath.replace('/metrics', more.path ?? '/metrics');
  } else {
    event.httpMethod = more.method ?? 'GET';
    event.path = more.path ?? '/metrics';
    if (event.pathParameters) event.pathParameters.proxy = event.path.slice(1);
  }
  return event;
}

const context = (leftMs = 30_000) => ({ getRemainingTimeInMillis: () => leftMs }) as Context;

interface AnyResult {
  statusCode: number;
  statusDescription?: string;
  headers?: Record<string, string>;
  multiValueHeaders?: Record<string, string[]>;
  body: string;
  isBase64Encoded: boolean;
}

const headersOf = (result: AnyResult) =>
  result.headers ??
  Object.fromEntries(
    Object.entries(result.multiValueHeaders ?? {}).map(([name, values]) => [name, values.join(', ')]),
  );
const bodyOf = (result: AnyResult) =>
  result.isBase64Encoded ? gunzipSync(Buffer.from(result.body, 'base64')).toString('utf8') : result.body;

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ agents: 60 });
});
afterAll(() => simulator.close());

describe.each(names)('an event of %s', (name) => {
  const logs: string[] = [];
  const handle = async (event: HttpEvent, leftMs?: number) => {
    const handler = createHttpHandler(environmentOf(simulator), (line) => logs.push(line));
    return (await handler(event, context(leftMs))) as AnyResult;
  };

  test('is answered with metrics in the requested format, compressed where the gateway can', async () => {
    const result = await handle(eventOf(name));
    expect(result.statusCode).toBe(200);
    const headers = headersOf(result);
    expect(headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(headers.vary).toBe('Accept, Accept-Encoding');
    expect(headers['cache-control']).toBe('no-store');
    expect(result.isBase64Encoded).toBe(name !== 'rest-api');
    expect(bodyOf(result)).toContain('vcc_snapshot_agents{account="test"} 60\n');
    expect(bodyOf(result)).toContain('vcc_simulated{account="test"} 1\n');
    expect(bodyOf(result).endsWith('# EOF\n')).toBe(true);
  });

  test("lets the scraper's timeout and the time left shorten the scrape", async () => {
    expect(bodyOf(await handle(eventOf(name)))).toContain(
      'vcc_scrape_deadline_seconds{account="test"} 9.5\n',
    );
    expect(bodyOf(await handle(eventOf(name), 3000))).toContain(
      'vcc_scrape_deadline_seconds{account="test"} 2.5\n',
    );
  });

  test('knows HEAD, 404 and 405', async () => {
    const head = await handle(eventOf(name, { method: 'HEAD' }));
    expect(head).toMatchObject({ statusCode: 200, body: '' });
    expect(await handle(eventOf(name, { path: '/nothing' }))).toMatchObject({ statusCode: 404 });
    const post = await handle(eventOf(name, { method: 'POST' }));
    expect(post.statusCode).toBe(405);
    expect(headersOf(post).allow).toBe('GET, HEAD');
  });

  test('gets the landing page and the health check as text', async () => {
    const page = await handle(eventOf(name, { path: '/' }));
    expect(headersOf(page)['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body).toContain('<title>vcc-exporter</title>');
    // The page has scraped for its own content.
    expect(page.body).toContain('Account test: <span class="up">up</span>');
    expect(page.body).toContain('60 agents, ');
    expect(page.body).toContain('<strong>Simulated accounts.</strong>');
    expect(await handle(eventOf(name, { path: '/-/healthy' }))).toMatchObject({
      statusCode: 200,
      body: 'OK\n',
    });
  });
});

describe.each(names)('the query of an event of %s', (name) => {
  /**
   * As each gateway passes it on: a Function URL and an HTTP API raw too, a REST API decoded, an
   * ALB unchanged.
   */
  function probeOf(target: string): HttpEvent {
    const event = eventOf(name, { path: '/probe' }) as unknown as Record<string, unknown>;
    const encoded = encodeURIComponent(target);
    if ('rawPath' in event) event.rawQueryString = `target=${encoded}`;
    else {
      const value = name === 'rest-api' ? target : encoded;
      event.queryStringParameters = { target: value };
      if (name !== 'alb') event.multiValueQueryStringParameters = { target: [value] };
      if (name === 'alb-multi-value') delete event.queryStringParameters;
    }
    return event as unknown as HttpEvent;
  }
  const account = 'a b&c=+%';

  test('chooses the account, whatever its name contains', async () => {
    const handler = createHttpHandler(environmentOf(simulator, { VCC_ACCOUNT: account }), () => {});
    expect((await handler(probeOf(account), context())) as AnyResult).toMatchObject({ statusCode: 200 });
    const other = (await handler(probeOf('a b'), context())) as AnyResult;
    expect(other).toMatchObject({ statusCode: 400 });
    expect(other.body).toContain('The accounts are: a b&c=+%');
  });
});

describe('an answer that AWS would not let pass', () => {
  const logs: string[] = [];
  let large: Simulator;
  beforeAll(async () => {
    large = await startSimulator({ agents: 2500 });
  });
  afterAll(() => large.close());
  const answerTo = async (
    name: string,
    headers: Record<string, string>,
    env: Record<string, string> = {},
  ) => {
    logs.length = 0;
    const agents = { VCC_AGENT_METRICS: 'ids', VCC_AGENT_LIMIT: '100000', VCC_AGENT_LOGGED_OUT: 'include' };
    const handler = createHttpHandler(environmentOf(large, { ...agents, ...env }), (line) => logs.push(line));
    const event = eventOf(name);
    Object.assign(event, { headers });
    return (await handler(event, context())) as AnyResult;
  };
  const packed = { 'accept-encoding': 'gzip' };

  test('is one of 1 MB for an ALB, and names what to switch on', async () => {
    const result = await answerTo('alb', {});
    expect(result.statusCode).toBe(500);
    expect(result.body).toMatch(
      /^The answer would be \d\.\d MB; an ALB allows 1\.0 MB\. To fix this, use a scraper that accepts gzip, as Prometheus does; or \/probe\?target= for each account instead of \/metrics, VCC_AGENT_LIMIT or VCC_AGENT_INCLUDE\.\n$/,
    );
    expect(JSON.parse(logs[0]!)).toMatchObject({ event: 'answer too large', maxBytes: 1_048_576 });
  });

  test('passes as soon as it is small enough: compressed, or with fewer agents', async () => {
    const result = await answerTo('alb', packed);
    expect(result.statusCode).toBe(200);
    expect(JSON.stringify(result).length).toBeLessThan(1_048_576);
    expect(bodyOf(result).match(/^vcc_agent_info\{/gm)).toHaveLength(2500);
    expect((await answerTo('alb', {}, { VCC_AGENT_LIMIT: '100' })).statusCode).toBe(200);
  });

  test('is one of 6 MB elsewhere', async () => {
    const result = await answerTo('function-url', {});
    expect(result.statusCode).toBe(200);
    expect(JSON.stringify(result).length).toBeLessThan(6_291_556);
    expect(JSON.stringify(result).length).toBeGreaterThan(1_048_576);
  });
});

test('an ALB with multi-value headers gets them back in that form, and every ALB the words of the status', async () => {
  const handler = createHttpHandler(environmentOf(simulator), () => {});
  const multi = (await handler(eventOf('alb-multi-value', { path: '/x' }), context())) as AnyResult;
  expect(multi).toMatchObject({
    statusDescription: '404 Not Found',
    multiValueHeaders: { 'cache-control': ['no-store'] },
  });
  expect(multi.headers).toBeUndefined();
  const single = (await handler(eventOf('alb', { path: '/-/healthy' }), context())) as AnyResult;
  expect(single).toMatchObject({ statusDescription: '200 OK', headers: { 'cache-control': 'no-store' } });
});

test.each<[string, string, (event: Record<string, unknown>) => void]>([
  ['a custom domain with a base path', 'rest-api', (event) => Object.assign(event, { path: '/vcc/metrics' })],
  [
    'a resource without a proxy part',
    'rest-api',
    (event) => Object.assign(event, { path: '/vcc/metrics', resource: '/metrics', pathParameters: null }),
  ],
])('finds the route behind %s', async (_, name, change) => {
  const event = eventOf(name);
  change(event as unknown as Record<string, unknown>);
  const handler = createHttpHandler(environmentOf(simulator), () => {});
  expect(bodyOf((await handler(event, context())) as AnyResult)).toContain('vcc_up');
});

test('reads the bare stage of an HTTP API as the landing page', async () => {
  const event = Object.assign(eventOf('http-api'), { rawPath: '/prod' });
  const handler = createHttpHandler(environmentOf(simulator), () => {});
  expect(((await handler(event, context())) as AnyResult).body).toContain('<title>vcc-exporter</title>');
});

test('odd methods and headers are answered', async () => {
  const handler = createHttpHandler(environmentOf(simulator), () => {});
  expect(await handler(eventOf('alb', { method: 'TRACE' }), context())).toMatchObject({ statusCode: 405 });
  const odd = eventOf('function-url') as { headers: Record<string, string> };
  odd.headers.accept = '☃';
  expect(await handler(odd as unknown as HttpEvent, context())).toMatchObject({ statusCode: 200 });
});

test("a gateway's own limit counts too", async () => {
  const env = environmentOf(simulator, { VCC_TIMEOUT: '600s' });
  const event = eventOf('rest-api') as unknown as {
    headers: Record<string, string>;
    multiValueHeaders: Record<string, string[]>;
  };
  event.headers = {};
  event.multiValueHeaders = {};
  const result = (await createHttpHandler(env, () => {})(
    event as unknown as HttpEvent,
    context(900_000),
  )) as AnyResult;
  expect(bodyOf(result)).toContain('vcc_scrape_deadline_seconds{account="test"} 28.5\n');
});

describe('what is no event of AWS', () => {
  const logs: string[] = [];
  const anybody = () => createHttpHandler(environmentOf(simulator), (line) => logs.push(line));
  const iam = () => createHttpHandler(environmentOf(simulator, { VCC_SCRAPE_AUTH: 'iam' }), () => {});

  test.each([
    null,
    'warm',
    7,
    [],
    {},
    { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} },
    { version: '2.0' },
    { version: '2.0', rawPath: '/metrics', requestContext: { http: null } },
    { version: '2.0', requestContext: { http: { method: 'GET' } } },
    { httpMethod: 'GET' },
    { httpMethod: 'GET', requestContext: { elb: {} } },
    { httpMethod: null, path: '/metrics', requestContext: null },
  ])('is answered with 400: %j', async (event) => {
    logs.length = 0;
    expect(await anybody()(event as unknown as HttpEvent, context())).toMatchObject({
      statusCode: 400,
      body: 'Expected an HTTP event of a Function URL, API Gateway (REST or HTTP) or ALB.\n',
      isBase64Encoded: false,
    });
    expect(logs.map((line) => JSON.parse(line).event)).toEqual(['no HTTP event']);
  });

  test.each(names)('may be one of %s that lacks all but method and path', async (name) => {
    const event = eventOf(name, { path: '/-/healthy' }) as unknown as Record<string, unknown>;
    const { version, rawPath, requestContext, httpMethod, path } = event;
    const elb = (requestContext as { elb?: object }).elb;
    const bare =
      version === '2.0'
        ? {
            version,
            rawPath,
            requestContext: { http: { method: 'GET' }, stage: name.includes('api') && 'prod' },
          }
        : { httpMethod, path, ...(elb && { requestContext: { elb: null } }) };
    for (const empty of [undefined, null, 'x', [1], { a: 1, b: null, c: [null, 2] }]) {
      const odd = { headers: empty, multiValueHeaders: empty, queryStringParameters: empty };
      expect(await anybody()({ ...bare, ...odd } as unknown as HttpEvent, context())).toMatchObject({
        statusCode: 200,
        body: 'OK\n',
      });
    }
  });

  /** Real events with any JSON in some of their fields. */
  const mangled = fc.constantFrom(...names).chain((name) => {
    const event = eventOf(name, { path: '/-/healthy' }) as unknown as Record<string, unknown>;
    const fields = Object.keys(event).filter((field) => field !== 'requestContext');
    const nested = event.requestContext as Record<string, unknown>;
    const anyOf = (keys: string[]) =>
      fc.record(Object.fromEntries(keys.map((key) => [key, fc.jsonValue()])), { requiredKeys: [] });
    return fc.tuple(anyOf(fields), anyOf(Object.keys(nested)), fc.boolean()).map(([own, inner, keep]) => ({
      ...event,
      ...own,
      requestContext: keep ? { ...nested, ...inner } : own.body,
    }));
  });

  test('always gets a whole answer, and never counts as signed', async () => {
    const [open, signedOnly] = [anybody(), iam()];
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.jsonValue(), mangled), async (event) => {
        const result = (await open(event as unknown as HttpEvent, context())) as AnyResult;
        expect([200, 400, 404, 405]).toContain(result.statusCode);
        expect([typeof result.body, typeof result.isBase64Encoded]).toEqual(['string', 'boolean']);
        for (const value of Object.values(headersOf(result))) expect(typeof value).toBe('string');
        const arn = (event as { requestContext?: { authorizer?: { iam?: { userArn?: string } } } } | null)
          ?.requestContext?.authorizer?.iam?.userArn;
        if (arn?.startsWith?.('arn:aws:')) return;
        const { statusCode } = (await signedOnly(event as unknown as HttpEvent, context())) as AnyResult;
        expect([400, 403]).toContain(statusCode);
      }),
      { numRuns: 1000 },
    );
  });
});

test('bad settings are logged, all at once, and answered with 500', async () => {
  const logs: string[] = [];
  const handler = createHttpHandler({ VCC_REGION: 'us', VCC_CLIENT_SECRET: 's3cret' }, (line) =>
    logs.push(line),
  );
  expect(await handler(eventOf('function-url'), context())).toMatchObject({
    statusCode: 500,
    body: 'The settings of the exporter are invalid. See its log.\n',
  });
  expect(JSON.parse(logs[0]!)).toEqual({
    level: 'error',
    event: 'bad settings',
    code: 'config',
    problems: [
      'VCC_REGION: expected one of emea, nam, apac; received "us"',
      'VCC_CLIENT_ID: expected a value, since VCC_CLIENT_SECRET is set; received nothing',
    ],
  });
  expect(logs.join()).not.toContain('s3cret');
});

describe('who may scrape on Lambda', () => {
  const token = 'a-token-of-the-machine';
  const start = (more: Record<string, string>, logs: string[] = []) =>
    createHttpHandler(environmentOf(simulator, { VCC_SCRAPE_AUTH: '', ...more }), (line) => logs.push(line));
  const withHeader = (name: string, header: string, value: string) => {
    const event = eventOf(name) as { headers?: object; multiValueHeaders?: object };
    if (event.headers) Object.assign(event.headers, { [header]: value });
    if (event.multiValueHeaders) Object.assign(event.multiValueHeaders, { [header]: [value] });
    return event as unknown as HttpEvent;
  };

  test('nobody, unless the settings say who', async () => {
    const logs: string[] = [];
    const result = await start({}, logs)(eventOf('function-url'), context());
    expect(result).toMatchObject({ statusCode: 500 });
    expect(logs[0]).toContain('VCC_SCRAPE_TOKENS, VCC_SCRAPE_USERS: expected scrape credentials');
  });

  test.each(names)('who has a token, behind %s', async (name) => {
    const logs: string[] = [];
    const handler = start({ VCC_SCRAPE_TOKENS: `another-token-12345 ${token}` }, logs);
    const refused = (await handler(eventOf(name), context())) as AnyResult;
    expect([refused.statusCode, headersOf(refused)['www-authenticate']]).toEqual([
      401,
      'Basic realm="vcc-exporter", charset="UTF-8", Bearer realm="vcc-exporter"',
    ]);
    const wrong = withHeader(name, 'authorization', 'Bearer wrong-token-of-somebody');
    expect(await handler(wrong, context())).toMatchObject({ statusCode: 401 });
    const right = withHeader(name, 'authorization', `Bearer ${token}`);
    expect(await handler(right, context())).toMatchObject({ statusCode: 200 });
    const browser = `Basic ${Buffer.from(`token:${token}`).toString('base64')}`;
    expect(await handler(withHeader(name, 'authorization', browser), context())).toMatchObject({
      statusCode: 200,
    });
    expect(logs).toEqual([]);
  });

  test('only callers that IAM has checked, with IAM', async () => {
    const handler = start({ VCC_SCRAPE_AUTH: 'iam' });
    for (const name of names) {
      const statusCode = name === 'function-url-iam' ? 200 : 403;
      expect(await handler(eventOf(name), context())).toMatchObject({ statusCode });
    }
    const iam = { userArn: 'arn:aws:iam::123456789012:user/prometheus' };
    const rest = eventOf('rest-api') as unknown as { requestContext: { identity: object } };
    Object.assign(rest.requestContext.identity, iam);
    expect(await handler(rest as unknown as HttpEvent, context())).toMatchObject({ statusCode: 200 });
  });

  const arn = 'arn:aws:iam::123456789012:user/prometheus';
  const role = 'arn:aws-us-gov:sts::123456789012:assumed-role/Prometheus/i-0abc';
  const forms: [userArn: unknown, statusCode: number][] = [
    [arn, 200],
    [role, 200],
    ['arn:aws:iam::123456789012:root', 200],
    ['arn:aws:sts::123456789012:federated-user/ann@example.com', 200],
    ...['', ' ', 'null', 'arn:aws:iam::', 'anonymous', 'arn:aws:s3:::bucket', `${arn}\n`, ` ${arn}`].map(
      (text): [unknown, number] => [text, 403],
    ),
    ...[null, undefined, true, 0, 7, {}, [], [arn], { toString: arn }].map((other): [unknown, number] => [
      other,
      403,
    ]),
  ];
  const iamPlace = (userArn: unknown) => ({ authorizer: { iam: { userArn } } });
  const identityPlace = (userArn: unknown) => ({ identity: { userArn } });

  test.each(names)('an event of %s is signed only by an ARN in the place for its kind', async (name) => {
    const handler = start({ VCC_SCRAPE_AUTH: 'iam' });
    const kind = name.startsWith('alb') ? 'alb' : name === 'rest-api' ? 'rest' : 'v2';
    const statusOf = async (place: object) => {
      const event = eventOf(name) as unknown as { requestContext: Record<string, unknown> };
      delete event.requestContext.authorizer;
      Object.assign(event.requestContext, place);
      return ((await handler(event as unknown as HttpEvent, context())) as AnyResult).statusCode;
    };
    for (const [userArn, statusCode] of forms) {
      const expected = (of: string) => (kind === of ? statusCode : 403);
      expect([userArn, await statusOf(iamPlace(userArn))]).toEqual([userArn, expected('v2')]);
      expect([userArn, await statusOf(identityPlace(userArn))]).toEqual([userArn, expected('rest')]);
    }
    for (const authorizer of [
      null,
      arn,
      [],
      { userArn: arn },
      { iam: arn },
      { iam: null },
      { lambda: { userArn: arn } },
      { jwt: { claims: { userArn: arn } } },
    ])
      expect([authorizer, await statusOf({ authorizer })]).toEqual([authorizer, 403]);
  });

  test('everybody, if that is set on purpose; then no credentials may be set', async () => {
    expect(await start({ VCC_SCRAPE_AUTH: 'none' })(eventOf('alb'), context())).toMatchObject({
      statusCode: 200,
    });
    const logs: string[] = [];
    const refused = start({ VCC_SCRAPE_AUTH: 'none', VCC_SCRAPE_TOKENS: token }, logs);
    expect(await refused(eventOf('alb'), context())).toMatchObject({ statusCode: 500 });
    expect(logs[0]).toContain(
      'VCC_SCRAPE_AUTH: expected credentials, since VCC_SCRAPE_TOKENS is set; received \\"none\\"',
    );
    expect(logs[0]).not.toContain(token);
  });
});
