import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { strFromU8, unzipSync } from 'fflate';
import { packagesIn } from '../../scripts/bundled.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface Component {
  name: string;
  version: string;
  purl: string;
  hashes: object[];
}

let folder: string;
/** npm's own description of the whole lock file. */
let all: Map<string, Component>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcc-build-'));
  execFileSync(process.execPath, [`${root}scripts/build.mjs`, '--outdir', folder]);
  const sbom = execFileSync('npm', ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 100_000_000,
    shell: process.platform === 'win32',
  });
  const { components } = JSON.parse(sbom) as { components: Component[] };
  all = new Map(components.map((each) => [each.purl, each]));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (...path: string[]) => readFileSync(join(folder, ...path));
const ofZip = (name: string) => {
  const zip = () => unzipSync(read('package', `${name}.zip`));
  return {
    sbom: `package/${name}.cdx.json`,
    files: () =>
      Object.keys(zip())
        .filter((file) => file !== 'LICENSES.txt')
        .map((file) => `handlers/${file}`),
    licenses: () => strFromU8(zip()['LICENSES.txt']!),
  };
};

describe.each([
  {
    sbom: 'cli.cdx.json',
    files: () => ['cli.mjs', 'rule-files.mjs'],
    licenses: () => read('LICENSES.txt').toString(),
  },
  ofZip('metrics'),
  ofZip('push'),
  ofZip('deliver'),
])('$sbom', ({ sbom, files, licenses }) => {
  const components = () => (JSON.parse(read(sbom).toString()) as { components: Component[] }).components;

  test('names the packages that the source maps name', () => {
    const sources = files().flatMap((file) => JSON.parse(read(`${file}.map`).toString()).sources as string[]);
    const found = sources.flatMap((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []);
    expect(components().map(({ name }) => name)).toEqual([...new Set(found)].toSorted());
  });

  test('describes each as npm does from the lock file', () => {
    for (const { name, version, purl, hashes } of components()) {
      expect(all.get(purl)).toMatchObject({ name, version, purl, hashes });
    }
  });

  test('comes with the license of each', () => {
    const text = licenses();
    expect(text).toMatch(/^vcc-exporter \d+\.\d+\.\d+, MIT\n\nMIT License\n/);
    for (const { name, version } of components()) {
      const [, license] = text.split(`\n${name} ${version}, `);
      expect([name, license]).toEqual([
        name,
        expect.stringMatching(/^[^\n]+\n\n[^-]*(copyright|permission)/i),
      ]);
    }
  });
});

describe('a bundle is refused with a package', () => {
  const refusal = (folder: string, lock?: object) => () =>
    packagesIn([{ inputs: { [`${folder}/index.js`]: { bytesInOutput: 1 } } }], lock);

  test('whose license is not allowed', () => {
    expect(refusal('node_modules/caniuse-lite')).toThrow(
      'node_modules/caniuse-lite: the license CC-BY-4.0 is not in the list of allowed licenses in scripts/bundled.mjs',
    );
  });

  test('without the text of its license', () => {
    expect(refusal('node_modules/natural-compare')).toThrow(
      'node_modules/natural-compare: contains no license text; add a path to it in scripts/bundled.mjs',
    );
  });

  test('of another version than the lock file has', () => {
    const lock = { 'node_modules/papaparse': { version: '1.0.0' } };
    expect(refusal('node_modules/papaparse', lock)).toThrow(
      /^node_modules\/papaparse: expected the version of package-lock\.json, 1\.0\.0; found [\d.]+\. Run npm ci\.$/,
    );
  });

  test('but not with a package of which no code remains', () => {
    expect(packagesIn([{ inputs: { 'node_modules/caniuse-lite/index.js': { bytesInOutput: 0 } } }])).toEqual(
      [],
    );
  });
});
