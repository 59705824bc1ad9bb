import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { strFromU8, unzipSync } from 'fflate';

const script = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url));
const folders: string[] = [];

function build(timeZone: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'vcc-build-'));
  folders.push(folder);
  execFileSync(process.execPath, [script, '--outdir', folder], { env: { ...process.env, TZ: timeZone } });
  return folder;
}

let folder: string;
beforeAll(() => {
  folder = build('UTC');
});
afterAll(() => {
  for (const each of folders) rmSync(each, { recursive: true, force: true });
});

const read = (...parts: string[]) => readFileSync(join(folder, ...parts));

describe.each(['metrics', 'push'])('the bundle of %s', (name) => {
  test('keeps its size: at most 200 KB minified, 72 KB zipped', () => {
    expect(read('handlers', `${name}.mjs`).length).toBeLessThan(200_000);
    expect(read('package', `${name}.zip`).length).toBeLessThan(72_000);
  });

  test('is all that its zip holds, readable to all', () => {
    const zip = read('package', `${name}.zip`);
    const entries = unzipSync(zip);
    expect(Object.keys(entries)).toEqual([`${name}.mjs`]);
    expect(Buffer.from(entries[`${name}.mjs`]!).equals(read('handlers', `${name}.mjs`))).toBe(true);
    // The central directory's external attributes: 0644 in the upper half.
    const directory = zip.indexOf('PK\x01\x02', 0, 'latin1');
    expect((zip.readUInt32LE(directory + 38) >>> 16).toString(8)).toBe('100644');
  });

  test('holds of others only what a scrape needs, and no AWS SDK', () => {
    const { sources } = JSON.parse(strFromU8(read('handlers', `${name}.mjs.map`))) as { sources: string[] };
    const foreign = sources
      .flatMap((source) => source.split('node_modules/')[1] ?? [])
      .map((source) => (source.startsWith('js-yaml/') ? 'js-yaml' : source));
    expect([...new Set(foreign)].toSorted()).toEqual([
      'fastest-levenshtein/mod.js',
      'js-yaml',
      'papaparse/papaparse.js',
      'prom-client/lib/gauge.js',
      'prom-client/lib/metric.js',
      'prom-client/lib/registry.js',
      'prom-client/lib/util.js',
      'prom-client/lib/validation.js',
    ]);
    expect(sources.filter((source) => /\/(simulator|cli)\//.test(source))).toEqual([]);
  });

  test('imports nothing but createRequire, since names of Node’s own modules cost time to copy', () => {
    const imports = read('handlers', `${name}.mjs`)
      .toString()
      .match(/^import\b.*$/gm);
    expect(imports).toHaveLength(1);
    expect(imports![0]).toMatch(/^import \{ createRequire as \w+ \} from 'node:module';/);
    expect(read('handlers', `${name}.mjs`).toString()).not.toMatch(/\bfrom\s?"node:/);
  });
});

test('the same code gives the same bytes, in another time zone too', () => {
  const again = build('Pacific/Kiritimati');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.\w+$/.test(file),
  );
  expect(files.length).toBeGreaterThanOrEqual(8);
  for (const file of files) {
    expect([file, readFileSync(join(again, file)).equals(read(file))]).toEqual([file, true]);
  }
});
