import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '../../src/cli/run.ts';
import { settings } from '../../src/config/settings.ts';
import { rememberingTerminal } from '../support/terminal.ts';

const commands = ['serve', 'scrape', 'push', 'replay', 'check', 'calibrate', 'record', 'simulate', 'rules'];
const readers = ['serve', 'scrape', 'push', 'replay', 'check', 'calibrate', 'record'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcc-exporter-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function ended(...args: string[]) {
  const io = rememberingTerminal(folder);
  const status = await run(io, args);
  return {
    status,
    out: io.lines.join('\n'),
    notes: io.notes.map((note) => note.replaceAll(folder, 'FOLDER')),
  };
}

describe('help', () => {
  test.each([['--help'], ['-h'], ['help']])('lists the commands with %s', async (...args) => {
    const { status, out, notes } = await ended(...args);
    expect({ status, notes }).toEqual({ status: 0, notes: [] });
    for (const command of commands) expect(out).toMatch(new RegExp(`^  ${command} `, 'm'));
  });

  test('is the error for a call without a command', async () => {
    const { status, out, notes } = await ended();
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(notes.join()).toContain('Commands:');
  });

  test.each(commands)('of %s gives purpose, arguments, settings, exit status and examples', async (name) => {
    const { status, out, notes } = await ended(name, '--help');
    expect({ status, notes }).toEqual({ status: 0, notes: [] });
    expect(out).toMatch(new RegExp(`^Usage: vcc-exporter ${name} `));
    for (const part of ['Options:', '--env-file <path>', '--version', 'Exit status:\n  0  ', 'Examples:']) {
      expect(out).toContain(part);
    }
    expect(out).toMatch(new RegExp(`^  vcc-exporter ${name}`, 'm'));
    expect(out.includes('VCC_CLIENT_ID')).toBe(readers.includes(name));
    expect(await ended('help', name)).toMatchObject({ status: 0, out });
  });

  test('of all commands names every setting that one of them reads', async () => {
    const all = await Promise.all(commands.map(async (name) => (await ended(name, '--help')).out));
    const unnamed = Object.keys(settings).filter((name) => !new RegExp(`\\b${name}\\b`).test(all.join()));
    expect(unnamed).toEqual([]);
  });

  test('does not list what only package.json uses', async () => {
    expect((await ended('serve', '--help')).out).not.toContain('--demo-if-unset');
  });
});

test.each([[['--version']], ...commands.map((name) => [[name, '--version']])])(
  'prints the version with %j',
  async (args) => {
    expect(await ended(...args)).toEqual({
      status: 0,
      out: expect.stringMatching(/^vcc-exporter \S+ \(\S+\), Node\.js v\d+\.\d+\.\d+$/),
      notes: [],
    });
  },
);

test.each<[string[], string]>([
  [['scrap'], "unknown command 'scrap'; did you mean scrape? See vcc-exporter --help."],
  [['nonsense'], "unknown command 'nonsense'. See vcc-exporter --help."],
  [
    ['simulate', '--agnets', '50'],
    "unknown option '--agnets'; did you mean --agents? See vcc-exporter simulate --help.",
  ],
  [
    ['check', '--env-fil', 'x'],
    "unknown option '--env-fil'; did you mean --env-file? See vcc-exporter check --help.",
  ],
  [['replay', '--demo'], "unknown option '--demo'. See vcc-exporter replay --help."],
  [['serve', '--client-secret=hunter2'], "unknown option '--client-secret'. See vcc-exporter serve --help."],
  [['check', '--demo=1'], "option '--demo' takes no value. See vcc-exporter check --help."],
  [['serve', '--port'], "option '--port <port>' argument missing. See vcc-exporter serve --help."],
  [
    ['scrape', 'openmetrics'],
    "too many arguments for 'scrape'. Expected 0 arguments but got 1. See vcc-exporter scrape --help.",
  ],
  [['scrape', '--format', 'json'], '--format: expected text or openmetrics; received "json"'],
  [['simulate', '--agents', '5'], '--agents: expected a whole number from 10 to 50000; received "5"'],
  [['serve', '--port', 'x'], '--port: expected a whole number from 0 to 65535; received "x"'],
  [['serve', '--host', ''], '--host: expected an address of this machine; received nothing'],
])('%j is refused, with what would be right', async (args, problem) => {
  expect(await ended(...args)).toEqual({ status: 2, out: '', notes: [`vcc-exporter: ${problem}`] });
});

describe('--env-file', () => {
  test.each(commands)('must name an existing file, with %s too', async (name) => {
    for (const args of [
      [name, '--env-file', 'no.env'],
      ['--env-file', 'no.env', name],
    ]) {
      expect(await ended(...args)).toEqual({
        status: 2,
        out: '',
        notes: ['vcc-exporter: --env-file: FOLDER/no.env: does not exist'],
      });
    }
  });

  test('is read in place of .env, before the command or behind it', async () => {
    writeFileSync(join(folder, '.env'), 'VCC_REGION=nowhere\n');
    mkdirSync(join(folder, 'etc'));
    writeFileSync(join(folder, 'etc', 'acme.env'), 'VCC_PAGE_SIZE=7\n');
    const notes = [
      expect.stringContaining('VCC_CLIENT_ID, VCC_CLIENT_SECRET: expected API credentials'),
      'vcc-exporter: looked for settings in the environment and in FOLDER/etc/acme.env, which has no VCC_CLIENT_ID and no VCC_CLIENT_SECRET. To try the simulator, use --demo.',
    ];
    expect(await ended('check', '--env-file', 'etc/acme.env')).toEqual({ status: 2, out: '', notes });
    const path = join(folder, 'etc', 'acme.env');
    expect(await ended(`--env-file=${path}`, 'check')).toEqual({ status: 2, out: '', notes });
  });
});
