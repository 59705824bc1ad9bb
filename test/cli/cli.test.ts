import { mkdtempSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '../../src/cli/run.ts';
import { follow } from '../../src/cli/serve.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { newClient } from '../simulator/client.ts';
import { environmentOf } from '../support/account.ts';
import { environmentOfSecrets } from '../support/secrets-server.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { rememberingTerminal } from '../support/terminal.ts';

let simulator: Simulator;
let folder: string;
beforeAll(async () => {
  simulator = await startSimulator({ agents: 40 });
  folder = mkdtempSync(join(tmpdir(), 'vcc-exporter-'));
});
afterEach(() => {
  simulator.faults.length = 0;
});
afterAll(() => simulator.close());

const terminal = (env: Terminal['env'] = {}, interactive = false) =>
  rememberingTerminal(folder, env, interactive);

describe('vcc-exporter', () => {
  test('reports all bad settings, a line each', async () => {
    const io = terminal({ ...environmentOf(simulator), VCC_REGION: 'us', PORT: 'x', VCC_TIMEOT: '3' });
    expect(await run(io, ['serve'])).toBe(2);
    expect(io.notes).toEqual([
      'vcc-exporter: VCC_REGION: expected one of emea, nam, apac; received "us"',
      'vcc-exporter: PORT: expected a whole number from 0 to 65535; received "x"',
      'vcc-exporter: VCC_TIMEOT: unknown setting; did you mean VCC_TIMEOUT?',
    ]);
  });

  test('does not repeat the name of a variable that is not a setting', async () => {
    const io = terminal({ ...environmentOf(simulator), 'VCC_CLIENT_SECRET: hunter2\nPORT': '1' });
    expect(await run(io, ['scrape'])).toBe(2);
    expect(io.notes).toEqual([
      'vcc-exporter: VCC_*: expected names of settings with letters, digits and _ only; received another name',
    ]);
  });
});

describe('a secret that is not read in time', () => {
  let secrets: TestServer;
  const calls: { closed: boolean }[] = [];
  const before = { ...process.env };
  beforeAll(async () => {
    secrets = await startServer((_, response) => {
      const call = { closed: false };
      calls.push(call);
      response.once('close', () => {
        call.closed = true;
      });
    });
    Object.assign(process.env, environmentOfSecrets(secrets));
  });
  afterAll(async () => {
    for (const name of Object.keys(environmentOfSecrets(secrets))) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    await secrets.close();
  });
  const env = { VCC_SECRET_ID: 'acme', VCC_REGION: 'emea' };

  test('is named by serve', async () => {
    const io = terminal({ ...env, VCC_TIMEOUT: '200ms', PORT: '0' });
    expect(await run(io, ['serve'])).toBe(1);
    expect(io.notes.map((note) => JSON.parse(note).message)).toEqual(['secret acme: not read within 0.2 s']);
  });

  test('does not keep serve from ending on a signal', async () => {
    const startedMs = performance.now();
    const stopped = new Promise<void>((resolve) => setTimeout(resolve, 100));
    const io = { ...terminal({ ...env, VCC_TIMEOUT: '20s', PORT: '0' }), stopped };
    expect(await run(io, ['serve'])).toBe(1);
    expect(io.notes.map((note) => JSON.parse(note).message)).toEqual(['it was stopped']);
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });

  test('is not read any more when check has ended', async () => {
    expect(await run(terminal({ ...env, VCC_TIMEOUT: '1s' }), ['check'])).toBe(1);
    // The SDK itself would continue for nine seconds, with three requests.
    const { length } = calls;
    while (!calls[length - 1]!.closed) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(calls).toHaveLength(length);
  });
});

describe('scrape', () => {
  test.each([
    [[], /^# HELP vcc_up .*vcc_up\{account="test"\} 1/s],
    [['--format', 'openmetrics'], /^# TYPE vcc_up gauge.*# EOF$/s],
  ])('writes the metrics with %j', async (args, pattern) => {
    const io = terminal(environmentOf(simulator));
    expect(await run(io, ['scrape', ...args])).toBe(0);
    expect(io.lines.join('\n')).toMatch(pattern);
  });

  test('fails with status 1, the metrics and the reason', async () => {
    simulator.faults.push({ kind: 'status', value: 403 });
    const io = terminal(environmentOf(simulator));
    expect(await run(io, ['scrape'])).toBe(1);
    expect(io.lines.join()).toContain('vcc_up{account="test"} 0');
    expect(io.notes[0]).toMatch(/answered 403: the credentials lack the scope stats$/);
  });
});

describe('check', () => {
  test('goes step by step', async () => {
    const io = terminal(environmentOf(simulator));
    expect(await run(io, ['check'])).toBe(0);
    expect(io.lines.map((line) => line.split(':')[0])).toEqual([
      'ok      Settings',
      'ok      Token',
      'ok      First page',
      'ok      Snapshot',
      '\nThe account test can be read.',
    ]);
    expect(io.lines[2]).toMatch(/40 of 40 agents, 1 page, its clock -?\d\.\d s from ours/);
  });

  test('stops at the first step that fails, with what to do', async () => {
    const io = terminal(environmentOf(simulator, { VCC_CLIENT_SECRET: 'wrong' }));
    expect(await run(io, ['check'])).toBe(1);
    expect(io.lines).toHaveLength(4);
    expect(io.lines[3]).toBe('\nThe account cannot be read: test (Token).');
    expect(io.lines[1]).toMatch(
      /^FAILED {2}Token: POST .*: answered 400: the client id and secret were not accepted/,
    );
    expect(io.lines[2]).toMatch(/^ {8}Check VCC_CLIENT_ID and VCC_CLIENT_SECRET/);
    expect(io.lines.join()).not.toContain('wrong');
  });
});

describe('check and scrape of several accounts', () => {
  const accountsOf = (...secrets: string[]) =>
    ['accounts:', ...secrets.flatMap((secret, index) => accountOf(`acme-${index + 1}`, secret))].join('\n');
  const accountOf = (name: string, secret: string) => [
    `  - name: ${name}`,
    `    client_id: ${simulator.clientId}`,
    `    client_secret: ${secret}`,
    `    token_url: ${simulator.tokenUrl}`,
    `    api_url: ${simulator.apiUrl}`,
  ];

  test('check ends with the number of readable accounts, and the reasons of the others', async () => {
    const good = terminal({ VCC_CONFIG: accountsOf(simulator.clientSecret, simulator.clientSecret) });
    expect(await run(good, ['check'])).toBe(0);
    expect(good.lines.at(-1)).toBe('\nAll 2 accounts can be read.');
    const bad = terminal({ VCC_CONFIG: accountsOf(simulator.clientSecret, 'wrong') });
    expect(await run(bad, ['check'])).toBe(1);
    expect(bad.lines.at(-1)).toBe('\n1 of 2 accounts cannot be read: acme-2 (Token).');
  });

  test('--account chooses one, and an unknown name is refused', async () => {
    const env = { VCC_CONFIG: accountsOf(simulator.clientSecret, 'wrong') };
    const check = terminal(env);
    expect(await run(check, ['check', '--account', 'acme-1'])).toBe(0);
    expect(check.lines[0]).toBe('ok      Settings: account acme-1');
    expect(check.lines.at(-1)).toBe('\nThe account acme-1 can be read.');
    const scrape = terminal(env);
    expect(await run(scrape, ['scrape', '--account', 'acme-2'])).toBe(1);
    expect(scrape.lines.join()).not.toContain('acme-1');
    for (const command of ['check', 'scrape']) {
      const io = terminal(env);
      expect(await run(io, [command, '--account', 'acme-3'])).toBe(2);
      expect(io.notes).toEqual([
        'vcc-exporter: --account: expected one of acme-1, acme-2; received another name',
      ]);
    }
  });
});

test('check names the step that a slow API fails', async () => {
  simulator.faults.push({ kind: 'hang' });
  const io = terminal(environmentOf(simulator, { VCC_TIMEOUT: '300ms' }));
  expect(await run(io, ['check'])).toBe(1);
  expect(io.lines[2]).toBe('FAILED  First page: no complete answer within 300 ms');
  expect(io.notes).toEqual([]);
});

describe('follow', () => {
  /**
   * How many scrapes of this length begin within 300 ms, with pauses of 50 ms, and how many run at
   * once.
   */
  async function count(scrapeMs: number, shownMsAgo: () => number | undefined) {
    const stop = new AbortController();
    const seen = { begun: 0, running: 0, most: 0 };
    const following = follow(
      async () => {
        seen.begun++;
        seen.most = Math.max(seen.most, ++seen.running);
        await new Promise((resolve) => setTimeout(resolve, scrapeMs));
        seen.running--;
      },
      shownMsAgo,
      stop.signal,
      50,
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    stop.abort(new Error('stopped'));
    await following;
    return seen;
  }

  test('never has two scrapes at once, however slow the API is', async () => {
    expect(await count(120, () => undefined)).toMatchObject({ begun: 2, most: 1 });
  });

  test('scrapes again when nothing was shown for a while, and not before', async () => {
    expect((await count(1, () => undefined)).begun).toBeGreaterThan(2);
    expect((await count(1, () => 0)).begun).toBe(1);
  });
});

describe('serve', () => {
  const env = () => ({ ...environmentOf(simulator), PORT: '0' });

  test('prints its address and a first scrape, answers, and ends on a signal', async () => {
    const io = terminal(env());
    const done = run(io, ['serve']);
    const [, url] = await io.until(/^Metrics: (\S+\/metrics)/);
    await io.until(/Account test: 40 agents at /);
    expect(await (await fetch(url!)).text()).toContain('vcc_up{account="test"} 1');
    io.stop();
    expect(await done).toBe(0);
    await expect(fetch(url!)).rejects.toThrow();
  });

  test('ends at once on a signal while the API hangs', async () => {
    simulator.faults.push({ kind: 'hang' });
    const io = terminal({ ...env(), VCC_REQUEST_TIMEOUT: '60s' });
    const done = run(io, ['serve']);
    await io.until(/^Metrics: /);
    const startedMs = performance.now();
    io.stop();
    expect(await done).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(2500);
  });

  test('draws every scrape over the last one on a screen', async () => {
    const io = terminal(env(), true);
    const done = run(io, ['serve']);
    const [, url] = await io.until(/^Metrics: (\S+\/metrics)/);
    await io.until(/Account test/);
    simulator.faults.push({ kind: 'status', value: 403 });
    await (await fetch(url!)).text();
    await io.until(/no snapshot, reason forbidden/);
    // Moves the cursor up over the last table.
    expect(io.moves).toEqual([io.lines.at(-2)!.split('\n').length]);
    expect(io.lines.at(-1)).toMatch(/^ {2}Account test: no snapshot/);
    io.stop();
    await done;
  });

  test('requires scrape credentials where they are set, but reads the floor for its own table without', async () => {
    const token = 'a-token-of-the-machine';
    const io = terminal({ ...env(), VCC_SCRAPE_AUTH: '', VCC_SCRAPE_TOKENS: token });
    const done = run(io, ['serve']);
    const [, url] = await io.until(/^Metrics: (\S+\/metrics)/);
    await io.until(/Account test: 40 agents at /);
    const statusOf = async (headers: Record<string, string>) => (await fetch(url!, { headers })).status;
    expect(await statusOf({})).toBe(401);
    expect(await statusOf({ authorization: `Bearer ${token}` })).toBe(200);
    io.stop();
    expect(await done).toBe(0);
    expect([...io.lines, ...io.notes].join()).not.toContain(token);
  });

  test('warns when everybody who can reach it may read the metrics', async () => {
    const io = terminal({ ...env(), VCC_SCRAPE_AUTH: '', HOST: '0.0.0.0' });
    const done = run(io, ['serve']);
    await io.until(/^Metrics: /);
    expect(io.notes).toContain(
      'Everyone who can reach 0.0.0.0 may read the metrics. To require a token, set VCC_SCRAPE_TOKENS.',
    );
    io.stop();
    await done;
  });

  test.each([
    ['evil.example', 403, {}],
    ['vcc.example.com', 200, {}],
    // A browser has no credentials for another name.
    ['evil.example', 401, { VCC_SCRAPE_AUTH: '', VCC_SCRAPE_TOKENS: 'a-token-of-the-machine' }],
  ])('answers a request to %s with %i', async (host, expected, more) => {
    const io = terminal({ ...env(), VCC_SCRAPE_HOSTS: 'vcc.example.com', ...more });
    const done = run(io, ['serve']);
    const [, url] = await io.until(/^Metrics: (\S+\/metrics)/);
    const status = await new Promise((resolve, reject) => {
      request(url!, { headers: { host } }, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(expected);
    io.stop();
    expect(await done).toBe(0);
  });

  test('lets nobody in when a variable with the credentials is empty', async () => {
    const empty = { VCC_SCRAPE_AUTH: '', VCC_SCRAPE_TOKENS: ' ', VCC_SCRAPE_USERS: '' };
    const io = terminal({ ...env(), ...empty });
    expect(await run(io, ['serve'])).toBe(2);
    expect(io.notes).toEqual([
      'vcc-exporter: VCC_SCRAPE_TOKENS, VCC_SCRAPE_USERS: expected scrape credentials, or VCC_SCRAPE_AUTH=none to let everyone who can reach the address scrape; received an empty value',
    ]);
  });

  test('knows no IAM, which only Lambda can check', async () => {
    const io = terminal({ ...env(), VCC_SCRAPE_AUTH: 'iam' });
    expect(await run(io, ['serve'])).toBe(2);
    expect(io.notes).toEqual([
      'vcc-exporter: VCC_SCRAPE_AUTH: expected credentials or none, since IAM signatures are checked only for AWS Lambda; received "iam"',
    ]);
  });

  test('requires credentials to be set when scrapes need them', async () => {
    const io = terminal({ ...env(), VCC_SCRAPE_AUTH: 'credentials' });
    expect(await run(io, ['serve'])).toBe(2);
    expect(io.notes[0]).toContain('VCC_SCRAPE_TOKENS, VCC_SCRAPE_USERS: expected scrape credentials');
  });

  test('--port and --host take precedence over the settings', async () => {
    const io = terminal({ ...env(), PORT: 'x', HOST: '127.0.0.9' });
    const done = run(io, ['serve', '--port', '0', '--host', '127.0.0.1']);
    const [, host] = await io.until(/^Metrics: http:\/\/(127\.0\.0\.\d):\d+\/metrics/);
    expect(host).toBe('127.0.0.1');
    io.stop();
    expect(await done).toBe(0);
  });

  test('reports in one line that the port is in use', async () => {
    const { port } = new URL(simulator.apiUrl);
    const io = terminal({ ...env(), PORT: port });
    expect(await run(io, ['serve'])).toBe(2);
    expect(io.notes).toEqual([
      `vcc-exporter: HOST, PORT: port ${port} on 127.0.0.1 is in use; choose another with PORT or --port (0: any free port)`,
    ]);
  });
});

test('simulate prints settings that another exporter can use', async () => {
  const io = terminal();
  const done = run(io, [
    'simulate',
    '--port',
    '0',
    '--agents',
    '30',
    '--seed',
    '9',
    '--fault',
    'status=500,times=1',
  ]);
  await io.until(/^VCC_CLIENT_SECRET=/);
  const env = Object.fromEntries(io.lines.map((line) => line.split('=') as [string, string]));
  const other = terminal(env);
  expect(await run(other, ['scrape'])).toBe(0);
  expect(other.lines[0]).toContain('vcc_snapshot_agents{account="simulated-1"} 30');
  expect(other.lines[0]).toContain('vcc_scrape_api_retries{account="simulated-1"} 1');
  io.stop();
  expect(await done).toBe(0);
});

test('simulate uses the chosen world and quirks', async () => {
  const io = terminal();
  const options = [
    ...['--semantics', 'since_in_connected=continues,since_in_wrap=continues'],
    ...['--quirk', 'max-page=20', '--quirk', 'lag=1000'],
  ];
  const done = run(io, ['simulate', '--port', '0', '--agents', '100', ...options]);
  const [, apiUrl] = await io.until(/^VCC_API_URL=(.*)$/);
  const [, tokenUrl] = await io.until(/^VCC_TOKEN_URL=(.*)$/);
  const client = { clientId: 'simulated-client', clientSecret: 'simulated-secret' };
  const ask = await newClient({ apiUrl, tokenUrl } as Simulator, client);
  const { meta, items } = (await (await ask('/stats/agent-status?limit=5000')).json()) as {
    meta: object;
    items: { workload: { since: string }; interaction: { since: string; state: string }[] }[];
  };
  expect(meta).toMatchObject({ count: 20, pageCount: 5 });
  // Customers too.
  expect(await (await ask('/stats/interactions/ongoing')).json()).toMatchObject({ meta: { count: 20 } });
  // No agent's workload began after the only interaction did, as it would if `since` restarted.
  const connected = items.filter(({ interaction: [leg, more] }) => leg?.state === 'Connected' && !more);
  expect(connected.length).toBeGreaterThan(0);
  expect(connected.filter(({ workload, interaction }) => workload.since < interaction[0]!.since)).toEqual([]);
  io.stop();
  expect(await done).toBe(0);
});

test('simulate prints several accounts as YAML, each with valid credentials', async () => {
  const io = terminal();
  const done = run(io, ['simulate', '--port', '0', '--agents', '30', '--accounts', '3']);
  await io.until(/^accounts:/);
  const [, ...entries] = io.lines.join('\n').split(/^(?:accounts:\n)? {2}- /m);
  const accounts = entries.map((entry) =>
    Object.fromEntries(entry.split('\n').flatMap((line) => (line ? [line.trim().split(/: (.*)/)] : []))),
  );
  const origin = new URL(accounts[0].api_url).origin;
  expect(accounts[2]).toMatchObject({
    name: 'simulated-3',
    client_id: 'simulated-client-3',
    client_secret: 'simulated-secret-3',
    token_url: `${origin}/Auth/connect/token`,
    api_url: origin,
  });
  expect(accounts.map(({ client_id }) => client_id)).toEqual([
    'simulated-client',
    'simulated-client-2',
    'simulated-client-3',
  ]);
  for (const { client_id, client_secret, token_url } of accounts) {
    const form = { grant_type: 'client_credentials', client_id, client_secret, scope: 'stats' };
    const { status } = await fetch(token_url, { method: 'POST', body: new URLSearchParams(form) });
    expect(status).toBe(200);
  }
  expect(io.notes[0]).toMatch(
    /3 accounts of 30 agents each\. Save this as a file and set VCC_CONFIG to its path:$/,
  );
  io.stop();
  expect(await done).toBe(0);
});

test.each([
  [['--accounts', '1001'], '--accounts: expected a whole number from 1 to 1000; received "1001"'],
  [
    ['--semantics', 'since_in_wrap=no'],
    '--semantics: expected since_in_wrap=restarts or since_in_wrap=continues; received another value',
  ],
  [
    ['--quirk', 'max-page=0'],
    '--quirk: expected one of max-page, order, lag, queue-lag, clock, header, with a value; received "max-page=0"',
  ],
  [
    ['--accounts', '3', '--fault', 'hang,account=simulated-4'],
    '--fault: expected account=simulated-N with N from 1 to 3; received "simulated-4"',
  ],
])('simulate refuses %j', async (args, problem) => {
  const io = terminal();
  expect(await run(io, ['simulate', ...args])).toBe(2);
  expect(io.notes).toEqual([`vcc-exporter: ${problem}`]);
});
