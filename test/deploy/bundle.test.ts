import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { strFromU8, unzipSync } from 'fflate';
import { settings } from '../../src/config/settings.ts';

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

/** The packages that make up a file. Of prom-client, whose parts are selected, by file. */
function packagesOf(file: string): string[] {
  const { sources } = JSON.parse(strFromU8(read('handlers', `${file}.map`))) as { sources: string[] };
  expect(sources.filter((source) => /\/(simulator|cli)\//.test(source))).toEqual([]);
  const foreign = sources.flatMap((source) => source.split('node_modules/')[1] ?? []);
  return [
    ...new Set(foreign.map((path) => (path.startsWith('prom-client/') ? path : path.split('/')[0]!))),
  ].toSorted();
}

const scraping = [
  'fastest-levenshtein',
  'prom-client/lib/gauge.js',
  'prom-client/lib/metric.js',
  'prom-client/lib/registry.js',
  'prom-client/lib/util.js',
  'prom-client/lib/validation.js',
];
const pushing = ['@bufbuild', 'aws4fetch', 'fastest-levenshtein', 'snappyjs'];

/**
 * What is loaded only to read a document, for a proxy, for the page at /, or for a regular
 * expression in a setting.
 */
const later = ['parsers.mjs', 'proxies.mjs', 're2.cjs'];

/**
 * Limits in bytes for the code that is loaded at the start, and for the zip with what it may load
 * later. Also the packages in it, and whether the handler reads accounts. Each limit leaves some
 * hundred bytes of room, since the commit and the version of Node.js change a few dozen.
 */
const budgets: Record<string, { code: number; zip: number; packages: string[]; reads: boolean }> = {
  metrics: { code: 154_500, zip: 159_500, packages: scraping, reads: true },
  // It starts once in hours: the schedule keeps it warm.
  push: {
    code: 194_500,
    zip: 174_000,
    packages: [...new Set([...pushing, ...scraping])].toSorted(),
    reads: true,
  },
  deliver: { code: 109_000, zip: 131_000, packages: pushing, reads: false },
};

describe('the bundle of the command line', () => {
  const sourcesOf = (file: string) =>
    (JSON.parse(strFromU8(read(`${file}.map`))) as { sources: string[] }).sources;
  const ofAlertsOrDashboards = /(^|\/)(alerts|dashboards)\/|@grafana/;

  test('holds no alerts and no dashboards, and loads them only when the command `rules` runs', () => {
    expect(sourcesOf('cli.mjs').filter((source) => ofAlertsOrDashboards.test(source))).toEqual([]);
    expect(
      read('cli.mjs')
        .toString()
        .match(/.{7}"\.\/rule-files\.mjs"/g),
    ).toEqual(['import("./rule-files.mjs"']);
  });

  test('has them in a second file beside it, which contains no running part', () => {
    const ours = sourcesOf('rule-files.mjs').filter((source) => !source.includes('node_modules/'));
    expect(ours.filter((source) => ofAlertsOrDashboards.test(source)).length).toBeGreaterThan(10);
    expect(
      ours.filter((source) => /src\/(app|aws|cli|http|lambda|push|serve|simulator)\//.test(source)),
    ).toEqual([]);
    expect(read('rule-files.mjs').toString()).not.toMatch(/^import\b|\bfrom\s?"/m);
  });
});

test("the page links to the package's homepage", () => {
  const { homepage } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(homepage).toMatch(/^https:/);
  for (const file of ['handlers/metrics.mjs', 'cli.mjs']) expect(read(file).toString()).toContain(homepage);
});

describe.each(Object.entries(budgets))(
  'the bundle of %s',
  (name, { code: most, zip: mostZipped, packages, reads }) => {
    /** The file with the handler, and what it shares with the code for queues. */
    const atStart = [`${name}.mjs`, ...(reads ? [`${name}-chunk.mjs`] : [])];
    const queues = reads ? [`${name}-queues.mjs`] : [];
    const style = name === 'metrics' ? ['landing-style.mjs'] : [];
    const code = () => atStart.map((file) => read('handlers', file).toString()).join('\n');

    test('keeps its size', () => {
      expect(code().length).toBeLessThan(most);
      expect(read('package', `${name}.zip`).length).toBeLessThan(mostZipped);
    });

    test('contains all settings, without their texts for readers', () => {
      const text = code();
      for (const [setting, { about }] of Object.entries(settings)) {
        expect([setting, text.includes(setting), text.includes(about)]).toEqual([setting, true, false]);
      }
    });

    test('is in its zip with what it may load later and nothing else, readable to all', () => {
      const zip = read('package', `${name}.zip`);
      const entries = Object.entries(unzipSync(zip));
      expect(entries.map(([file]) => file).toSorted()).toEqual(
        [...atStart, ...queues, ...style, ...later, 'LICENSES.txt'].toSorted(),
      );
      let directory = 0;
      for (const [file, content] of entries) {
        if (file !== 'LICENSES.txt') expect(Buffer.from(content).equals(read('handlers', file))).toBe(true);
        // The central directory's external attributes: 0644 in the upper half.
        directory = zip.indexOf('PK\x01\x02', directory + 1, 'latin1');
        expect((zip.readUInt32LE(directory + 38) >>> 16).toString(8)).toBe('100644');
      }
    });

    test('contains only the needed code of other packages, and no AWS SDK', () => {
      expect([...new Set(atStart.flatMap(packagesOf))].toSorted()).toEqual(packages);
      expect(queues.flatMap(packagesOf)).toEqual([]);
      expect(style.flatMap(packagesOf)).toEqual([]);
      expect(packagesOf('parsers.mjs')).toEqual(['js-yaml', 'papaparse']);
      expect(packagesOf('proxies.mjs')).toEqual([
        'agent-base',
        'http-proxy-agent',
        'https-proxy-agent',
        'proxy-agent-negotiate',
      ]);
      expect(packagesOf('re2.cjs')).toEqual(['re2js']);
    });

    test('reads a regular expression in a setting', () => {
      const unzipped = mkdtempSync(join(tmpdir(), 'vcc-zip-'));
      folders.push(unzipped);
      for (const [file, content] of Object.entries(unzipSync(read('package', `${name}.zip`)))) {
        writeFileSync(join(unzipped, file), content);
      }
      const load = `await import(${JSON.stringify(pathToFileURL(join(unzipped, `${name}.mjs`)))});`;
      const invoke =
        name === 'metrics'
          ? ''
          : `try { await it.handler({ Records: [{ messageId: 'a', body: '{}', receiptHandle: 'r', attributes: { ApproximateReceiveCount: '1' } }] }, context) } catch (e) { console.log(e.message) }`;
      const context = '{ getRemainingTimeInMillis: () => 5000 }';
      const program = `const context = ${context}; const it = ${load} ${invoke}`;
      const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
        encoding: 'utf8',
        env: { VCC_AGENT_INCLUDE: 'Sales(?=x)', VCC_CLIENT_ID: 'a', VCC_CLIENT_SECRET: 'b' },
      });
      expect(printed).toMatch(/VCC_AGENT_INCLUDE: expected an RE2 expression/);
    });

    test.each([...style, ...later])('loads %s only when it is needed', (file) => {
      const uses = code().match(new RegExp(`.{7}"\\./${file}"`, 'g'));
      expect([...new Set(uses)]).toEqual([`${file.endsWith('.cjs') ? 'a.url)(' : 'import('}"./${file}"`]);
    });

    test.each([...atStart, ...queues, ...style, ...later])(
      "%s imports at most its own chunk, since names of Node's own modules cost time to copy",
      (file) => {
        const imports = [
          ...read('handlers', file)
            .toString()
            .matchAll(/\bfrom\s?"(\.\/[\w-]+\.mjs|node:\w+)"/g),
        ];
        const allowed = file === `${name}.mjs` || queues.includes(file) ? [`./${name}-chunk.mjs`] : [];
        expect(imports.map(([, path]) => path).filter((path) => !allowed.includes(path!))).toEqual([]);
      },
    );

    if (reads) {
      test('loads the code and the metrics of queues only with VCC_QUEUES', () => {
        expect(code()).toContain(`import("./${name}-queues.mjs")`);
        expect(code()).not.toContain('vcc_queue');
        expect(read('handlers', queues[0]!).toString()).toContain('vcc_queue_waiting');
      });
    }
  },
);

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
