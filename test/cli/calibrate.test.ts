import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { tryOtherHosts } from '../../src/app/watch.ts';
import { runCalibrate } from '../../src/cli/calibrate.ts';
import { run } from '../../src/cli/run.ts';
import { type Environment, loadSettings } from '../../src/config/load.ts';
import { forever } from '../../src/deadline.ts';
import type { Network } from '../../src/http/network.ts';
import { parseFault } from '../../src/simulator/faults.ts';
import { joinQuirks, parseQuirk } from '../../src/simulator/quirks.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/server.ts';
import { environmentOf } from '../support/account.ts';
import { rememberingTerminal } from '../support/terminal.ts';
import { fakeTiming } from '../support/timing.ts';
import { allWorlds } from '../support/worlds.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcc-exporter-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let simulator: Simulator;
afterEach(() => simulator?.close());

const reference = (variable: string) => `\${${variable}}`;

/** Three accounts, with the addresses from the settings of the simulator. */
const list: Environment = {
  VCC_CONFIG: JSON.stringify({
    accounts: ['a', 'b', 'c'].map((name, index) => ({
      name,
      client_id: `simulated-client${index === 0 ? '' : `-${index + 1}`}`,
      client_secret: `simulated-secret${index === 0 ? '' : `-${index + 1}`}`,
      token_url: reference('VCC_VAR_TOKEN_URL'),
      api_url: reference('VCC_VAR_API_URL'),
    })),
  }),
};

interface Given extends SimulatorOptions {
  env?: Environment;
  args?: { minutes?: string; requests?: string; write?: string; account?: string; demo?: true };
  quirk?: readonly string[];
  fault?: readonly string[];
  /** Requests for pages before the faults begin, counted anew for each account. */
  faultsAfter?: readonly number[];
}

/**
 * Runs the command against a simulator. Both share one clock, which moves only when the command
 * waits.
 */
async function calibrated({ env, args, quirk = [], fault = [], faultsAfter = [], ...options }: Given = {}) {
  const timing = fakeTiming();
  simulator = await startSimulator({
    agents: 60,
    now: timing.now,
    wait: async (ms) => timing.pass(ms),
    quirks: joinQuirks(quirk.map(parseQuirk)),
    faults: faultsAfter.length > 0 ? [] : fault.map(parseFault),
    ...options,
  });
  if (faultsAfter.length > 0) {
    const { sleep } = timing;
    timing.sleep = async (...of) => {
      await sleep(...of);
      if (faultsAfter.includes(simulator.requests.api)) simulator.faults.push(...fault.map(parseFault));
    };
  }
  const addresses = { VCC_VAR_TOKEN_URL: simulator.tokenUrl, VCC_VAR_API_URL: simulator.apiUrl };
  const single = env?.VCC_CONFIG === undefined ? environmentOf(simulator) : addresses;
  const io = rememberingTerminal(folder, { ...single, ...env });
  const status = await runCalibrate(io, { minutes: '10', requests: '600', ...args }, timing);
  return { status, out: io.lines.join('\n'), notes: io.notes, timing };
}

const row = (out: string, question: string) =>
  new RegExp(`^ +${question} +(.*)$`, 'm').exec(out)?.[1]?.split(/ {2,}/);

