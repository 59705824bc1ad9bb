import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createStateStore } from '../../src/app/places.ts';
import { encodeState } from '../../src/push/schedule/state.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { soon } from '../support/deadline.ts';
import { type LambdaRuntime, startRuntime } from '../support/runtime-api.ts';
import { environmentOfSecrets, type SecretsServer, startSecretsServer } from '../support/secrets-server.ts';
import { startServer } from '../support/server.ts';
import { type Exporter, runCli, settingsFor, startExporter } from './support/exporter.ts';
import { oddAnswers, startFront } from './support/front.ts';
import { requestOf, toHttp } from './support/lambda.ts';
import { describeWith } from './support/parts.ts';
import { poll, type Running, start } from './support/process.ts';
import { seriesOf } from './support/push.ts';
import { createWallClock } from './support/wall-clock.ts';

const pathOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const token = 'e2e-scrape-token-of-prometheus';
const authorization = `Bearer ${token}`;
const agentKey = 'e2e-key-of-the-hashed-agents';
const secretId = 'e2e/vcc-exporter';
/** How late an answer may be on a busy machine. The times under test are longer. */
const slackMs = 1500;

let folder: string;
let simulator: Simulator;
/** What is closed after the test, whatever its result. */
const open: (() => Promise<unknown>)[] = [];

function toClose<T extends { close(): Promise<void> }>(each: T): T {
  open.push(() => each.close());
  return each;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vcc-e2e-time-'));
  simulator = toClose(await startSimulator({ agents: 40 }));
});

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(env: Record<string, string>): Promise<Exporter> {
  const exporter = await startExporter(env, folder);
  open.push(() => exporter.stop());
  return exporter;
}

/** A secret with all credentials, and the settings of an exporter that has no others. */
async function startSecrets(
  more: object = {},
): Promise<SecretsServer & { settings: Record<string, string> }> {
  const { clientId, clientSecret } = simulator;
  const content = { clientId, clientSecret, scrapeTokens: token, agentKey, ...more };
  const server = toClose(await startSecretsServer({ values: { AWSCURRENT: content } }));
  const { VCC_CLIENT_ID: _, VCC_CLIENT_SECRET: __, ...rest } = settingsFor(simulator);
  const settings = { ...rest, ...environmentOfSecrets(server), VCC_SECRET_ID: secretId };
  return Object.assign(server, { settings });
}

/**
 * One scrape over HTTP, and how long it took.
 * @throws Error when there is no answer within ten seconds
 */
