import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { run } from '../../src/cli/run.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { environmentOf } from '../support/account.ts';
import { startReceiver } from '../support/receiver.ts';
import { rememberingTerminal } from '../support/terminal.ts';

let simulator: Simulator;
let folder: string;
beforeAll(async () => {
  simulator = await startSimulator({ agents: 40 });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcc-exporter-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
afterAll(() => simulator.close());

const terminal = (env: Record<string, string | undefined> = {}) => rememberingTerminal(folder, env);
const writeEnv = (content: string | Uint8Array) => writeFileSync(join(folder, '.env'), content);

/** The output of a command that must not start. */
async function refusal(args: string[], env: Record<string, string | undefined> = {}): Promise<string[]> {
  const io = terminal(env);
  expect(await run(io, args)).toBe(2);
  expect(io.lines).toEqual([]);
  return io.notes.map((note) => note.replaceAll(folder, 'FOLDER'));
}

const missing =
  'vcc-exporter: VCC_CLIENT_ID, VCC_CLIENT_SECRET: expected API credentials, or VCC_SECRET_ID or VCC_CONFIG instead; received nothing';
const looked = (where: string) => `vcc-exporter: looked for settings in ${where}.`;
const hint = ' To try the simulator, use --demo.';

describe('without credentials', () => {
  test.each(['serve', 'scrape', 'check', 'push'])(
    '%s names what is missing and where it searched',
    async (command) => {
      expect(await refusal([command])).toEqual([
        missing,
        `${looked('the environment and in FOLDER/.env, which does not exist')}${hint}`,
      ]);
    },
  );

  test('replay does too: it would read the folder of an exporter', async () => {
    expect(await refusal(['replay'])).toEqual([
      missing,
      `${looked('the environment and in FOLDER/.env, which does not exist')} For SQS queues, set VCC_PUSH_QUEUE_URL and VCC_PUSH_REJECTED_URL.`,
    ]);
  });

  test('replay needs both queues, or a folder that exists', async () => {
    const queue = 'https://sqs.eu-west-1.amazonaws.com/123456789012/x.fifo';
    expect(await refusal(['replay'], { VCC_PUSH_QUEUE_URL: queue })).toEqual([
      'vcc-exporter: VCC_PUSH_REJECTED_URL: expected the address of a queue, since VCC_PUSH_QUEUE_URL is set; received nothing',
    ]);
    writeEnv('VCC_CLIENT_ID=id\nVCC_CLIENT_SECRET=hunter2hunter2\n');
    expect(await refusal(['replay'])).toEqual([
      'vcc-exporter: VCC_PUSH_FOLDER: FOLDER/vcc-push: does not exist',
    ]);
  });

  test.each<[string, Record<string, string | undefined>, string, string]>([
    [
      'a .env file that has none',
      {},
      'VCC_REGION=nam\n',
      'the environment and in FOLDER/.env, which has no VCC_CLIENT_ID and no VCC_CLIENT_SECRET',
    ],
    [
      'a .env file with empty ones',
      {},
      'VCC_CLIENT_ID=\nVCC_CLIENT_SECRET=""\n',
      'the environment and in FOLDER/.env, which has no VCC_CLIENT_ID and no VCC_CLIENT_SECRET',
    ],
    [
      'empty variables over those of the .env file',
      { VCC_CLIENT_ID: '', VCC_CLIENT_SECRET: '' },
      'VCC_CLIENT_ID=id\nVCC_CLIENT_SECRET=hunter2hunter2\n',
      'the environment, where VCC_CLIENT_ID and VCC_CLIENT_SECRET are empty, and in FOLDER/.env',
    ],
    [
      'an address',
      { VCC_API_URL: 'https://nam.api.newvoicemedia.com' },
      '',
      'the environment and in FOLDER/.env, which has no VCC_CLIENT_ID and no VCC_CLIENT_SECRET',
    ],
  ])('no number is shown with %s', async (_, env, envFile, where) => {
    writeEnv(envFile);
    expect(await refusal(['check'], env)).toEqual([missing, `${looked(where)}${hint}`]);
  });

  test('a file whose name Windows has extended is pointed out', async () => {
    writeFileSync(join(folder, '.env.txt'), 'VCC_CLIENT_ID=id\n');
    expect(await refusal(['check'])).toEqual([
      missing,
      `${looked('the environment and in FOLDER/.env, which does not exist; there is a .env.txt')}${hint}`,
    ]);
  });

  test('certificate authorities in .env, which Node.js does not see, are refused', async () => {
    writeEnv('NODE_EXTRA_CA_CERTS=/ca.pem\n');
    expect(await refusal(['check'])).toEqual([
      'vcc-exporter: FOLDER/.env: NODE_EXTRA_CA_CERTS: expected in the environment, since Node.js reads it before this file',
    ]);
  });

  test('one missing credential is named without the other', async () => {
    writeEnv('VCC_CLIENT_ID=id\n');
    expect(await refusal(['check'])).toEqual([
      'vcc-exporter: VCC_CLIENT_SECRET: expected a value, since VCC_CLIENT_ID is set; received nothing',
      `${looked('the environment and in FOLDER/.env, which has no VCC_CLIENT_SECRET')}${hint}`,
    ]);
  });

  test('a .env file one folder up is not read', async () => {
    writeEnv('VCC_CLIENT_ID=id\nVCC_CLIENT_SECRET=hunter2hunter2\n');
    const below = join(folder, 'below');
    mkdirSync(below);
    const io = rememberingTerminal(below);
    expect(await run(io, ['check'])).toBe(2);
    expect(io.notes[1]).toBe(
      `${looked(`the environment and in ${join(below, '.env')}, which does not exist`)}${hint}`,
    );
  });

  test('other problems of the settings are listed too', async () => {
    expect(await refusal(['check'], { VCC_REGION: 'us', VCC_CLIENT: 'x' })).toEqual([
      'vcc-exporter: VCC_REGION: expected one of emea, nam, apac; received "us"',
      'vcc-exporter: VCC_CLIENT: unknown setting; did you mean VCC_CLIENT_ID?',
      missing,
      `${looked('the environment and in FOLDER/.env, which does not exist')}${hint}`,
    ]);
  });
});

describe('--demo', () => {
  test('shows simulated accounts, and ignores settings that name the account', async () => {
    writeEnv('VCC_CLIENT_ID=id\nVCC_CLIENT_SECRET=hunter2hunter2\nVCC_ACCOUNT=acme\nVCC_REGION=apac\n');
    const io = terminal({ VCC_PAGE_SIZE: '30' });
    expect(await run(io, ['scrape', '--demo'])).toBe(0);
    expect(io.notes).toEqual([
      '--demo: ignoring VCC_ACCOUNT, VCC_CLIENT_ID, VCC_CLIENT_SECRET, VCC_REGION.',
      'These are simulated accounts.',
    ]);
    const accounts = new Set([...io.lines.join('\n').matchAll(/account="([^"]*)"/g)].map(([, name]) => name));
    expect([...accounts]).toEqual(['simulated-uk', 'simulated-us']);
    expect(io.lines.join()).toContain('vcc_scrape_pages{account="simulated-uk"} 4');
  });

  test.each([
    [undefined, undefined, ['ongoing', 'queue_times', 'skills']],
    ['on', 'off', ['ongoing', 'queue_times']],
    ['off', undefined, []],
  ])(
    'has queues and skills unless they are off: VCC_QUEUES=%s, VCC_SKILLS=%s',
    async (queues, skills, sources) => {
      const io = terminal({ VCC_QUEUES: queues, VCC_SKILLS: skills });
      expect(await run(io, ['scrape', '--demo'])).toBe(0);
      const up = [...io.lines.join('\n').matchAll(/vcc_queue_up{.*,source="(.*)"}/g)];
      expect([...new Set(up.map(([, source]) => source))]).toEqual(sources);
    },
  );

  test('requires a key for hashed names of queues, which it turns on', async () => {
    expect(await refusal(['scrape', '--demo'], { VCC_QUEUE_NUMBERS: 'hash' })).toEqual([
      'vcc-exporter: VCC_AGENT_KEY: expected a key here or as agentKey in a secret, since VCC_QUEUE_NUMBERS is hash; received nothing',
    ]);
  });

  test('leaves out a list of accounts and a secret, unread', async () => {
    const io = terminal({ VCC_CONFIG: join(folder, 'nowhere.yml'), VCC_SECRET_ID: 'unread' });
    expect(await run(io, ['check', '--demo'])).toBe(0);
    expect(io.notes[0]).toBe('--demo: ignoring VCC_SECRET_ID, VCC_CONFIG.');
  });

  test('pushes simulated accounts under their own names', async () => {
    const receiver = await startReceiver([{ status: 204 }]);
    try {
      const io = terminal({ ...environmentOf(simulator), VCC_PUSH_URL: receiver.origin });
      expect(await run(io, ['push', '--demo', '--once'])).toBe(0);
      expect(io.notes).toContain('Pushing simulated-uk, simulated-us to default.');
      expect(receiver.received).toHaveLength(2);
    } finally {
      await receiver.close();
    }
  });
});

describe('npm start (--demo-if-unset)', () => {
  test('shows simulated accounts where no VCC_* setting is set, and says so', async () => {
    writeEnv('PORT=0\n');
    const io = terminal();
    const done = run(io, ['serve', '--demo-if-unset']);
    await io.until(/^Metrics: /);
    await io.until(/simulated-uk +120/);
    expect(io.notes).toEqual([
      'No VCC_* setting is set, so these are simulated accounts. To read your account, set VCC_CLIENT_ID, VCC_CLIENT_SECRET and VCC_REGION (docs/reference/settings.md).',
    ]);
    io.stop();
    expect(await done).toBe(0);
  });

  test('says that .env.txt is not read', async () => {
    rmSync(join(folder, '.env'), { force: true });
    writeFileSync(join(folder, '.env.txt'), 'VCC_CLIENT_ID=a\n');
    const io = terminal({ PORT: '0' });
    const done = run(io, ['serve', '--demo-if-unset']);
    await io.until(/^Metrics: /);
    rmSync(join(folder, '.env.txt'));
    expect(io.notes[0]).toMatch(/ \.env\.txt is not read: rename it to \.env\.$/);
    io.stop();
    expect(await done).toBe(0);
  });

  test.each<[Record<string, string>, string]>([
    [{ VCC_REGION: 'nam' }, ''],
    [{ VCC_CLIENT_ID: '' }, ''],
    [{}, 'VCC_CLIENT_ID=\n'],
    [{}, 'export VCC_CACHE_TTL=5s\n'],
  ])('does not with %j and %j', async (env, envFile) => {
    writeEnv(envFile);
    expect(await refusal(['serve', '--demo-if-unset'], env)).toEqual([
      missing,
      `${looked('the environment and in FOLDER/.env, which has no VCC_CLIENT_ID and no VCC_CLIENT_SECRET')}${hint}`,
    ]);
  });
});

describe('.env', () => {
  test('is read with a lower precedence than the environment', async () => {
    const { VCC_ACCOUNT: _, ...env } = environmentOf(simulator);
    writeEnv('VCC_ACCOUNT="from file" # comment\nVCC_PAGE_SIZE=7\n');
    const io = terminal({ ...env, VCC_PAGE_SIZE: '20' });
    expect(await run(io, ['scrape'])).toBe(0);
    expect(io.lines[0]).toContain('vcc_scrape_pages{account="from file"} 2');
    writeEnv('VCC_ACOUNT=x\n');
    expect(await refusal(['scrape'], env)).toEqual([
      'vcc-exporter: VCC_ACOUNT: unknown setting; did you mean VCC_ACCOUNT?',
    ]);
  });

  test.each([
    ['VCC_CLIENT_SECRET: hunter2\nPORT=1\n', 1],
    ['# fine\n\nVCC_CLIENT_SECRET hunter2\nVCC_REGION=nam\n', 3],
    ['VCC_REGION=nam\nhunter2', 2],
  ])(
    'with a line that is not understood is refused, and the line is named, never quoted',
    async (content, line) => {
      writeEnv(content);
      expect(await refusal(['scrape'])).toEqual([
        `vcc-exporter: FOLDER/.env, line ${line}: expected NAME=value`,
      ]);
    },
  );

  test.each([
    ['CRLF', 'VCC_ACCOUNT=acme\r\nVCC_PAGE_SIZE=20\r\n'],
    ['CR', 'VCC_ACCOUNT=acme\rVCC_PAGE_SIZE=20\r'],
    ['a byte order mark', '\uFEFFVCC_ACCOUNT=acme\nVCC_PAGE_SIZE=20'],
    ['export', 'export VCC_ACCOUNT=acme\n  export   VCC_PAGE_SIZE="20"\n'],
    ['quotes, spaces and comments', ` VCC_ACCOUNT = 'acme'  # x\n#y\n\nVCC_PAGE_SIZE="20"# "z"\n`],
    ['comments without quotes', 'VCC_ACCOUNT=acme # x#y\nVCC_PAGE_SIZE=20\t#\nVCC_REGION= # none\n'],
  ])('is read with %s', async (_, content) => {
    const { VCC_ACCOUNT: __, ...env } = environmentOf(simulator);
    writeEnv(content);
    const io = terminal(env);
    expect(await run(io, ['scrape'])).toBe(0);
    expect(io.lines[0]).toContain('vcc_scrape_pages{account="acme"} 2');
  });

  test('may hold any secret in single quotes', async () => {
    const secret = 'a#b "c" $d \\n =e';
    const other = await startSimulator({ agents: 10, clientSecret: secret });
    try {
      const { VCC_CLIENT_SECRET: _, ...env } = environmentOf(other);
      writeEnv(`VCC_CLIENT_SECRET='${secret}'\r\n`);
      expect(await run(terminal(env), ['check'])).toBe(0);
    } finally {
      await other.close();
    }
  });

  test.each([
    ['VCC_CLIENT_SECRET="hunter2', 'a closing quote on the same line'],
    ['VCC_CLIENT_SECRET="hunter2\nhunter3"', 'a closing quote on the same line'],
    [
      'VCC_CLIENT_SECRET="hun\\nter2"',
      'single quotes around a value with \\n, since \\n in double quotes is a line break',
    ],
    ["VCC_CLIENT_SECRET='hun'ter2", 'only a comment after the closing quote'],
    ['VCC_CLIENT_SECRET="hun\\"ter2"', 'only a comment after the closing quote'],
    ['VCC_CLIENT_SECRET=hun#ter2', 'quotes around a value with a # in it'],
    ['VCC_CLIENT_SECRET=#hunter2', 'quotes around a value with a # in it'],
  ])('is refused with %j, which would be half a secret', async (content, expected) => {
    writeEnv(content);
    const notes = await refusal(['scrape']);
    expect(notes[0]).toBe(`vcc-exporter: FOLDER/.env, line 1: expected ${expected}`);
    expect(notes.join()).not.toContain('hun');
  });

  test.each<[string, Uint8Array, string]>([
    [
      'UTF-16, as Windows PowerShell writes it',
      Buffer.from('\uFEFFVCC_REGION=nam', 'utf16le'),
      'is UTF-16; save it as UTF-8',
    ],
    ['Latin 1', Buffer.from('VCC_ACCOUNT=S\xe4les', 'latin1'), 'is not UTF-8; save it as UTF-8'],
  ])('is refused in %s', async (_, content, problem) => {
    writeEnv(content);
    expect(await refusal(['serve', '--demo-if-unset'])).toEqual([`vcc-exporter: FOLDER/.env: ${problem}`]);
  });

  test('is refused where it is a folder', async () => {
    mkdirSync(join(folder, '.env'));
    expect(await refusal(['check'])).toEqual(['vcc-exporter: FOLDER/.env: is a folder']);
  });

  test('is refused with placeholders in place of credentials', async () => {
    writeEnv('VCC_CLIENT_ID=…\nVCC_CLIENT_SECRET=<your client secret>\n');
    expect(await refusal(['check'])).toEqual([
      'vcc-exporter: VCC_CLIENT_ID: expected the client id; received a placeholder',
      'vcc-exporter: VCC_CLIENT_SECRET: expected the client secret; received a placeholder',
    ]);
  });
});