describe('calibrate', () => {
  test.each([allWorlds[0]!, allWorlds.at(-1)!])(
    'finds the world %j over HTTP, and what to set',
    async (world) => {
      const { status, out, notes, timing } = await calibrated({ world, agents: 120 });
      expect(status).toBe(0);
      const questions = [
        'since_in_connected',
        'since_in_wrap',
        'workload_falls_phone',
        'eligible_for_routing',
      ];
      const answers = world as Record<string, string>;
      expect(questions.map((question) => row(out, question)?.[0])).toEqual(
        questions.map((each) => answers[each]),
      );
      // 10 minutes, a reading each 5 s, and a token.
      expect(out).toMatch(
        /^test: 121 readings of 120 agents in 10\.0 min, 122 requests\nThe built-in simulator/,
      );
      expect(timing.delays).toEqual(timing.delays.map(() => 5000));
      expect(notes).toHaveLength(12);
      expect(notes[1]).toMatch(/^test: readings 1, observations 0, 10 min left$/);
      const last = out.split('\n').at(-1)!;
      expect(last).toMatch(/^VCC_SEMANTICS=/);
      const semantics = loadSettings({ VCC_SEMANTICS: last.replace('VCC_SEMANTICS=', '') }).VCC_SEMANTICS;
      expect(world).toMatchObject(semantics!);
      expect(Object.keys(semantics!)).toEqual(expect.arrayContaining(questions));
    },
  );

  test('reports other properties of the API', async () => {
    const { out } = await calibrated({
      quirk: ['max-page=25', 'order=since', 'lag=2000', 'clock=-90000', 'header=X-RateLimit-Limit:100'],
    });
    expect(out).toMatch(/^ {2}Pages +requested a limit of 5000, received 3 pages of at most 25$/m);
    expect(out).toMatch(/^ {2}Order +not by agentId, in 121 of 121 readings$/m);
    expect(out).toMatch(/^ {2}Newest since +2\.\d s before upTo; none was later$/m);
    expect(out).toMatch(/^ {2}Limit headers +x-ratelimit-limit 100$/m);
    expect(out).toMatch(/^ {2}Other hosts +not tried, since VCC_API_URL and VCC_TOKEN_URL are set$/m);
    expect(out).toMatch(/^ {2}Clock +\d+\.\d s behind this machine's, accurate to about 0\.5 s$/m);
  });

  test('reports when nothing was found', async () => {
    const { out } = await calibrated();
    expect(out).toMatch(
      /^ {2}Pages +requested a limit of 5000, received one page of 60, so the API's own limit is unknown$/m,
    );
    expect(out).toMatch(/^ {2}Order +by agentId, in all readings$/m);
    expect(out).toMatch(/^ {2}Limit headers +none$/m);
    expect(out).toContain('No unknown words.\nNo absent or invalid values.\n');
  });

  test('lists words and gaps, and reports when they make scrapes fail', async () => {
    const env = { VCC_MAX_FLAWED_AGENTS: '0', VCC_KNOWN_VALUES: 'medium=Telex' };
    const { status, out } = await calibrated({ env, fault: ['unknown,times=3', 'flawed,times=2'] });
    expect(status).toBe(0);
    expect(out).toMatch(/^ {2}presence +Sabbatical +3$/m);
    expect(out).toMatch(/^ {2}medium +Fax +3$/m);
    expect(out).toMatch(/^ {2}presence_since +1 +0$/m);
    expect(out).toContain(
      '1 of 60 agents are flawed. With VCC_MAX_FLAWED_AGENTS=0, scrapes of this account fail.',
    );
    expect(out).toMatch(
      /^VCC_KNOWN_VALUES=presence=Sabbatical,state=Fault,reason=Eclipse,direction=Sideways,medium=Telex,medium=Fax,medium_manager=XX$/m,
    );
  });

  test('shows no id, guid, description or number of anybody', async () => {
    const { out, notes } = await calibrated({ agents: 200, fault: ['unknown,times=9', 'flawed,times=9'] });
    const printed = `${out}\n${notes.join('\n')}`;
    const texts = simulator
      .items()
      .flatMap(({ agentId, presence, interaction }) => [
        agentId,
        ...(presence.description === presence.name ? [] : [presence.description]),
        ...interaction.flatMap(({ guid, channelGuid }) => [guid, channelGuid ?? guid]),
      ]);
    expect(new Set(texts).size).toBeGreaterThan(250);
    expect(texts.filter((text) => printed.includes(text))).toEqual([]);
    expect(printed.match(/\d{4,}/g)).toEqual(expect.arrayContaining(['5000']));
    expect(printed.match(/[0-9a-f]{8}-/)).toBeNull();
  });

  test('keeps the set answers for questions without a finding', async () => {
    const env = { VCC_SEMANTICS: 'since_in_wrap=continues,workload_falls_fax=when_wrap_ends' };
    const { out } = await calibrated({ env, agents: 120 });
    expect(row(out, 'since_in_wrap')).toEqual([
      'restarts',
      expect.any(String),
      '0',
      expect.any(String),
      'continues',
    ]);
    expect(out).toMatch(/^VCC_SEMANTICS=since_in_wrap=restarts,workload_falls_fax=when_wrap_ends,since_in/m);
  });
});

test('calibrate names the rejected page sizes, and sets an accepted one', async () => {
  const { out } = await calibrated({ agents: 1200, fault: ['status=400,times=2'] });
  expect(out).toMatch(
    /^ {2}Pages +requested a limit of 1000, received 2 pages of at most 1000; refused: 5000$/m,
  );
  expect(out).toMatch(/^VCC_PAGE_SIZE=1000$/m);
  // It reads 1,200 agents again and again: 5 s of CPU time.
}, 60_000);

test('calibrate does not mistake a vanished page for a rejected size', async () => {
  const env = { VCC_PAGE_SIZE: '20' };
  const { out } = await calibrated({ env, fault: ['status=400,page=3,times=1'], faultsAfter: [30] });
  expect(out).toMatch(/^ {2}Pages +requested a limit of 20, received 3 pages of at most 20$/m);
  expect(out).not.toContain('VCC_PAGE_SIZE');
});

describe('the requests', () => {
  test('are bounded: readings of many pages are further apart', async () => {
    const { out, timing } = await calibrated({ env: { VCC_PAGE_SIZE: '5' }, args: { requests: '100' } });
    // 12 pages: 8 readings and a token.
    expect(simulator.requests).toEqual({ api: 96, token: 1, users: 0 });
    expect(out).toMatch(/^test: 8 readings of 60 agents in 10\.\d min, 97 requests$/m);
    expect(Math.min(...timing.delays)).toBeGreaterThan(60_000);
  });

  test('end with the bound, also while pages are read again and again', async () => {
    const { status, out } = await calibrated({
      env: { VCC_PAGE_SIZE: '5', VCC_PAGE_CONCURRENCY: '1' },
      args: { requests: '20' },
      fault: ['shift'],
    });
    expect(status).toBe(1);
    expect(simulator.requests.api + simulator.requests.token).toBeLessThanOrEqual(20);
    expect(out).toContain('test: it could not be read: all requests were used (--requests)');
  });

  test('end at the first 429, with the findings until then', async () => {
    const { status, out } = await calibrated({ fault: ['status=429,times=1'], faultsAfter: [30] });
    expect(status).toBe(0);
    expect(out).toMatch(/^test: 30 readings of 60 agents/);
    expect(out).toMatch(/^It ended early, at the first 429: GET http:\S+: answered 429$/m);
    expect(out).toMatch(/^ {2}Other hosts +not tried, since the API answered 429$/m);
    expect(simulator.requests.api).toBe(31);
  });

  test('end at the third failure in a row', async () => {
    const { status, out } = await calibrated({
      fault: ['status=500'],
      faultsAfter: [5],
      env: { VCC_RETRIES: '0' },
    });
    expect(status).toBe(0);
    expect(out).toMatch(/^test: 5 readings of 60 agents/);
    expect(out).toMatch(/^It ended early, after three failures in a row: GET http:\S+: answered 500$/m);
    expect(simulator.requests.api).toBe(8);
  });

  test('go on after two failures, more than once', async () => {
    const { out } = await calibrated({
      fault: ['status=500,times=2'],
      faultsAfter: [5, 8],
      env: { VCC_RETRIES: '0' },
    });
    expect(out).toMatch(/^test: 117 readings of 60 agents in 10\.0 min/);
  });

  test('do not end at a third failure that is the first one again, in the pause that it requested', async () => {
    const { out } = await calibrated({
      fault: ['status=503,retry-after=60,times=1'],
      faultsAfter: [5],
      env: { VCC_RETRIES: '0' },
    });
    // 12 intervals of pause.
    expect(out).toMatch(/^test: 109 readings of 60 agents in 10\.0 min, 111 requests\nThe built-in .*\n\n/);
  });

  test('are few for an account that cannot be read', async () => {
    const { status, out } = await calibrated({ fault: ['status=403'] });
    expect(status).toBe(1);
    expect(out).toMatch(
      /^test: it could not be read: GET http:\S+: answered 403: the credentials lack the scope stats$/m,
    );
    expect(out).toContain('Run vcc-exporter check to try it step by step.');
    expect(simulator.requests.api).toBe(1);
  });
});

test('Ctrl+C ends it with the findings so far, by the command line and its own clock', async () => {
  simulator = await startSimulator({ agents: 60, faults: [parseFault('unknown')] });
  const io = rememberingTerminal(folder, environmentOf(simulator));
  const done = run(io, ['calibrate']);
  while (!io.notes.some((note) => /readings 1/.test(note)))
    await new Promise((resolve) => setTimeout(resolve, 5));
  io.stop();
  expect(await done).toBe(0);
  const out = io.lines.join('\n');
  expect(out).toMatch(/^test: 1 reading of 60 agents in 0\.\d min, 2 requests$/m);
  expect(out).toContain('It was stopped early. These are the results until then.');
  expect(row(out, 'since_in_wrap')).toEqual(['not seen enough', '0', '0', '0', '-']);
  expect(out).toMatch(/^VCC_KNOWN_VALUES=presence=Sabbatical,/m);
});

describe('--write', () => {
  const mode = (file: string) => (statSync(file).mode & 0o777).toString(8);

  test('makes a file that only its user can read, and reports this', async () => {
    const { status, notes } = await calibrated({ args: { write: 'new/env' }, fault: ['unknown,times=1'] });
    const file = join(folder, 'new/env');
    expect([status, notes.at(-1)]).toEqual([0, `${file}: written.`]);
    expect(readFileSync(file, 'utf8')).toMatch(
      /^VCC_SEMANTICS=since_in_c\S+\nVCC_KNOWN_VALUES=presence=Sab\S+\n$/,
    );
    expect(mode(file)).toBe('600');
  });

  test('replaces its own lines of a file behind a link, and keeps the others', async () => {
    const file = join(folder, 'mine.env');
    writeFileSync(file, '# mine\nVCC_SEMANTICS=since_in_wrap=continues\nPORT=1\n', { mode: 0o644 });
    symlinkSync(file, join(folder, 'link.env'));
    expect((await calibrated({ args: { write: 'link.env' } })).status).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(
      /^# mine\nVCC_SEMANTICS=since_in_connected=restarts,since\S+\nPORT=1\n$/,
    );
    expect(mode(file)).toBe('600');
  });

  test('fails with status 1 if the file cannot be written, and still prints the settings', async () => {
    const { status, out, notes } = await calibrated({
      args: { write: 'blocked/.env' },
      fault: ['unknown,times=1'],
      latencyMs: 1,
      // After the command has checked the path.
      wait: async () => {
        rmSync(join(folder, 'blocked'), { force: true });
        symlinkSync('/proc', join(folder, 'blocked'));
      },
    });
    expect([status, notes.at(-1)]).toEqual([
      1,
      expect.stringMatching(/blocked\/\.env: not written: (ENOENT, no such file|EACCES, permission)/),
    ]);
    expect(out).toMatch(/^VCC_KNOWN_VALUES=/m);
  });

  test.each<[string, NonNullable<Given['args']>, Environment, string]>([
    ['a folder', { write: '.' }, {}, '--write: FOLDER: is a folder'],
    [
      'a link to nothing',
      { write: 'dangling.env' },
      {},
      '--write: FOLDER/dangling.env: is a link to a file that does not exist',
    ],
    [
      'simulated accounts',
      { write: 'x', demo: true },
      {},
      '--write: expected an account of yours, not --demo',
    ],
    [
      'a list of accounts',
      { write: 'x', account: 'b' },
      list,
      '--write: expected a single account without VCC_CONFIG; without --write, the fields for its list are printed',
    ],
  ])('is refused before the first request: %s', async (_, args, env, problem) => {
    rmSync(join(folder, 'dangling.env'), { force: true });
    symlinkSync(join(folder, 'nothing'), join(folder, 'dangling.env'));
    const problems = await calibrated({ args, env }).catch(({ problems }) => problems);
    expect([problems].flat().map((each: string) => each.replaceAll(folder, 'FOLDER'))).toEqual([problem]);
    expect(simulator.requests).toEqual({ api: 0, token: 0, users: 0 });
  });
});

test('several accounts get fields of VCC_CONFIG, and a failing one does not stop the others', async () => {
  const accounts = [
    { name: 'a', agents: 120 },
    { name: 'b', agents: 120, world: { since_in_wrap: 'continues' } as const },
    { name: 'c', clientSecret: 'another' },
  ];
  const { status, out } = await calibrated({ accounts, env: list });
  expect(status).toBe(1);
  expect(out).toContain('c: it could not be read: POST http');
  const [, yaml] = out.split('Fields to set in the list of VCC_CONFIG:\n\n');
  expect(yaml).toMatch(
    /^accounts:\n {2}- name: "a"\n {4}semantics: ".*since_in_wrap=restarts.*"\n {2}- name: "b"\n {4}semantics: ".*since_in_wrap=continues.*"$/,
  );
});

describe('the other hosts', () => {
  /** Leads every https host to the simulator, and records the requested hosts. */
  function networkTo(port: number, asked: string[]): Network {
    const connectTo = (name: string) => {
      asked.push(name);
      return net.connect(port, '127.0.0.1');
    };
    const agent = Object.assign(new https.Agent(), {
      createConnection: (options: { servername?: string; host?: string }) => connectTo(options.host!),
    });
    return { open: () => ({ 'http:': new http.Agent(), 'https:': agent }), refusalOf: () => undefined };
  }

  const ofVonage = ['emea.cc.vonage.com', 'emea.api.cc.vonage.com'];
  const ofNewVoiceMedia = ['nam.newvoicemedia.com', 'nam.api.newvoicemedia.com'];
  const ask = async (clientSecret: string, more: Environment = {}) => {
    simulator = await startSimulator({ agents: 40, hosts: [...ofVonage, ...ofNewVoiceMedia] });
    const asked: string[] = [];
    const settings = loadSettings({
      VCC_CLIENT_ID: simulator.clientId,
      VCC_CLIENT_SECRET: clientSecret,
      ...more,
    });
    const network = networkTo(Number(new URL(simulator.apiUrl).port), asked);
    const hosts = await tryOtherHosts(settings, undefined, { network, timing: fakeTiming(), stop: forever });
    return { hosts, asked };
  };

  test.each([
    [{}, 'vonage', ofVonage],
    [{ VCC_HOSTS: 'vonage', VCC_REGION: 'nam' }, 'newvoicemedia', ofNewVoiceMedia],
  ])('are those of the other family of the same region, with %j', async (more, family, names) => {
    const { hosts, asked } = await ask('simulated-secret', more);
    expect(hosts).toEqual({ family, agents: 40 });
    expect([...new Set(asked)]).toEqual(names);
  });

  test('may refuse', async () => {
    const { hosts } = await ask('wrong-secret-of-length');
    expect(hosts).toEqual({
      family: 'vonage',
      message: expect.stringMatching(
        /^POST https:\/\/emea\.cc\.vonage\.com\/Auth\/connect\/token: answered 400: /,
      ),
    });
  });

  test('are not tried where an address is set', async () => {
    const { hosts, asked } = await ask('simulated-secret', { VCC_API_URL: 'https://api.example.com' });
    expect([hosts, asked]).toEqual([{ untried: 'VCC_API_URL is set' }, []]);
  });
});
