import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import { compress } from 'snappyjs';
import { encodeWriteRequest } from '../../src/push/encoding/remote-write-1.ts';
import { encodeBatch } from '../../src/push/queue.ts';
import { ContactCentre } from '../../src/simulator/contact-centre.ts';
import type { Fault } from '../../src/simulator/faults.ts';
import type { Simulator } from '../../src/simulator/server.ts';
import { type LambdaRuntime, type RuntimeOptions, startRuntime } from '../support/runtime-api.ts';
import { environmentOfSecrets, startSecretsServer } from '../support/secrets-server.ts';
import { startServer } from '../support/server.ts';
import { frozenMs, richItems, secrets, startFrozen } from './support/account.ts';
import { settingsFor } from './support/exporter.ts';
import { eventOf, gateways, type Relay, requestOf, startRelay, toHttp, waysToCut } from './support/lambda.ts';
import { type Bucket, createBucket, type Moto, startMoto } from './support/moto.ts';
import { describeWith } from './support/parts.ts';
import { freePort } from './support/process.ts';
import { type Series, seriesOf } from './support/push.ts';

const pathOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
/** Replaces /var/runtime/node_modules: the SDK is there, far from the unpacked zip. */
const runtimeModules = pathOf('node_modules');
const scrapeToken = 'e2e-scrape-token-of-prometheus';
const anybody = { VCC_SCRAPE_AUTH: 'none' };
const outOfTheLog = [...Object.values(secrets), scrapeToken];

