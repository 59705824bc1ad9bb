import {
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
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { alerts } from '../../alerts/index.ts';
import type { RuleGroup } from '../../alerts/rules.ts';
import { run } from '../../src/cli/run.ts';
import { rememberingTerminal } from '../support/terminal.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcc-rules-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function rules(...args: string[]) {
  const io = rememberingTerminal(folder);
  const status = await run(io, ['rules', ...args]);
  return { status, lines: io.lines, notes: io.notes.map((note) => note.replaceAll(folder, 'FOLDER')) };
}

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const read = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');

function rulesIn(...path: string[]) {
  const { groups } = load(read(...path)) as { groups: RuleGroup[] };
  return groups.flatMap((group) => group.rules);
}

test('without thresholds it writes the shipped files', async () => {
  const { status, lines, notes } = await rules('--out', 'made');
  expect({ status, notes }).toEqual({ status: 0, notes: [] });
  const off = /(\d+) off/.exec(lines.at(-1)!)![1];
  expect(lines.at(-1)).toBe(
    `${alerts.length} alerts, ${off} off, 0 differ from the shipped thresholds; ${lines.filter((line) => line.endsWith('.json')).length} dashboards.`,
  );
  expect(lines.slice(0, -1).map((line) => read(line).length > 1000)).not.toContain(false);
  const shipped = readFileSync(new URL('../../alerts/prometheus/vcc-alerts.yml', import.meta.url), 'utf8');
  const withoutNotice = (text: string) => text.replace(/^#.*\n/, '');
  expect(withoutNotice(read('made', 'prometheus', 'vcc-alerts.yml'))).toBe(withoutNotice(shipped));
  expect(read('made', 'prometheus', 'vcc-alerts.yml')).toMatch(
    /^# Generated from the shipped thresholds by `vcc-exporter rules`\./,
  );
});

test('the summary counts differences and switched-off alerts, and existing files are replaced', async () => {
  const before = await rules('--out', 'made');
  write(
    'mine.yml',
    `alerts:
  VccWrapTooLong: { enabled: false }
  VccRingTooLong: { severity: critical }
  VccIdleAgents: { accounts: { acme: { agents: 12 } } }
  VccConnectedVeryLong: { longer_than: 60m }
`,
  );
  const after = await rules('--thresholds', 'mine.yml', '--out', 'made');
  expect(after.lines.slice(0, -1)).toEqual(before.lines.slice(0, -1));
  const off = Number(/(\d+) off/.exec(before.lines.at(-1)!)![1]);
  // An hour is what VccConnectedVeryLong has.
  expect(after.lines.at(-1)).toBe(
    before.lines.at(-1)!.replace(/\d+ off, 0 differ/, `${off + 1} off, 3 differ`),
  );
  const written = rulesIn('made', 'prometheus', 'vcc-alerts.yml');
  expect(written.map(({ alert }) => alert)).not.toContain('VccWrapTooLong');
  expect(written.find(({ alert }) => alert === 'VccIdleAgents')!.expr).toContain(
    'account="acme"}[5m]) >= 12\n',
  );
});

test('a changed threshold is in the rules for Grafana and on the dashboards too', async () => {
  const made = async (limit: number) => {
    write('mine.yml', `alerts: { VccIdleAgents: { agents: ${limit} } }`);
    const { lines } = await rules('--thresholds', 'mine.yml', '--out', 'made');
    return Object.fromEntries(lines.slice(0, -1).map((line) => [line, read(line)]));
  };
  const [few, many] = [await made(3), await made(4321)];
  const differing = Object.keys(few).filter((file) => few[file] !== many[file]);
  for (const file of [
    join('made', 'prometheus', 'vcc-alerts.yml'),
    join('made', 'grafana', 'vcc-alerts.yml'),
  ]) {
    expect(differing).toContain(file);
    expect(many[file]).toContain('4321');
  }
});

test('an absolute path is used unchanged', async () => {
  const out = join(folder, 'deep', 'down');
  const { lines } = await rules('--out', out);
  expect(lines[0]).toBe(join(out, 'prometheus', 'vcc-alerts.yml'));
  expect(readdirSync(out).toSorted()).toEqual(['dashboards', 'grafana', 'prometheus']);
});

test('a failure to create folders is reported, and does not repeat forever', async () => {
  const { status, notes } = await rules('--out', '/proc/x');
  expect([status, notes]).toEqual([
    2,
    [
      expect.stringMatching(
        /^vcc-exporter: --out: \/proc\/x: (cannot be written \(ENOENT\)|may not be written)$/,
      ),
    ],
  ]);
});

test('others may read the files, and a link in their place is replaced, not written through', async () => {
  mkdirSync(join(folder, 'made', 'prometheus'), { recursive: true });
  write('theirs', 'theirs');
  symlinkSync(join(folder, 'theirs'), join(folder, 'made', 'prometheus', 'vcc-alerts.yml'));
  expect((await rules('--out', 'made')).status).toBe(0);
  expect(read('theirs')).toBe('theirs');
  expect(read('made', 'prometheus', 'vcc-alerts.yml')).toMatch(/^# Generated/);
  const modeOf = (...path: string[]) => statSync(join(folder, ...path)).mode & 0o777;
  const umask = process.umask();
  expect(modeOf('made', 'prometheus', 'vcc-alerts.yml')).toBe(0o666 & ~umask);
  expect(modeOf('made', 'grafana')).toBe(0o777 & ~umask);
});

describe('each impossible value gets one sentence, and nothing is written', () => {
  beforeEach(() => {
    write('a-file', '');
    writeFileSync(join(folder, 'utf16.yml'), Buffer.from('alerts: {}', 'utf16le'));
    write('typos.yml', 'alerts: { VccIdelAgents: {}, VccIdleAgents: { agnets: 5, for: soon } }');
    write('no.yml', 'alerts: {');
    mkdirSync(join(folder, 'taken', 'prometheus', 'vcc-alerts.yml'), { recursive: true });
    mkdirSync(join(folder, 'blocked'));
    writeFileSync(join(folder, 'blocked', 'prometheus'), '');
  });

  test.each<[args: string[], ...problems: string[]]>([
    [[], '--out: expected a folder to write to; received nothing'],
    [['--out', ''], '--out: expected a folder to write to; received nothing'],
    [['--out', 'a-file'], '--out: FOLDER/a-file: is not a folder'],
    [['--out', 'a-file/in'], '--out: FOLDER/a-file/in: is not a folder'],
    [['--out', 'blocked'], '--out: FOLDER/blocked/prometheus: is not a folder'],
    [['--out', 'taken'], '--out: FOLDER/taken/prometheus/vcc-alerts.yml: is a folder'],
    [['--out', 'x', '--thresholds', 'none.yml'], '--thresholds: FOLDER/none.yml: does not exist'],
    [['--out', 'x', '--thresholds', 'taken'], '--thresholds: FOLDER/taken: is a folder'],
    [['--out', 'x', '--thresholds', ''], '--thresholds: FOLDER: is a folder'],
    [
      ['--out', 'x', '--thresholds', 'utf16.yml'],
      '--thresholds: FOLDER/utf16.yml: is UTF-16; save it as UTF-8',
    ],
    [
      ['--out', 'x', '--thresholds', 'no.yml'],
      'no.yml, line 1, column 10: expected YAML; a bracket or a comma is missing',
    ],
    [
      ['--out', 'x', '--thresholds', 'typos.yml'],
      'typos.yml: alerts.VccIdelAgents: expected the name of an alert; received a mapping; did you mean VccIdleAgents?',
      'typos.yml: alerts.VccIdleAgents.agnets: expected one of for, severity, enabled, accounts, agents, share, longer_than; received 5; did you mean agents?',
      'typos.yml: alerts.VccIdleAgents.for: expected a duration like 90s, 1m30s, 2h or 1d, at most 365d; received "soon"',
    ],
  ])('%j', async (args, ...problems) => {
    const there = readdirSync(folder, { recursive: true });
    const { status, lines, notes } = await rules(...args);
    expect({ status, lines }).toEqual({ status: 2, lines: [] });
    expect(notes.map((note) => note.replaceAll('\\', '/'))).toEqual(
      problems.map((problem) => `vcc-exporter: ${problem}`),
    );
    expect(readdirSync(folder, { recursive: true })).toEqual(there);
  });
});
