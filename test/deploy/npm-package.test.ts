import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Record<string, unknown>;

describe('the package for npm', () => {
  let packed: { filename: string; files: { path: string }[]; unpackedSize: number };
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vcc-package-'));
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    const output = execFileSync('npm', args, {
      cwd: root,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    // npm 11 gives a list; later versions an object by name.
    const found = JSON.parse(output) as object;
    packed = (Array.isArray(found) ? found : Object.values(found))[0] as typeof packed;
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const inFolder = (folder: string) => readdirSync(root + folder).map((name) => `${folder}/${name}`);

  test('holds the program, the documentation, the alerts and the dashboards, and nothing else', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => !/^(docs|alerts|dashboards)\//.test(path)).toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin/vcc-exporter.mjs',
      'dist/LICENSES.txt',
      'dist/cli.cdx.json',
      'dist/cli.mjs',
      'dist/rule-files.mjs',
      'package.json',
    ]);
    expect(paths).toEqual(
      expect.arrayContaining([...inFolder('dashboards/grafana'), ...inFolder('alerts/prometheus')]),
    );
    expect(paths).toEqual(
      expect.arrayContaining([
        'alerts/alertmanager.yml',
        'alerts/thresholds.yml',
        'docs/reference/vcc-config.schema.json',
        'docs/run/aws.md',
        'docs/use/runbook/VccAuthFailing.md',
      ]),
    );
    expect(paths.filter((path) => /\.(map|zip|png|ts)$/.test(path))).toEqual([]);
    expect(packed.unpackedSize).toBeLessThan(2_700_000);
  });

  test('brings the packages that the program loads, and no others', () => {
    const program = readFileSync(`${root}dist/cli.mjs`, 'utf8');
    const loaded = [...program.matchAll(/"(@aws-sdk\/[\w-]+)"/g)].map(([, name]) => name!);
    expect([...new Set(loaded)].toSorted()).toEqual(Object.keys(manifest.dependencies as object));
  });

  test('writes rules and dashboards, in a folder without a checkout or packages', () => {
    execFileSync('tar', ['-xzf', packed.filename], { cwd: folder });
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'mine.yml'), 'alerts: { VccIdleAgents: { agents: 9 } }\n');
    const cli = join(folder, 'package', 'bin', 'vcc-exporter.mjs');
    const args = ['rules', '--thresholds', 'mine.yml', '--out', 'made'];
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
      cwd: elsewhere,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(
      /^\d+ alerts, \d+ off, 1 differs from the shipped thresholds; \d+ dashboards\.$/,
    );
    const written = readdirSync(join(elsewhere, 'made'), { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile(),
    );
    expect(lines.slice(0, -1).toSorted()).toEqual(
      written.map(({ parentPath, name }) => relative(elsewhere, join(parentPath, name))).toSorted(),
    );
    expect(readFileSync(join(elsewhere, 'made', 'prometheus', 'vcc-alerts.yml'), 'utf8')).toMatch(
      /^# Generated from mine\.yml by `vcc-exporter rules`\. Do not edit\.\n/,
    );
  });

  test('says what to do in a checkout in which nothing is built', () => {
    const checkout = join(folder, 'checkout');
    mkdirSync(join(checkout, 'bin'), { recursive: true });
    copyFileSync(`${root}bin/vcc-exporter.mjs`, join(checkout, 'bin', 'vcc-exporter.mjs'));
    copyFileSync(`${root}package.json`, join(checkout, 'package.json'));
    const { status, stderr } = spawnSync(process.execPath, [join(checkout, 'bin', 'vcc-exporter.mjs')], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'vcc-exporter: dist/cli.mjs is not built yet; run `npm run build` in the checkout\n',
    });
  });

  test('says what is missing when cli.mjs was copied without the file that writes rules', () => {
    const alone = join(folder, 'cli.mjs');
    copyFileSync(`${root}dist/cli.mjs`, alone);
    const { status, stderr } = spawnSync(process.execPath, [alone, 'rules', '--out', 'made'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr:
        'vcc-exporter: rules: expected the file rule-files.mjs beside cli.mjs; run the command from the npm package or from a checkout\n',
    });
  });

  test('npm run package refuses parameters that npm took for its own', () => {
    const { status, stderr } = spawnSync(process.execPath, [`${root}scripts/package.mjs`], {
      encoding: 'utf8',
      env: { ...process.env, npm_config_param: 'VCC_REGION=nam' },
    });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'Put -- before --param: npm run package -- --param="VCC_REGION=emea"\n',
    });
  });

  test('has the version of the newest entry in the changelog', () => {
    const versions = [
      ...readFileSync(`${root}CHANGELOG.md`, 'utf8').matchAll(/^## \[(\d[^\]]*)\] - \d{4}-\d\d-\d\d$/gm),
    ];
    expect(versions[0]?.[1]).toBe(manifest.version);
  });
});
