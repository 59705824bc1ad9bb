import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Record<string, unknown>;

describe('the package for npm', () => {
  let packed: { files: { path: string }[]; unpackedSize: number };
  beforeAll(() => {
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
    const output = execFileSync('npm', args, {
      cwd: root,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    // npm 11 gives a list; later versions an object by name.
    const found = JSON.parse(output) as object;
    packed = (Array.isArray(found) ? found : Object.values(found))[0] as typeof packed;
  }, 60_000);
  const inFolder = (folder: string) => readdirSync(root + folder).map((name) => `${folder}/${name}`);

  test('holds the program, the documentation, the alerts and the dashboards, and nothing else', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => !/^(docs|alerts|dashboards)\//.test(path)).toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist/cli.mjs',
      'package.json',
    ]);
    expect(paths).toEqual(
      expect.arrayContaining([...inFolder('dashboards/grafana'), ...inFolder('alerts/prometheus')]),
    );
    expect(paths).toEqual(
      expect.arrayContaining(['alerts/alertmanager.yml', 'docs/deploy.md', 'docs/runbook/VccAuthFailing.md']),
    );
    expect(paths.filter((path) => /\.(map|zip|png|ts)$/.test(path))).toEqual([]);
    expect(packed.unpackedSize).toBeLessThan(2_000_000);
  });

  test('brings the packages that the program loads, and no others', () => {
    const program = readFileSync(`${root}dist/cli.mjs`, 'utf8');
    const loaded = [...program.matchAll(/"(@aws-sdk\/[\w-]+)"/g)].map(([, name]) => name!);
    expect([...new Set(loaded)].toSorted()).toEqual(Object.keys(manifest.dependencies as object));
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