async function scrape(exporter: Exporter, headers: Record<string, string> = {}, path = '/metrics') {
  const startedMs = performance.now();
  const response = await fetch(exporter.origin + path, { headers, signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  return { status: response.status, text, tookMs: performance.now() - startedMs };
}

/** The value of a metric with one series, or of its first one. */
function numberOf(text: string, name: string): number {
  return Number(new RegExp(`^${name}\\{.*\\} (.*)$`, 'm').exec(text)?.[1]);
}

const reasonOf = (text: string) => /^vcc_scrape_error\{.*reason="(\w+)"\} 1$/m.exec(text)?.[1];

/** Events of a process's log. */
function logOf(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

test('a VCC_TIMEOUT of 16.1 s works in scrape, check and push', async () => {
  const { settings } = await startSecrets();
  const receiver = toClose(await startServer((_, response) => response.writeHead(204).end()));
  const env = {
    ...settings,
    VCC_TIMEOUT: '16.1',
    VCC_AGENT_METRICS: 'hashed',
    VCC_PUSH_URL: receiver.origin,
  };
  const commands = [['scrape'], ['check'], ['push', '--once']];
  const ended = await Promise.all(commands.map((args) => runCli(args, env, folder)));
  expect(ended.map(({ status }) => status)).toEqual([0, 0, 0]);
  expect(ended[0]!.stdout).toMatch(/^vcc_agent_presence\{/m);
});

test('a slow secret is part of the time of a scrape', async () => {
  const secrets = await startSecrets();
  // Well below the 3 s after which the SDK retries, since three processes start at once here.
  secrets.delayMs = 1700;
  simulator.faults = [{ kind: 'hang' }];
  const env = { ...secrets.settings, VCC_SCRAPE_AUTH: 'credentials' };

  /** Starts an exporter, and scrapes while it reads the secret for the first time. */
  async function scrapeAtOnce(more: Record<string, string>, headers: Record<string, string> = {}) {
    const exporter = await serve({ ...env, ...more });
    return scrape(exporter, { authorization, ...headers });
  }
  const [byHeader, bySetting, once] = await Promise.all([
    scrapeAtOnce({}, { 'x-prometheus-scrape-timeout-seconds': '5' }),
    scrapeAtOnce({ VCC_TIMEOUT: '5s' }),
    runCli(['scrape'], { ...env, VCC_TIMEOUT: '5s' }, folder),
  ]);
  for (const { status, text } of [byHeader, bySetting]) {
    expect([status, reasonOf(text)]).toEqual([200, 'deadline']);
  }
  expect(byHeader.tookMs).toBeLessThan(5000 + slackMs);
  expect(bySetting.tookMs).toBeLessThan(5000 + slackMs);
  expect([once.status, reasonOf(once.stdout)]).toEqual([1, 'deadline']);
  expect(numberOf(once.stdout, 'vcc_scrape_duration_seconds')).toBeLessThan(5 + slackMs / 1000);
});

test('a command ends in time although the secret hangs', async () => {
  const secrets = await startSecrets();
  secrets.hang = true;
  const startedMs = performance.now();
  const { status, stdout } = await runCli(['scrape'], { ...secrets.settings, VCC_TIMEOUT: '2s' }, folder);
  const tookMs = performance.now() - startedMs;
  expect([status, reasonOf(stdout)]).toEqual([1, 'deadline']);
  // Two seconds, and the start of a process.
  expect(tookMs).toBeLessThan(8000);
});

describeWith(['runtimeClient'], "on Lambda's own runtime client", ({ runtimeClient: { node, client } }) => {
  async function startFunction(env: Record<string, string>): Promise<LambdaRuntime> {
    const zip = pathOf('dist/package/metrics.zip');
    const runtimeModules = pathOf('node_modules');
    return toClose(
      await startRuntime({ node, client, zip, handler: 'metrics.handler', env, runtimeModules }),
    );
  }

  test('scrape credentials in a secret work with any number of milliseconds left', async () => {
    const { settings } = await startSecrets();
    const runtime = await startFunction(settings);
    for (const timeoutMs of [9999, 9998, 9997, 9996]) {
      const { status, text } = toHttp(await runtime.invoke(requestOf({ authorization }), timeoutMs));
      expect([timeoutMs, status, numberOf(text, 'vcc_up')]).toEqual([timeoutMs, 200, 1]);
    }
  });

  test('reading the list of accounts is part of the time of an invocation', async () => {
    const { apiUrl, tokenUrl, clientId, clientSecret } = simulator;
    const account = {
      name: 'e2e',
      api_url: apiUrl,
      token_url: tokenUrl,
      client_id: clientId,
      client_secret: clientSecret,
    };
    simulator.faults = [{ kind: 'hang' }];
    let list = () => {};
    const listed = new Promise<void>((resolve) => {
      list = resolve;
    });
    const s3 = toClose(
      await startServer((_, response) => {
        void listed.then(() => response.end(JSON.stringify({ accounts: [account] })));
      }),
    );
    const runtime = await startFunction({
      ...environmentOfSecrets(s3),
      AWS_ENDPOINT_URL_S3: s3.origin,
      VCC_CONFIG: 's3://e2e-bucket/accounts.yml',
      VCC_SCRAPE_AUTH: 'none',
    });
    const invoked = runtime.invoke(requestOf(), 4000);
    await wait(2000);
    list();
    const invocation = await invoked;
    expect(reasonOf(toHttp(invocation).text)).toBe('deadline');
    expect(invocation.deadlineMs - invocation.receivedMs).toBeGreaterThan(0);
  });
});

test('a roster that takes longer than a scrape is read all the same, and read again after its time', async () => {
  // Five requests, one after the other.
  simulator.faults = [{ kind: 'delay', value: 600, on: 'users' }];
  const [account] = simulator.accounts;
  const exporter = await serve(
    settingsFor(simulator, {
      VCC_ROSTER: 'users-api',
      VCC_ROSTER_TTL: '1s',
      VCC_TIMEOUT: '1s',
      VCC_PAGE_SIZE: '1000',
    }),
  );
  /** Scrapes until the roster has this number of agents. Each scrape is complete and in time. */
  async function scrapeUntil(agents: number): Promise<(number | undefined)[]> {
    const seen: (number | undefined)[] = [];
    const endMs = performance.now() + 8000;
    while (performance.now() < endMs && seen.at(-1) !== agents) {
      const { text, tookMs } = await scrape(exporter);
      expect(numberOf(text, 'vcc_up')).toBe(1);
      expect(tookMs).toBeLessThan(1000 + slackMs);
      const found = numberOf(text, 'vcc_roster_agents');
      seen.push(Number.isNaN(found) ? undefined : found);
      await wait(100);
    }
    return seen;
  }
  const active = account!
    .users()
    .filter(({ active, userAccountConfiguration: { actAsAgent } }) => active && actAsAgent);
  const seen = await scrapeUntil(active.length);
  expect([seen[0], seen.at(-1)]).toEqual([undefined, active.length]);
  account!.hire();
  const after = await scrapeUntil(active.length + 1);
  expect([after[0], after.at(-1)]).toEqual([active.length, active.length + 1]);
});

test('scrapes go on with a token to its end while the token endpoint hangs', async () => {
  const clock = createWallClock(folder);
  const exporter = await serve(settingsFor(simulator, { ...clock.env, VCC_TIMEOUT: '1s' }));
  expect(numberOf((await scrape(exporter)).text, 'vcc_up')).toBe(1);
  simulator.faults = [{ kind: 'hang', on: 'token' }];
  // From nine tenths of its two hours the exporter fetches another token, for a second each time.
  clock.set(0.95 * 7_200_000);
  for (const endMs = performance.now() + 1500; performance.now() < endMs; await wait(100)) {
    const { text, tookMs } = await scrape(exporter);
    expect([numberOf(text, 'vcc_up'), reasonOf(text)]).toEqual([1, undefined]);
    expect(tookMs).toBeLessThan(900);
  }
  expect(simulator.requests.token).toBeGreaterThan(2);
  clock.set(7_200_000);
  expect(reasonOf((await scrape(exporter)).text)).toBe('deadline');
  simulator.faults = [];
  await poll('a new token', async () => numberOf((await scrape(exporter)).text, 'vcc_up') === 1, 5000);
});

test('a hundred accounts share each read of their secret, and none waits for it past its own time', async () => {
  const clock = createWallClock(folder);
  const names = Array.from({ length: 100 }, (_, at) => `account-${at + 1}`);
  const many = toClose(await startSimulator({ agents: 10, accounts: names.map((name) => ({ name })) }));
  const credentials = many.accounts.map(({ name, clientId, clientSecret }) => [
    name,
    { clientId, clientSecret },
  ]);
  const secrets = await startSecrets({ accounts: Object.fromEntries(credentials) });
  const { VCC_ACCOUNT: _, VCC_API_URL: __, VCC_TOKEN_URL: ___, ...settings } = secrets.settings;
  const [impatient] = names;
  const list = names.map((name) => ({
    name,
    api_url: many.apiUrl,
    token_url: many.tokenUrl,
    ...(name === impatient && { timeout: '1s' }),
  }));
  secrets.delayMs = 2000;
  const exporter = await serve({
    ...settings,
    ...clock.env,
    VCC_CONFIG: JSON.stringify({ accounts: list }),
    VCC_SCRAPE_AUTH: 'none',
    VCC_AGENT_METRICS: 'hashed',
    VCC_SECRET_TTL: '5m',
  });
  const upOf = (text: string) => text.match(/^vcc_up\{.*\} 1$/gm)?.length ?? 0;
  const [all, one] = await Promise.all([
    scrape(exporter),
    scrape(exporter, {}, `/probe?target=${impatient}`),
  ]);
  expect([upOf(all.text), secrets.calls.length]).toEqual([99, 1]);
  expect(reasonOf(one.text)).toBe('deadline');
  expect(one.tookMs).toBeLessThan(1000 + slackMs);

  secrets.delayMs = 0;
  for (const expiry of [1, 2]) {
    clock.set(expiry * 301_000);
    expect(upOf((await scrape(exporter)).text)).toBe(100);
    expect(secrets.calls.length).toBe(1 + expiry);
  }
});

test('an expired secret that hangs costs no scrape, however little time that has', async () => {
  const clock = createWallClock(folder);
  const secrets = await startSecrets();
  const exporter = await serve({
    ...secrets.settings,
    ...clock.env,
    VCC_TIMEOUT: '1s',
    VCC_AGENT_METRICS: 'hashed',
  });
  const headers = { authorization, 'x-prometheus-scrape-timeout-seconds': '3' };
  expect(numberOf((await scrape(exporter, headers)).text, 'vcc_up')).toBe(1);
  secrets.hang = true;
  clock.set(301_000);
  // It contains the scrape credentials and the key of the hashes.
  const { status, text, tookMs } = await scrape(exporter, headers);
  expect([status, numberOf(text, 'vcc_up')]).toEqual([200, 1]);
  expect(text).toMatch(/^vcc_agent_presence\{/m);
  expect(tookMs).toBeLessThan(1000 + slackMs);
});

/** A receiver of remote write. */
async function startReceiver() {
  const received: { arrivedMs: number; body: Buffer }[] = [];
  const server = toClose(
    await startServer((request, response) => {
      void buffer(request).then((body) => {
        received.push({ arrivedMs: Date.now(), body });
        response.writeHead(204).end();
      });
    }),
  );
  /** The samples of a metric. */
  const samples = (metric: string) =>
    received.flatMap(({ arrivedMs, body }) =>
      [...seriesOf([body])]
        .filter(([key]) => key.includes(`"${metric}"`))
        .flatMap(([, each]) => each)
        .map(([timestampMs, value]) => ({ timestampMs, value, arrivedMs })),
    );
  return { url: server.origin, samples };
}

function push(env: Record<string, string>): Running {
  const pushing = start(process.execPath, [pathOf('dist/cli.mjs'), 'push'], { folder, env });
  open.push(() => pushing.stop());
  return pushing;
}

test('push skips a slot that it slept through, and reports this', async () => {
  const receiver = await startReceiver();
  const intervalMs = 1000;
  const pushing = push(settingsFor(simulator, { VCC_PUSH_INTERVAL: '1s', VCC_PUSH_URL: receiver.url }));
  const count = () => receiver.samples('vcc_up').length;
  await poll('a sample', () => count() > 0);
  pushing.freeze();
  const before = count();
  await wait(4000);
  pushing.thaw();
  await poll('two more samples', () => count() >= before + 2, 5000);
  // By the API's clock.
  for (const { timestampMs, value: seconds } of receiver.samples('vcc_snapshot_timestamp_seconds')) {
    expect(Math.abs(seconds * 1000 - timestampMs)).toBeLessThan(intervalMs / 2 + slackMs);
  }
  for (const { timestampMs, arrivedMs } of receiver.samples('vcc_up')) {
    expect(Math.abs(arrivedMs - timestampMs)).toBeLessThan(intervalMs / 2 + slackMs);
  }
  expect(logOf(pushing.stderr())).toEqual([
    expect.objectContaining({
      event: 'slot skipped',
      message: expect.stringMatching(/^no scrape for .*Z: it was \d s late$/),
    }),
  ]);
});

test('push continues at once after a state from the future, and reports this', async () => {
  const receiver = await startReceiver();
  const state = encodeState({ timestampMs: Date.now() + 3_600_000, series: {} });
  await createStateStore(join(folder, 'vcc-push', 'state')).save('e2e', state, soon());
  const pushing = push(settingsFor(simulator, { VCC_PUSH_INTERVAL: '1s', VCC_PUSH_URL: receiver.url }));
  await poll('samples', () => receiver.samples('vcc_up').length > 1, 8000);
  expect(logOf(pushing.stderr())).toMatchObject([{ event: 'last slot is in the future' }]);
});

test('push can be stopped while it waits for the end of a last slot in the near future', async () => {
  const state = encodeState({ timestampMs: Date.now() + 40_000, series: {} });
  await createStateStore(join(folder, 'vcc-push', 'state')).save('e2e', state, soon());
  const pushing = push(
    settingsFor(simulator, { VCC_PUSH_URL: 'http://127.0.0.1:1/', VCC_PUSH_INTERVAL: '1s' }),
  );
  await poll('the start', () => pushing.stderr().includes('Pushing e2e'));
  await wait(300);
  expect((await pushing.stop(2000)).status).toBe(0);
});

test('push that is stopped during a scrape says nothing about the account', async () => {
  const receiver = await startReceiver();
  simulator.faults = [{ kind: 'hang' }];
  const env = settingsFor(simulator, { VCC_PUSH_INTERVAL: '2s', VCC_PUSH_URL: receiver.url });
  const pushing = push(env);
  await poll('a scrape', () => simulator.requests.api > 0);
  const { status, stderr } = await pushing.stop(2000);
  expect([status, logOf(stderr)]).toEqual([
    0,
    [expect.objectContaining({ message: expect.stringMatching(/^no scrape for .*Z: it was stopped$/) })],
  ]);
  simulator.faults = [];
  expect((await runCli(['push', '--once'], env, folder)).status).toBe(0);
  expect(receiver.samples('vcc_up').map(({ value }) => value)).toEqual([1]);
});

test('a body long after its headers is no difference of clocks', async () => {
  const front = toClose(await startFront(simulator.apiUrl));
  front.bodyDelayMs = 4000;
  const env = settingsFor(simulator, { VCC_API_URL: front.origin, VCC_PAGE_SIZE: '1000' });
  const { status, stdout } = await runCli(['scrape'], env, folder);
  expect(status).toBe(0);
  expect(numberOf(stdout, 'vcc_scrape_duration_seconds')).toBeGreaterThan(4);
  expect(Math.abs(numberOf(stdout, 'vcc_api_clock_skew_seconds'))).toBeLessThan(1);
});

test('an odd answer ends the scrape in time with a reason, and only that scrape', async () => {
  const [api, tokens] = [simulator.apiUrl, simulator.tokenUrl];
  const fronts = [toClose(await startFront(api)), toClose(await startFront(new URL(tokens).origin))];
  const settings = { VCC_TIMEOUT: '1s', VCC_RETRIES: '0' };
  const exporters = await Promise.all([
    serve(settingsFor(simulator, { ...settings, VCC_API_URL: fronts[0]!.origin })),
    serve(
      settingsFor(simulator, {
        ...settings,
        VCC_TOKEN_URL: fronts[1]!.origin + new URL(tokens).pathname,
      }),
    ),
  ]);
  const scrapeBoth = () => Promise.all(exporters.map((exporter) => scrape(exporter)));
  const reasons: Record<string, string> = {
    'an upgrade without a request': 'http_status',
    'a closed connection': 'network',
    'headers, then silence': 'deadline',
  };
  // The scrape with which an exporter starts is over then.
  await scrapeBoth();
  for (const [name, answer] of Object.entries(oddAnswers)) {
    for (const front of fronts) front.answer = answer;
    simulator.revokeTokens();
    for (const { text, tookMs } of await scrapeBoth()) {
      expect([name, reasonOf(text)]).toEqual([name, reasons[name]]);
      expect(tookMs).toBeLessThan(1000 + slackMs);
    }
    for (const front of fronts) front.answer = undefined;
    for (const { text } of await scrapeBoth()) {
      expect([name, numberOf(text, 'vcc_up')]).toEqual([name, 1]);
    }
  }
});

test('a kept value is read again after its time although the clock was set back', async () => {
  const clock = createWallClock(folder);
  const secrets = await startSecrets();
  const exporter = await serve({
    ...secrets.settings,
    ...clock.env,
    VCC_PAGE_SIZE: '1000',
    VCC_ROSTER: 'users-api',
    VCC_ROSTER_TTL: '2s',
    VCC_CACHE_TTL: '2s',
    VCC_SECRET_TTL: '2s',
  });
  await scrape(exporter, { authorization });
  const reads = () => ({
    api: simulator.requests.api,
    users: simulator.requests.users,
    secrets: secrets.calls.length,
  });
  const before = reads();
  clock.set(-3_600_000);
  await wait(2100);
  const { text } = await scrape(exporter, { authorization });
  expect(reads()).toEqual({ api: before.api + 1, users: 2 * before.users, secrets: before.secrets + 1 });
  expect(numberOf(text, 'vcc_scrape_cached')).toBe(0);
  // It is the clock of the process that was set.
  expect(numberOf(text, 'vcc_api_clock_skew_seconds')).toBeGreaterThan(3590);
});
