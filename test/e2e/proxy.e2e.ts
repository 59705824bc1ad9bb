import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Simulator } from '../../src/simulator/server.ts';
import { startReceiver } from '../support/receiver.ts';
import { type LambdaRuntime, startRuntime } from '../support/runtime-api.ts';
import { secrets, startFrozen } from './support/account.ts';
import { runCli, scrapeOnce, settingsFor, startExporter } from './support/exporter.ts';
import { requestOf, toHttp } from './support/lambda.ts';
import { type Bucket, createBucket, type Moto, startMoto } from './support/moto.ts';
import { describeWith } from './support/parts.ts';
import { run } from './support/process.ts';
import {
  type Certificates,
  makeCertificates,
  proxyUser,
  startProxy,
  startTls,
  type Tinyproxy,
} from './support/proxy.ts';
import { openQueues, type Queues } from './support/sqs-poller.ts';

const pathOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const portOf = (origin: string) => Number(new URL(origin).port);

describeWith(['proxy', 'node24'], 'through a proxy with a password', (parts) => {
  let folder: string;
  let certificates: Certificates;
  let proxy: Tinyproxy;
  let simulator: Simulator;
  /** Ports on this machine, by the names that the proxy knows. Those of https are behind TLS. */
  const hosts = new Map<string, number>();
  const open: { close(): unknown }[] = [];

  /** Makes a server on this machine reachable behind the proxy, as http or https. */
  async function publish(name: string, origin: string, scheme: 'http' | 'https'): Promise<void> {
    if (scheme === 'http') hosts.set(name, portOf(origin));
    else {
      const front = await startTls(portOf(origin), certificates);
      open.push(front);
      hosts.set(`${name}:443`, front.port);
    }
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vcc-e2e-proxy-'));
    const names = ['vcc.test', 'receiver.test', 'aws.test', '*.aws.test', 'localhost'];
    certificates = await makeCertificates(parts.proxy.openssl, folder, names);
    proxy = await startProxy(
      parts.proxy,
      folder,
      (host) => hosts.get(host) ?? hosts.get(host.replace(/^[^.]+\.aws\./, 'aws.')),
    );
  });
  afterAll(async () => {
    await proxy?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    simulator = await startFrozen({ agents: 60, hosts: ['vcc.test'] });
    open.push(simulator);
    await publish('vcc.test', simulator.apiUrl, 'https');
    proxy.asked();
  });
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
    hosts.clear();
  });

  const settings = (more: Record<string, string> = {}) => ({
    ...settingsFor(simulator, {
      VCC_API_URL: simulator.apiUrl.replace(/^http:\/\/[^/]+/, 'https://vcc.test'),
      VCC_TOKEN_URL: simulator.tokenUrl.replace(/^http:\/\/[^/]+/, 'https://vcc.test'),
      VCC_RETRIES: '1',
    }),
    NODE_EXTRA_CA_CERTS: certificates.authority,
    HTTPS_PROXY: proxy.url,
    ...more,
  });
  const tunnel = 'CONNECT vcc.test:443';
  const expectSecret = (output: string) => {
    for (const secret of [proxyUser.password, 'e2e-%70roxy', secrets.secret])
      expect(output).not.toContain(secret);
  };

  describe.each([
    ['this Node.js', process.execPath],
    ['Node.js 24', parts.node24.node],
  ])('%s', (_, node) => {
    test.each<[string, Record<string, string>]>([
      ['without NODE_USE_ENV_PROXY', {}],
      ['with NODE_USE_ENV_PROXY=1', { NODE_USE_ENV_PROXY: '1' }],
    ])('checks and scrapes %s', async (_title, more) => {
      const checked = await run(node, [pathOf('dist/cli.mjs'), 'check'], { folder, env: settings(more) });
      expect(checked).toMatchObject({ status: 0, stderr: expect.not.stringContaining('vcc') });
      expect(checked.stdout).toContain('ok      Token: issued by https://vcc.test\n');
      expectSecret(checked.stdout + checked.stderr);
      const askedByCheck = proxy.asked();
      expect(new Set(askedByCheck)).toEqual(new Set([tunnel]));

      const scraped = await scrapeOnce(settings(more), 'text', folder, node);
      expect(scraped.status).toBe(0);
      expect(scraped.stdout).toMatch(/^vcc_up\{account="e2e"\} 1$/m);
      // Four requests: a token and three pages, two of these at once.
      expect(simulator.requests.api).toBeGreaterThan(5);
      expect(proxy.asked().length).toBeLessThanOrEqual(2);
    });
  });

  test('keeps its connections from scrape to scrape', async () => {
    const exporter = await startExporter(settings(), folder);
    try {
      const scrape = async () => (await fetch(`${exporter.origin}/metrics`)).text();
      // The second scrape knows the number of pages, and fetches more of them at once.
      for (let first = 0; first < 2; first++) expect(await scrape()).toContain('vcc_up{account="e2e"} 1\n');
      expect(proxy.asked().length).toBeGreaterThan(0);
      for (let again = 0; again < 3; again++) expect(await scrape()).toContain('vcc_up{account="e2e"} 1\n');
      expect(proxy.asked()).toEqual([]);
    } finally {
      expect((await exporter.stop()).status).toBe(0);
    }
  });

  test('a .env file may name the proxy too, also a proxy behind TLS', async () => {
    const front = await startTls(proxy.port, certificates);
    open.push(front);
    const own = mkdtempSync(join(folder, 'env-'));
    const url = new URL(proxy.url);
    writeFileSync(
      join(own, '.env'),
      `https_proxy=https://${url.username}:${url.password}@localhost:${front.port}\n`,
    );
    const { HTTPS_PROXY: _, ...rest } = settings();
    expect(await scrapeOnce(rest, 'text', own)).toMatchObject({ status: 0 });
    expect(new Set(proxy.asked())).toEqual(new Set([tunnel]));
  });

  test('hosts in NO_PROXY are reached directly, and this machine always', async () => {
    const bypassed = await runCli(['check'], settings({ NO_PROXY: '.example,vcc.test' }), folder);
    expect(bypassed.status).toBe(1);
    // Only the proxy knows the name.
    expect(bypassed.stdout).toMatch(
      /^FAILED {2}Token: POST https:\/\/vcc\.test\/\S+: (no such host \(ENOTFOUND\)|name lookup failed \(EAI_AGAIN\))$/m,
    );
    const { VCC_API_URL, VCC_TOKEN_URL } = settingsFor(simulator) as Record<string, string>;
    const env = settings({ ALL_PROXY: proxy.url, VCC_API_URL: VCC_API_URL!, VCC_TOKEN_URL: VCC_TOKEN_URL! });
    expect(await runCli(['check'], env, folder)).toMatchObject({ status: 0 });
    expect(proxy.asked()).toEqual([]);
  });

  test.each<[string, () => Record<string, string>, () => string, number]>([
    [
      'no password',
      () => ({ HTTPS_PROXY: `127.0.0.1:${proxy.port}` }),
      () =>
        `the proxy 127.0.0.1:${proxy.port} answered 407 (Proxy Authentication Required): check the user and password in HTTPS_PROXY`,
      1,
    ],
    [
      'a wrong password',
      () => ({ HTTPS_PROXY: proxy.url.replace('%70', 'b') }),
      () =>
        `the proxy 127.0.0.1:${proxy.port} answered 401 (Unauthorized): check the user and password in HTTPS_PROXY`,
      1,
    ],
    [
      'a host that the proxy does not reach',
      () => ({ VCC_TOKEN_URL: 'https://nowhere.test/token' }),
      () => `the proxy 127.0.0.1:${proxy.port} answered 502 (Bad Gateway): it did not reach the host`,
      2,
    ],
    [
      'an authority that is not known',
      () => ({ NODE_EXTRA_CA_CERTS: '' }),
      () =>
        'the certificate is not trusted; if you have your own certificate authority, set NODE_EXTRA_CA_CERTS (docs/run/proxies.md) (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
      2,
    ],
  ])('%s is a failure that says so', async (_, more, message, attempts) => {
    const env: Record<string, string> = settings(more());
    const { status, stdout, stderr } = await runCli(['check'], env, folder);
    expect(status).toBe(1);
    expect(stdout.split('\n')[1]).toBe(`FAILED  Token: POST ${env.VCC_TOKEN_URL}: ${message()}`);
    expect(proxy.asked().length).toBe(attempts);
    expectSecret(stdout + stderr);
  });

  test('an impossible proxy is refused before anything is sent', async () => {
    for (const [value, received] of [
      ['foo bar', 'another value'],
      ['socks5://e2e:e2e-proxy-password@127.0.0.1:1080', 'an address of socks5, which is not supported'],
    ] as const) {
      for (const command of [['scrape'], ['check']]) {
        const ended = await runCli(command, settings({ HTTPS_PROXY: value }), folder);
        expect(ended).toEqual({
          status: 2,
          stdout: '',
          stderr: `vcc-exporter: HTTPS_PROXY: expected http://host:port or https://host:port, with user:password@ before the host if the proxy requires them (percent-encode special characters); received ${received}\n`,
        });
      }
    }
  });

  test.each(['http', 'https'] as const)('pushes to a receiver of remote write (%s)', async (scheme) => {
    const receiver = await startReceiver([{ status: 204 }]);
    open.push(receiver);
    await publish('receiver.test', receiver.origin, scheme);
    const env = settings({
      HTTP_PROXY: proxy.url,
      VCC_PUSH_URL: `${scheme}://receiver.test/api/v1/write`,
      VCC_PUSH_FOLDER: mkdtempSync(join(folder, 'push-')),
    });
    const { status, stderr } = await runCli(['push', '--once'], env, folder);
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining('samples.') });
    expect(receiver.received.length).toBeGreaterThan(0);
    expect(receiver.received[0]).toMatchObject({ method: 'POST', url: '/api/v1/write' });
    // Credentials of the proxy are for the proxy.
    expect(receiver.received[0]!.headers['proxy-authorization']).toBeUndefined();
    const asked = scheme === 'https' ? 'CONNECT receiver.test:443' : 'POST http://receiver.test/api/v1/write';
    expect(proxy.asked()).toContain(asked);
  });

  describeWith(['moto'], 'the AWS SDK', ({ moto }) => {
    let server: Moto;
    let bucket: Bucket;
    let queues: Queues;
    const secretId = 'e2e/vcc';

    beforeAll(async () => {
      server = await startMoto(moto, folder);
      const { endpoint, region, credentials } = server;
      const client = new SecretsManagerClient({ endpoint, region, credentials });
      const content = { client_id: secrets.id, client_secret: secrets.secret };
      await client.send(new CreateSecretCommand({ Name: secretId, SecretString: JSON.stringify(content) }));
      client.destroy();
      bucket = await createBucket(server, 'e2e-vcc-proxy');
      queues = openQueues(server);
    });
    afterAll(async () => {
      bucket?.close();
      queues?.close();
      await server?.stop();
    });
    beforeEach(() => publish('aws.test', server.endpoint, 'https'));

    const aws = (more: Record<string, string> = {}) => {
      const { VCC_CLIENT_ID: _, VCC_CLIENT_SECRET: __, ...rest } = settings() as Record<string, string>;
      return { ...rest, ...server.env, AWS_ENDPOINT_URL: 'https://aws.test', ...more };
    };

    test('reads a secret', async () => {
      const { status, stdout } = await runCli(['check'], aws({ VCC_SECRET_ID: secretId }), folder);
      expect({ status, stdout }).toMatchObject({
        status: 0,
        stdout: expect.stringContaining(`${secretId} was read`),
      });
      expect(new Set(proxy.asked())).toEqual(new Set(['CONNECT aws.test:443', tunnel]));
    });

    test('reads a list of accounts and a roster from S3', async () => {
      const { VCC_API_URL: api_url, VCC_TOKEN_URL: token_url } = settings() as Record<string, string>;
      const roster = `s3://${bucket.name}/roster.csv`;
      const account = { name: 'e2e', api_url, token_url, secret_id: secretId, roster };
      await bucket.put('accounts.json', JSON.stringify({ accounts: [account] }));
      await bucket.put('roster.csv', simulator.accounts[0]!.rosterCsv());
      const {
        VCC_API_URL: _,
        VCC_TOKEN_URL: __,
        VCC_ACCOUNT: ___,
        ...rest
      } = aws() as Record<string, string>;
      const env = { ...rest, VCC_CONFIG: `s3://${bucket.name}/accounts.json` };
      const { status, stdout } = await runCli(['check'], env, folder);
      expect({ status, stdout }).toMatchObject({
        status: 0,
        stdout: expect.stringContaining(`from ${roster}`),
      });
      expect(proxy.asked()).toContain(`CONNECT ${bucket.name}.aws.test:443`);
    });

    test('sends requests to SQS', async () => {
      const names = ['batches', 'rejected'].map((name) => queues.create(`e2e-proxy-${name}.fifo`));
      const [to, from] = (await Promise.all(names)).map((url) =>
        url.replace(/^http:\/\/[^/]+/, 'https://aws.test'),
      );
      const env = aws({ VCC_PUSH_QUEUE_URL: to!, VCC_PUSH_REJECTED_URL: from!, VCC_SECRET_ID: secretId });
      expect(await runCli(['replay', '--list'], env, folder)).toMatchObject({
        status: 0,
        stderr: expect.stringMatching(/^Rejected batches: 0\.$/m),
      });
      expect(proxy.asked()).toEqual(['CONNECT aws.test:443']);
    });

    test('assumes a role to sign with', async () => {
      const receiver = await startReceiver([{ status: 204 }]);
      open.push(receiver);
      await publish('receiver.test', receiver.origin, 'https');
      const env = aws({
        VCC_SECRET_ID: secretId,
        VCC_PUSH_URL: 'https://receiver.test/api/v1/write',
        VCC_PUSH_AUTH: 'sigv4',
        VCC_PUSH_ROLE_ARN: 'arn:aws:iam::123456789012:role/e2e-push',
        VCC_PUSH_FOLDER: mkdtempSync(join(folder, 'push-')),
      });
      const { status, stderr } = await runCli(['push', '--once'], env, folder);
      expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining('samples.') });
      // Temporary keys, which only STS gives.
      expect(receiver.received[0]!.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=ASIA/);
      // Secrets Manager and STS, a connection each.
      expect(proxy.asked().filter((each) => each === 'CONNECT aws.test:443')).toHaveLength(2);
    });

    test("reports the proxy's answer", async () => {
      const env = aws({ VCC_SECRET_ID: secretId, HTTPS_PROXY: proxy.url.replace('%70', 'b') });
      const { status, stdout, stderr } = await runCli(['check'], env, folder);
      expect(status).toBe(1);
      expect(stdout.split('\n')[1]).toBe(
        `FAILED  Secret: secret ${secretId}, AWSCURRENT: Secrets Manager was not reached: the proxy 127.0.0.1:${proxy.port} answered 401 (Unauthorized): check the user and password in HTTPS_PROXY`,
      );
      expectSecret(stdout + stderr);
    });

    test('this machine is reached directly', async () => {
      const env = aws({ VCC_SECRET_ID: secretId, ...server.env, HTTP_PROXY: proxy.url });
      expect(await runCli(['check'], env, folder)).toMatchObject({ status: 0 });
      expect(new Set(proxy.asked())).toEqual(new Set([tunnel]));
    });

    describeWith(['runtimeClient'], "and the zip on Lambda's own runtime client", ({ runtimeClient }) => {
      test('reads the secret and scrapes', async () => {
        const { node, client } = runtimeClient;
        const env = aws({ VCC_SECRET_ID: secretId, VCC_SCRAPE_AUTH: 'none' });
        const zip = pathOf('dist/package/metrics.zip');
        const runtimeModules = pathOf('node_modules');
        const options = { node, client, zip, handler: 'metrics.handler', env, runtimeModules };
        const runtime: LambdaRuntime = await startRuntime(options);
        open.push(runtime);
        for (let round = 0; round < 2; round++) {
          const { status, text } = toHttp(await runtime.invoke(requestOf()));
          expect({ status, text }).toMatchObject({
            status: 200,
            text: expect.stringContaining('vcc_up{account="e2e"} 1\n'),
          });
        }
        await runtime.idle();
        expect(runtime.output()).toBe('');
        expect(new Set(proxy.asked())).toEqual(new Set(['CONNECT aws.test:443', tunnel]));
      });
    });
  });
});
