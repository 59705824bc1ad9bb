import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '../../src/cli/run.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { environmentOf } from '../support/account.ts';
import { rememberingTerminal } from '../support/terminal.ts';

let simulator: Simulator;
let folder: string;
beforeAll(async () => {
  simulator = await startSimulator({ agents: 20 });
  folder = mkdtempSync(join(tmpdir(), 'vcc-exporter-'));
});
afterEach(() => {
  simulator.faults.length = 0;
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await simulator.close();
});

async function ended(args: string[], env = environmentOf(simulator)) {
  const io = rememberingTerminal(folder, env);
  const status = await run(io, args);
  return { status, lines: io.lines, notes: io.notes.map((note) => note.replaceAll(folder, 'FOLDER')) };
}
const once = ['record', '--readings', '1'];

describe('record', () => {
  test('writes a file that only its user can read, and reports what it does before and after', async () => {
    expect(await ended([...once, '--out', 'acme.json'])).toEqual({
      status: 0,
      lines: [],
      notes: [
        'Reading the account test once. Everything that may identify a person is replaced before FOLDER/acme.json is written.',
        'FOLDER/acme.json has 1 reading with 1 answer. Before you send it, look through it for names, numbers and times that you know.',
      ],
    });
    const path = join(folder, 'acme.json');
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
    const written = readFileSync(path, 'utf8');
    for (const { agentId, presence, interaction } of simulator.items()) {
      expect(written).not.toContain(`"${agentId}"`);
      expect(written).not.toContain(presence.since);
      for (const { guid } of interaction) expect(written).not.toContain(guid);
    }
    expect(readdirSync(folder)).toEqual(['acme.json']);
  });

  test.each([
    ['acme.json', 'FOLDER/acme.json: exists already; choose another name'],
    ['dangling.json', 'FOLDER/dangling.json: exists already; choose another name'],
    ['.', 'FOLDER: is a folder'],
    ['no/acme.json', 'FOLDER/no/acme.json: cannot be written (ENOENT, no such file or directory)'],
  ])('sends no request if it cannot write %s', async (out, problem) => {
    const { requests } = simulator;
    const before = { ...requests };
    writeFileSync(join(folder, 'acme.json'), 'mine');
    symlinkSync('nothing', join(folder, 'dangling.json'));
    expect(await ended([...once, '--out', out])).toEqual({
      status: 2,
      lines: [],
      notes: [`vcc-exporter: --out: ${problem}`],
    });
    expect(requests).toEqual(before);
  });

  test('does not replace a file that was written meanwhile', async () => {
    const path = join(folder, 'vcc-recording.json');
    const io = rememberingTerminal(folder, environmentOf(simulator));
    const note = (line: string) => {
      io.notes.push(line);
      if (io.notes.length === 1) writeFileSync(path, 'mine');
    };
    expect(await run({ ...io, note }, once)).toBe(1);
    expect(io.notes.at(-1)).toBe(`${path}: not written (EEXIST, file already exists)`);
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect(readdirSync(folder)).toEqual(['vcc-recording.json']);
  });

  test('names what it could not read', async () => {
    simulator.faults.push({ kind: 'status', value: 429 });
    const { status, notes } = await ended(['record']);
    expect([status, ...notes.slice(1)]).toEqual([
      0,
      `A reading failed, and the file shows this too: GET ${simulator.apiUrl}/stats/agent-status: answered 429`,
      'FOLDER/vcc-recording.json has 1 of 3 readings with 1 answer. Before you send it, look through it for names, numbers and times that you know.',
    ]);
  });

  test('writes nothing without an answer, and gives the reason', async () => {
    simulator.faults.push({ kind: 'status', value: 400, on: 'token' });
    const { status, notes } = await ended(once);
    expect([status, ...notes.slice(1)]).toEqual([
      1,
      expect.stringMatching(/^Nothing was recorded: POST .* were not accepted for scope stats$/),
      expect.stringContaining('Check VCC_CLIENT_ID'),
    ]);
    expect(existsSync(join(folder, 'vcc-recording.json'))).toBe(false);
  });

  test('writes nothing when it is stopped in the first reading', async () => {
    simulator.faults.push({ kind: 'hang' });
    const io = rememberingTerminal(folder, environmentOf(simulator));
    const done = run(io, once);
    setTimeout(io.stop, 100);
    expect(await done).toBe(1);
    expect(io.notes.slice(1)).toEqual([
      'Nothing was recorded: it was stopped before the first reading was complete',
    ]);
  });

  test('is of one account', async () => {
    expect(await ended([...once, '--demo'], {})).toEqual({
      status: 2,
      lines: [],
      notes: [
        'These are simulated accounts.',
        'vcc-exporter: --account: expected one of simulated-uk, simulated-us; received nothing',
      ],
    });
    expect(await ended([...once, '--demo', '--account', 'simulated-us'], {})).toMatchObject({ status: 0 });
  });

  test.each([
    [['--readings', '0'], '--readings: expected a whole number from 1 to 100; received "0"'],
    [
      ['--interval', '4s'],
      '--interval: expected a duration like 500ms, 10s or 1m30s, from 5s to 1h; received "4s"',
    ],
  ])('refuses %j', async (args, problem) => {
    expect(await ended(['record', ...args])).toEqual({
      status: 2,
      lines: [],
      notes: [`vcc-exporter: ${problem}`],
    });
  });
});

describe('simulate --from', () => {
  test('serves what record has written', async () => {
    await ended(once);
    const io = rememberingTerminal(folder);
    const done = run(io, ['simulate', '--port', '0', '--from', 'vcc-recording.json']);
    await io.until(/^VCC_CLIENT_SECRET=/);
    expect(io.notes).toEqual([
      `A simulator of the VCC API with the recording ${join(folder, 'vcc-recording.json')}. Settings for an exporter:`,
    ]);
    const env = Object.fromEntries(io.lines.map((line) => line.split('=') as [string, string]));
    const { status, lines } = await ended(['scrape'], env as never);
    expect(status).toBe(0);
    expect(lines[0]).toContain('vcc_snapshot_agents{account="simulated-1"} 20');
    expect(lines[0]).toContain('vcc_simulated{account="simulated-1"} 1');
    io.stop();
    expect(await done).toBe(0);
  });

  test.each([
    ['no.json', '--from: FOLDER/no.json: does not exist'],
    ['', '--from: FOLDER: is a folder'],
    [
      'mine.json',
      '--from: FOLDER/mine.json: expected a file written by vcc-exporter record; received JSON that is not a recording',
    ],
  ])('refuses %j', async (path, problem) => {
    writeFileSync(join(folder, 'mine.json'), '{}');
    expect(await ended(['simulate', '--from', path])).toEqual({
      status: 2,
      lines: [],
      notes: [`vcc-exporter: ${problem}`],
    });
  });

  test('has its own agents', async () => {
    expect(await ended(['simulate', '--from', 'a.json', '--agents', '50'])).toEqual({
      status: 2,
      lines: [],
      notes: [
        "vcc-exporter: option '--from <file>' cannot be used with option '--agents <n>'. See vcc-exporter simulate --help.",
      ],
    });
  });
});