describeWith(['runtimeClient'], "on Lambda's own runtime client", ({ runtimeClient: { node, client } }) => {
  const open: { close(): Promise<void> }[] = [];
  let simulator: Simulator;

  /** What is closed after the test, whatever its result. */
  function toClose<T extends { close(): Promise<void> }>(each: T): T {
    open.push(each);
    return each;
  }

  beforeEach(async () => {
    simulator = toClose(await startFrozen({ items: richItems }));
  });

  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });

  async function start(
    env: Record<string, string>,
    more: Partial<RuntimeOptions> & { name?: string } = {},
  ): Promise<LambdaRuntime> {
    const { name = 'metrics', ...options } = more;
    const zip = pathOf(`dist/package/${name}.zip`);
    return toClose(await startRuntime({ node, client, zip, handler: `${name}.handler`, env, ...options }));
  }

  /** The simulator as API behind a relay, and the settings for it. */
  async function startUpstream(): Promise<Relay & { settings: Record<string, string> }> {
    const relay = toClose(await startRelay(simulator.apiUrl));
    return { ...relay, settings: settingsFor(simulator, { ...anybody, VCC_API_URL: relay.origin }) };
  }

  /** All output of the process up to now. It contains none of the secrets. */
  async function outputOf(runtime: LambdaRuntime): Promise<string> {
    // The function may write more after its answer.
    await runtime.idle();
    const output = runtime.output();
    for (const secret of outOfTheLog) expect(output).not.toContain(secret);
    return output;
  }

  async function logOf(runtime: LambdaRuntime): Promise<Record<string, unknown>[]> {
    return (await outputOf(runtime))
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  }

  describe('the metrics handler', () => {
    test.each(gateways)('answers %s, cold and warm', async (gateway) => {
      const runtime = await start(settingsFor(simulator, anybody));
      const cold = toHttp(await runtime.invoke(eventOf(gateway)));
      const warm = toHttp(await runtime.invoke(eventOf(gateway)));
      for (const [when, answer] of Object.entries({ cold, warm })) {
        expect([when, answer.status]).toEqual([when, 200]);
        expect(answer.text).toMatch(/^vcc_up\{account="e2e"\} 1$/m);
        expect(answer.text).toMatch(/^vcc_snapshot_agents\{account="e2e"\} 130$/m);
        expect(answer.text).toMatch(/nodejs="v24\./);
        expect(answer.text.endsWith('# EOF\n')).toBe(true);
        expect(answer.headers['content-type']).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
        // A REST API would return the base64.
        const zipped = gateway !== 'rest-api';
        expect(answer.isBase64Encoded).toBe(zipped);
        expect(answer.headers['content-encoding']).toBe(zipped ? 'gzip' : undefined);
        expect(answer.multiValueHeaders !== undefined).toBe(gateway === 'alb-multi-value');
        expect('statusDescription' in answer).toBe(gateway.startsWith('alb'));
      }
      expect(simulator.requests.token).toBe(1);
      expect(await outputOf(runtime)).toBe('');
    });

    test('lets in only callers with a scrape token', async () => {
      const runtime = await start(settingsFor(simulator, { VCC_SCRAPE_TOKENS: scrapeToken }));
      const wrong = { authorization: 'Bearer a-token-that-somebody-made-up' };
      for (const headers of [{}, wrong]) {
        const answer = toHttp(await runtime.invoke(requestOf(headers)));
        expect(answer).toMatchObject({ status: 401, text: expect.stringMatching(/^Unauthorized\./) });
        expect(answer.headers['www-authenticate']).toMatch(/^Basic .*, Bearer realm="vcc-exporter"$/);
      }
      expect(simulator.requests).toEqual({ token: 0, api: 0, users: 0 });
      const answer = toHttp(await runtime.invoke(requestOf({ authorization: `Bearer ${scrapeToken}` })));
      expect(answer.status).toBe(200);
      expect(answer.text).toMatch(/^vcc_up\{account="e2e"\} 1$/m);
      expect(await outputOf(runtime)).toBe('');
    });

    test('lets in nobody without settings, and gives the reason in the log only', async () => {
      const runtime = await start(settingsFor(simulator));
      const answer = toHttp(await runtime.invoke(requestOf({ authorization: `Bearer ${scrapeToken}` })));
      expect(answer.status).toBe(500);
      expect(answer.text).not.toContain('VCC_');
      expect(await logOf(runtime)).toEqual([
        expect.objectContaining({ level: 'error', event: 'bad settings', code: 'config' }),
      ]);
      expect(await outputOf(runtime)).toContain('VCC_SCRAPE_TOKENS');
    });
  });

  describe('with the credentials in Secrets Manager', () => {
    const secretId = 'e2e/vcc-exporter';
    const value = { clientId: secrets.id, clientSecret: secrets.secret, scrapeTokens: scrapeToken };
    const authorized = requestOf({ authorization: `Bearer ${scrapeToken}` });

    async function startSecrets() {
      const server = toClose(await startSecretsServer({ values: { AWSCURRENT: value }, secretId }));
      const { VCC_CLIENT_ID, VCC_CLIENT_SECRET, ...settings } = settingsFor(simulator);
      return { server, env: { ...settings, ...environmentOfSecrets(server), VCC_SECRET_ID: secretId } };
    }

    test("reads them through the runtime's SDK, once", async () => {
      const { server, env } = await startSecrets();
      const runtime = await start(env, { runtimeModules });
      expect(toHttp(await runtime.invoke(requestOf())).status).toBe(401);
      for (const round of ['first', 'second']) {
        const answer = toHttp(await runtime.invoke(authorized));
        expect([round, answer.text]).toEqual([round, expect.stringMatching(/^vcc_up\{account="e2e"\} 1$/m)]);
      }
      expect(server.calls).toEqual([{ stage: 'AWSCURRENT', secretId }]);
      expect(await outputOf(runtime)).toBe('');
    });

    test('finds no SDK where the runtime has none, since the zip has none either', async () => {
      const zip = unzipSync(readFileSync(pathOf('dist/package/metrics.zip')));
      expect(Object.keys(zip).toSorted()).toEqual([
        'LICENSES.txt',
        'landing-style.mjs',
        'metrics-chunk.mjs',
        'metrics-queues.mjs',
        'metrics.mjs',
        'parsers.mjs',
        'proxies.mjs',
        're2.cjs',
      ]);
      for (const code of Object.values(zip)) expect(Buffer.from(code).toString()).not.toContain('smithy');
      const { server, env } = await startSecrets();
      const runtime = await start({ ...env, ...anybody });
      expect(toHttp(await runtime.invoke(requestOf())).text).not.toContain('vcc_up{account="e2e"} 1');
      expect(await logOf(runtime)).toEqual([expect.objectContaining({ level: 'error' })]);
      expect(server.calls).toEqual([]);
      expect(simulator.requests).toEqual({ token: 0, api: 0, users: 0 });
    });

    test.each(waysToCut)(
      'reads it again over connections that were closed while the process was frozen (%s)',
      async (how) => {
        const { server, env } = await startSecrets();
        const relay = toClose(await startRelay(server.origin));
        const settings = { AWS_ENDPOINT_URL_SECRETS_MANAGER: relay.origin, VCC_SECRET_TTL: '1s' };
        const runtime = await start({ ...env, ...settings }, { runtimeModules });
        await runtime.invoke(authorized);
        await runtime.idle();
        expect(relay.open()).toBe(1);
        runtime.freeze();
        relay.cut(how);
        await wait(1100);
        const answered = runtime.invoke(authorized);
        runtime.thaw();
        expect(toHttp(await answered).text).toContain('vcc_up{account="e2e"} 1\n');
        expect(server.calls).toHaveLength(2);
        expect(await outputOf(runtime)).toBe('');
      },
    );

    test("reports a secret that may not be read, without AWS's words", async () => {
      const { server, env } = await startSecrets();
      const message = 'User: arn:aws:sts::123456789012:assumed-role/somebody is not authorized';
      server.faults = [{ status: 400, type: 'AccessDeniedException', message }];
      const runtime = await start({ ...env, ...anybody }, { runtimeModules });
      const { text } = toHttp(await runtime.invoke(requestOf()));
      expect(text).toMatch(/^vcc_scrape_error\{account="e2e",reason="secret"\} 1$/m);
      expect(await logOf(runtime)).toEqual([
        expect.objectContaining({ event: 'scrape failed', code: 'secret' }),
      ]);
      expect(await outputOf(runtime)).not.toContain('somebody');
    });
  });

  describeWith(['moto'], 'with several accounts in S3', ({ moto }) => {
    const bucket = 'e2e-vcc-exporter';
    let folder: string;
    let aws: Moto;
    let objects: Bucket;
    let env: Record<string, string>;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'vcc-e2e-lambda-'));
      aws = await startMoto(moto, folder);
      objects = await createBucket(aws, bucket);
    });
    afterAll(async () => {
      objects.close();
      await aws.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    beforeEach(async () => {
      const names = ['uk', 'us'];
      const other = toClose(
        await startFrozen({
          accounts: names.map((name) => ({ name, items: richItems, clientSecret: secrets.secret })),
        }),
      );
      other.faults = [{ kind: 'status', value: 503, account: 'us' }];
      const list = other.accounts.map(({ name, clientId }) => ({
        name,
        client_id: clientId,
        client_secret: secrets.secret,
        token_url: other.tokenUrl,
        api_url: other.apiUrl,
        retries: 0,
      }));
      // JSON is YAML.
      await objects.put('accounts.yml', JSON.stringify({ accounts: list }));
      env = { ...aws.env, ...anybody, VCC_CONFIG: `s3://${bucket}/accounts.yml` };
    });

    /** The event of a gateway for another path, with or without a target. */
    function asked(gateway: (typeof gateways)[number], path: string, target?: string) {
      const event = eventOf(gateway);
      const single = target === undefined ? {} : { target };
      if ('rawPath' in event)
        return { ...event, rawPath: path, rawQueryString: `${new URLSearchParams(single)}` };
      return {
        ...event,
        path,
        ...(gateway === 'rest-api' && { pathParameters: { proxy: path.slice(1) } }),
        ...('multiValueHeaders' in event
          ? { multiValueQueryStringParameters: target === undefined ? {} : { target: [target] } }
          : { queryStringParameters: single }),
      };
    }

    test.each(gateways)('answers /metrics, /probe and /sd behind %s', async (gateway) => {
      const runtime = await start(env, { runtimeModules });
      const all = toHttp(await runtime.invoke(asked(gateway, '/metrics')));
      expect(all.text).toContain('vcc_up{account="uk"} 1\nvcc_up{account="us"} 0\n');
      const one = toHttp(await runtime.invoke(asked(gateway, '/probe', 'uk')));
      expect([one.status, one.text.match(/^vcc_up.*$/gm)]).toEqual([200, ['vcc_up{account="uk"} 1']]);
      const none = toHttp(await runtime.invoke(asked(gateway, '/probe', 'http://169.254.169.254/')));
      expect([none.status, none.text]).toEqual([400, expect.stringMatching(/The accounts are: uk, us\n$/)]);
      const targets = toHttp(await runtime.invoke(asked(gateway, '/sd')));
      expect(targets.headers['content-type']).toMatch(/^application\/json/);
      expect(JSON.parse(targets.text)).toMatchObject([{ targets: ['uk'] }, { targets: ['us'] }]);
      for (const line of await logOf(runtime))
        expect(line).toMatchObject({ account: 'us', code: 'http_status' });
    });

    test('reports what is wrong with the list in the log only', async () => {
      await objects.put('accounts.yml', '{"accounts": [{"name": "uk", "region": "moon"}]}');
      const runtime = await start(env, { runtimeModules });
      const { status, text } = toHttp(await runtime.invoke(requestOf()));
      expect([status, text]).toEqual([500, expect.not.stringMatching(/region|accounts|s3/)]);
      expect(await outputOf(runtime)).toContain('accounts[0].region: expected one of emea, nam, apac');
    });
  });

  describe('with 10,000 single agents', () => {
    const many = new ContactCentre({ seed: 3, agents: 10_000, startMs: frozenMs }).items();
    const settings = { ...anybody, VCC_AGENT_METRICS: 'ids', VCC_AGENT_LIMIT: '10000', VCC_PAGE_SIZE: '500' };
    const advice = 'VCC_AGENT_LIMIT or VCC_AGENT_INCLUDE';

    test('passes them compressed, and gives advice where they do not fit', async () => {
      const account = toClose(await startFrozen({ items: many }));
      const runtime = await start(settingsFor(account, { ...settings, VCC_AGENT_LOGGED_OUT: 'include' }));
      const packed = toHttp(await runtime.invoke(eventOf('function-url')));
      expect([packed.status, packed.isBase64Encoded]).toEqual([200, true]);
      expect(packed.text.match(/^vcc_agent_presence\{/gm)).toHaveLength(many.length);
      expect(packed.text.endsWith('# EOF\n')).toBe(true);

      const plain = toHttp(await runtime.invoke(requestOf()));
      expect(plain.status).toBe(500);
      expect(plain.text).toMatch(
        /^The answer would be \d+\.\d MB; a Function URL allows 6\.3 MB\. To fix this, use a scraper that accepts gzip/,
      );
      const rest = toHttp(await runtime.invoke(eventOf('rest-api')));
      expect(rest.status).toBe(500);
      expect(rest.text).toContain('a Function URL or an HTTP API, where the answer can be compressed');
      for (const { text } of [plain, rest]) expect(text).toContain(advice);
      expect(await logOf(runtime)).toEqual([
        expect.objectContaining({ event: 'answer too large' }),
        expect.objectContaining({ event: 'answer too large' }),
      ]);
    });
  });

  describe('when the API fails', () => {
    const patience = { VCC_REQUEST_TIMEOUT: '300ms', VCC_RETRIES: '1' };

    test.each<[string, string, () => Promise<Record<string, string>>]>([
      [
        'refuses connections',
        'network',
        async () => ({ VCC_API_URL: `http://127.0.0.1:${await freePort()}` }),
      ],
      ['answers 500', 'http_status', async () => ({})],
      ['hangs', 'network', async () => ({})],
    ])('%s: vcc_up 0 with the reason, in time', async (what, reason, settings) => {
      const faults: Record<string, Fault[]> = {
        'answers 500': [{ kind: 'status', value: 500 }],
        hangs: [{ kind: 'hang' }],
      };
      simulator.faults = faults[what] ?? [];
      const runtime = await start(settingsFor(simulator, { ...anybody, ...patience, ...(await settings()) }));
      for (const when of ['cold', 'warm']) {
        const invocation = await runtime.invoke(requestOf(), 5000);
        expect(invocation.receivedMs).toBeLessThan(invocation.deadlineMs);
        const { status, text } = toHttp(invocation);
        expect([when, status]).toEqual([when, 200]);
        expect(text).toMatch(/^vcc_up\{account="e2e"\} 0$/m);
        expect(text).toContain(`vcc_scrape_error{account="e2e",reason="${reason}"} 1\n`);
      }
      const line = expect.objectContaining({ level: 'error', event: 'scrape failed', code: reason });
      expect(await logOf(runtime)).toEqual([line, line]);

      if (what === 'refuses connections') return;
      simulator.faults = [];
      expect(toHttp(await runtime.invoke(requestOf())).text).toMatch(/^vcc_up\{account="e2e"\} 1$/m);
    });

    test("hangs: Lambda's deadline of 3 s is met with time to spare", async () => {
      simulator.faults = [{ kind: 'hang' }];
      const runtime = await start(settingsFor(simulator, anybody), { timeoutMs: 3000 });
      for (const when of ['cold', 'warm']) {
        const invocation = await runtime.invoke(requestOf());
        const { text } = toHttp(invocation);
        expect([when, text]).toEqual([when, expect.stringContaining('reason="deadline"} 1\n')]);
        expect(invocation.deadlineMs - invocation.receivedMs).toBeGreaterThanOrEqual(300);
        expect(invocation.durationMs).toBeGreaterThan(2000);
      }
    });
  });

  describe('between two invocations', () => {
    /**
     * Waits until everything under way has arrived: the answer and the end of a connection use
     * different sockets.
     */
    const settled = () => wait(25);

    async function expectSilence(runtime: LambdaRuntime, upstream: Relay): Promise<void> {
      await runtime.idle();
      const before = { sent: upstream.sentBytes(), opened: upstream.opened(), cpuMs: runtime.cpuMs() };
      await wait(1000);
      expect(upstream.sentBytes()).toBe(before.sent);
      expect(upstream.opened()).toBe(before.opened);
      expect(runtime.cpuMs() - before.cpuMs).toBeLessThanOrEqual(30);
    }

    test.each<[string, Fault[], string]>([
      ['a scrape that went well', [], 'vcc_up{account="e2e"} 1'],
      ['one that timed out', [{ kind: 'hang', page: 2 }], 'reason="deadline"} 1'],
      [
        "one that another page's failure ended",
        [
          { kind: 'hang', page: 2 },
          { kind: 'status', value: 500, page: 3 },
        ],
        'reason="http_status"} 1',
      ],
    ])('nothing runs on after %s', async (_, faults, outcome) => {
      const upstream = await startUpstream();
      const runtime = await start({ ...upstream.settings, VCC_TIMEOUT: '1s', VCC_RETRIES: '0' });
      // From then on all pages are fetched at once.
      await runtime.invoke(requestOf());
      simulator.faults = faults;
      const { text } = toHttp(await runtime.invoke(requestOf()));
      await settled();
      expect(upstream.waiting()).toBe(0);
      expect(text).toContain(outcome);
      await expectSilence(runtime, upstream);
    });

    test.each(waysToCut)(
      'connections that the API closed while the process was frozen (%s) fail nothing',
      async (how) => {
        const upstream = await startUpstream();
        const runtime = await start({ ...upstream.settings, VCC_RETRIES: '0' });
        for (const round of ['first', 'second']) {
          await runtime.invoke(requestOf());
          await runtime.idle();
          expect(upstream.open()).toBeGreaterThan(0);
          runtime.freeze();
          upstream.cut(how);
          await wait(1000);
          // The event is there before the process wakes, as on Lambda.
          const answered = runtime.invoke(requestOf());
          runtime.thaw();
          const { text } = toHttp(await answered);
          expect([round, text]).toEqual([round, expect.stringContaining('vcc_up{account="e2e"} 1\n')]);
        }
        expect(await outputOf(runtime)).toBe('');
      },
    );
  });

  test('memory does not grow over 12,000 invocations', async () => {
    const account = toClose(await startFrozen({ items: richItems.slice(0, 20) }));
    const runtime = await start(settingsFor(account, { ...anybody, VCC_RETRIES: '0' }));
    const scrape = eventOf('function-url');
    // Half of them are scrapes. Some of their reads fail, since failures end in another way.
    const events = [scrape, requestOf({}, '/'), requestOf(), requestOf({}, '/nothing')];
    account.faults = [{ kind: 'status', value: 500, rate: 0.02 }];

    /** The median of resident memory over this number of invocations. */
    async function medianKib(invocations: number): Promise<number> {
      const kib: number[] = [];
      for (let number = 0; number < invocations; number++) {
        const { error } = await runtime.invoke(events[number % events.length]);
        if (error) throw new Error(JSON.stringify(error));
        if (number % 10 === 0) kib.push(runtime.residentKib());
      }
      return kib.sort((a, b) => a - b)[Math.floor(kib.length / 2)]!;
    }
    // The heap first grows to its usual size: measured at 98 MiB up to 3000 invocations, at 112
    // from 4000 on, and at 114 after 20,000.
    await medianKib(5000);
    const early = await medianKib(1000);
    await medianKib(5000);
    const late = await medianKib(1000);
    // A leak of 1.4 kB per scrape exceeds the limit.
    expect(late - early).toBeLessThan(4 * 1024);
    expect(account.requests).toMatchObject({ token: 1, api: 6000 });
    const failed = await logOf(runtime);
    expect(failed.length).toBeGreaterThan(50);
    expect(failed.length).toBeLessThan(200);
  }, 240_000);

  /** Requests at a receiver of remote write, and its answers. */
  async function startReceiver(): Promise<{ url: string; bodies: Buffer[]; answer: { status: number } }> {
    const bodies: Buffer[] = [];
    const answer = { status: 204 };
    const server = await startServer((request, response) => {
      buffer(request).then((body) => {
        if (answer.status === 204) bodies.push(body);
        response.writeHead(answer.status).end();
      });
    });
    toClose(server);
    return { url: `${server.origin}/api/v1/write`, bodies, answer };
  }

  const samplesOf = (series: Series, metric: string) =>
    [...series].flatMap(([key, samples]) => (key.includes(`["__name__","${metric}"]`) ? samples : []));

  describe('the push handler', () => {
    /** As EventBridge sends it, at a time in seconds. */
    const scheduled = () => ({
      version: '0',
      id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: '123456789012',
      time: new Date().toISOString().replace(/\.\d+/, ''),
      region: 'eu-west-1',
      resources: ['arn:aws:events:eu-west-1:123456789012:rule/vcc-exporter'],
      detail: {},
    });
    // One sample in each invocation.
    const once = { VCC_PUSH_INTERVAL: '60s' };

    test('pushes a sample with the time of its slot, and leaves nothing running', async () => {
      const receiver = await startReceiver();
      const { settings, ...relay } = await startUpstream();
      const env = { ...settings, ...once, VCC_PUSH_URL: receiver.url };
      const runtime = await start(env, { name: 'push' });
      const event = scheduled();
      const { body, error } = await runtime.invoke(event);
      expect({ body, error }).toEqual({ body: null, error: undefined });
      const series = seriesOf(receiver.bodies);
      expect(samplesOf(series, 'vcc_up')).toEqual([[Date.parse(event.time), 1]]);
      expect(samplesOf(series, 'vcc_snapshot_agents')).toEqual([[Date.parse(event.time), 130]]);
      expect(relay.waiting()).toBe(0);
      const [sentBytes, cpuMs, requests] = [relay.sentBytes(), runtime.cpuMs(), receiver.bodies.length];
      await wait(1000);
      expect(relay.sentBytes()).toBe(sentBytes);
      expect(receiver.bodies).toHaveLength(requests);
      expect(runtime.cpuMs() - cpuMs).toBeLessThanOrEqual(30);
      expect(await logOf(runtime)).toEqual([
        { level: 'info', event: 'account pushed', account: 'e2e', scrapes: 1, due: 1, failures: 0 },
      ]);

      // The same event once more, as Lambda may deliver it: that slot is used already.
      await runtime.invoke(event);
      expect(receiver.bodies).toHaveLength(requests);
    });

    test('spreads several samples evenly over its time', async () => {
      const receiver = await startReceiver();
      const env = settingsFor(simulator, { VCC_PUSH_URL: receiver.url, VCC_PUSH_INTERVAL: '2s' });
      // The function ends before the period: 30 samples are due.
      const runtime = await start(env, { name: 'push', timeoutMs: 9500 });
      // Its time has whole seconds, and the first slot is due for one.
      await wait(1000 - (Date.now() % 1000));
      const event = scheduled();
      const { error } = await runtime.invoke(event);
      const times = samplesOf(seriesOf(receiver.bodies), 'vcc_up').map(([timestampMs]) => timestampMs);
      expect(times.length).toBeGreaterThanOrEqual(3);
      const startMs = Date.parse(event.time);
      expect(times).toEqual(times.map((_, at) => startMs + at * 2000));
      expect(error).toMatchObject({
        errorType: 'PushError',
        errorMessage: expect.stringMatching(/^no scrape for \S+: too little time was left$/),
      });
    });

    test("writes CloudWatch's embedded metrics into the log", async () => {
      const env = settingsFor(simulator, { ...once, VCC_PUSH_TYPE: 'emf' });
      const runtime = await start(env, { name: 'push' });
      expect((await runtime.invoke(scheduled())).error).toBeUndefined();
      const documents = (await logOf(runtime)).filter((line) => '_aws' in line);
      const away = documents.find(
        ({ presence, description }) => presence === 'Away' && description === undefined,
      );
      expect(away).toMatchObject({
        account: 'e2e',
        vcc_agents: richItems.filter(({ presence }) => presence.name === 'Away').length,
        _aws: { CloudWatchMetrics: [{ Namespace: 'VCC', Dimensions: [['account', 'presence']] }] },
      });
    });

    test.each<[string, Record<string, string>, Fault[], string]>([
      [
        'an account that answers 500',
        { VCC_RETRIES: '0' },
        [{ kind: 'status', value: 500 }],
        'HttpStatusError',
      ],
      ['wrong credentials', { VCC_CLIENT_SECRET: secrets.wrong }, [], 'AuthError'],
      ['an account that hangs', {}, [{ kind: 'hang' }], 'DeadlineError'],
    ])(
      '%s fails the invocation, is pushed as vcc_up 0, and shows no secret',
      async (_, settings, faults, errorType) => {
        simulator.faults = faults;
        const receiver = await startReceiver();
        const env = settingsFor(simulator, { ...once, VCC_PUSH_URL: receiver.url, ...settings });
        const runtime = await start(env, { name: 'push', timeoutMs: 6000 });
        for (const round of ['first', 'second']) {
          const { body, error } = await runtime.invoke(scheduled());
          expect([round, body, error]).toMatchObject([round, undefined, { errorType }]);
          for (const secret of outOfTheLog) expect(JSON.stringify(error)).not.toContain(secret);
          await wait(1000);
        }
        expect(samplesOf(seriesOf(receiver.bodies), 'vcc_up').map(([, value]) => value)).toEqual([0, 0]);
        await outputOf(runtime);
        if (faults.length === 0) return;
        simulator.faults = [];
        expect((await runtime.invoke(scheduled())).error).toBeUndefined();
      },
    );

    test.each([
      ['bad settings', { VCC_PAGE_SIZE: 'many' }, 'VCC_PAGE_SIZE'],
      ['no destination', {}, 'VCC_PUSH_URL'],
      ['an interval that does not divide the period', { VCC_PUSH_INTERVAL: '7s' }, 'VCC_PUSH_INTERVAL'],
    ])('%s fails the invocation by name', async (_, settings, name) => {
      const runtime = await start(settingsFor(simulator, settings), { name: 'push' });
      const { error } = await runtime.invoke(scheduled());
      expect(error).toMatchObject({ errorType: 'ConfigError', errorMessage: expect.stringContaining(name) });
    });

    test('a receiver that is down fails the invocation in time, and the loss is reported', async () => {
      const receiver = await startReceiver();
      receiver.answer.status = 503;
      const env = settingsFor(simulator, { ...once, VCC_PUSH_URL: receiver.url });
      const runtime = await start(env, { name: 'push', timeoutMs: 6000 });
      const { error } = await runtime.invoke(scheduled());
      expect(error).toMatchObject({
        errorType: 'PushError',
        errorMessage: expect.stringMatching(
          /^\d+ samples are lost: POST http:\S+, destination default: answered 503$/,
        ),
      });
    });
  });

  describe('the deliver handler', () => {
    test('names the queue that is not set', async () => {
      const env = settingsFor(simulator, { VCC_PUSH_URL: 'http://127.0.0.1:1/' });
      const runtime = await start(env, { name: 'deliver' });
      const { error } = await runtime.invoke({ Records: [] });
      expect(error).toMatchObject({
        errorType: 'ConfigError',
        errorMessage: 'VCC_PUSH_QUEUE_URL: expected the queue that deliver empties; received nothing',
      });
    });

    const batches = (timestamps: readonly number[]) =>
      timestamps.map((timestampMs) =>
        encodeBatch({
          account: 'e2e',
          destination: 'default',
          format: 'remote-write-1',
          timestampMs,
          part: 0,
          samples: 1,
          body: compress(
            encodeWriteRequest([
              {
                labels: [['__name__', 'vcc_up']],
                value: 1,
                timestampMs,
              },
            ]),
          ),
        }),
      );
    const eventOfBatch = (bodies: readonly string[]) => ({
      Records: bodies.map((body, at) => ({
        messageId: `m${at}`,
        receiptHandle: `r${at}`,
        body,
        attributes: { ApproximateReceiveCount: '1', MessageGroupId: 'g' },
        messageAttributes: {},
        eventSource: 'aws:sqs',
        awsRegion: 'eu-west-1',
      })),
    });

    test('brings a batch to the receiver in order, and returns what it does not accept', async () => {
      const receiver = await startReceiver();
      const env = settingsFor(simulator, {
        VCC_PUSH_URL: receiver.url,
        VCC_PUSH_QUEUE_URL: 'http://127.0.0.1:1/1/batches.fifo',
        VCC_PUSH_REJECTED_URL: 'http://127.0.0.1:1/1/rejected.fifo',
        AWS_ACCESS_KEY_ID: 'nobody',
        AWS_SECRET_ACCESS_KEY: 'of-nobody',
      });
      const runtime = await start(env, { name: 'deliver', runtimeModules, timeoutMs: 30_000 });
      const delivered = await runtime.invoke(eventOfBatch(batches([1000, 2000, 3000])));
      expect(delivered.body).toEqual({ batchItemFailures: [] });
      expect(samplesOf(seriesOf(receiver.bodies), 'vcc_up')).toEqual([
        [1000, 1],
        [2000, 1],
        [3000, 1],
      ]);
      receiver.answer.status = 500;
      const refused = await runtime.invoke(eventOfBatch(batches([4000, 5000])));
      expect(refused.body).toEqual({
        batchItemFailures: [{ itemIdentifier: 'm0' }, { itemIdentifier: 'm1' }],
      });
      const lines = await logOf(runtime);
      expect(lines.map(({ event }) => event)).toEqual(['push attempt failed', 'backoff not set']);
      expect(lines[0]).toMatchObject({ account: 'e2e', destination: 'default', attempt: 1, code: 'push' });
    });
  });
});
