// Bundles the command line and each Lambda handler, and packs each handler into a zip with the
// modules it may load later. Beside each zip and the command line it writes which packages are in
// it (CycloneDX), and with it their licenses. node scripts/build.mjs [--outdir DIR] (dist)
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { zipSync } from 'fflate';
import { packagesIn, toLicenses, toSbom } from './bundled.mjs';
import nodeVersion from './node-version.cjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const { version, homepage, engines } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const { outdir } = parseArgs({ options: { outdir: { type: 'string', default: join(root, 'dist') } } }).values;

/** The commit being built, or `unknown` outside a checkout. */
function revision() {
  try {
    const options = { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], options).trim();
  } catch {
    return 'unknown';
  }
}

/** Node's own modules, with or without `node:`. */
const builtins = new RegExp(`^(?:node:.*|${builtinModules.join('|')})$`);

/** prom-client is CommonJS and asks for Node's own modules by require, which an ES module lacks. */
const requireBanner = 'const require = process.getBuiltinModule;';

/**
 * First of all, since an older Node.js would fail with a message that helps nobody. 2: it stays so
 * until somebody acts.
 */
const versionBanner = `{
  const problem = (${nodeVersion.problemOf})(process.versions.node, ${JSON.stringify(engines.node)});
  if (problem !== undefined) {
    process.stderr.write(\`vcc-exporter: \${problem}\\n\`);
    process.exit(2);
  }
}`;

/**
 * Imports of Node's own modules become requires. What an ES module imports is copied name by name,
 * and some of the names load what nobody asked for: WebSocket of node:http all of fetch, others of
 * node:util a differ and worker threads, most of the time that a handler took to load
 * (docs/decisions/0006-builtins-by-require.md). Only the names in use are read.
 */
const requireBuiltins = {
  name: 'require-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: builtins }, ({ path, kind }) =>
      kind === 'require-call' ? { path, external: true } : { path, namespace: 'builtin' },
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter((name) => name !== 'default');
      const unlessUnused = names.map(
        (name) => `export const ${name} = /* @__PURE__ */ (() => it.${name})();`,
      );
      return {
        contents: [
          `const it = require(${JSON.stringify(path)});`,
          'export default it;',
          ...unlessUnused,
        ].join('\n'),
        loader: 'js',
      };
    });
  },
};

/**
 * What tables of settings and questions say to their readers is for docs and help; a handler does
 * not show it, and it would be a sixth of its code.
 */
const leaveOutDocs = (...fields) => ({
  name: 'leave-out-docs',
  setup({ onLoad }) {
    const text = `'(?:[^'\\\\]|\\\\.)*'|"(?:[^"\\\\]|\\\\.)*"`;
    const documented = new RegExp(`^ +(?:${fields.join('|')}):\\s+(?:${text}),\\n`, 'gm');
    onLoad({ filter: /\/src\/(config\/[\w-]*settings|snapshot\/semantics)\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(documented, ''),
      loader: 'ts',
    }));
  },
});

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  // Beside the bundle and not named in it: what is deployed stays small, and a stack trace can still be read (docs/run/aws.md).
  sourcemap: 'external',
  outExtension: { '.js': '.mjs' },
  plugins: [requireBuiltins],
  alias: {
    'prom-client': './scripts/prom-client.mjs',
    // The agents for proxies would write the proxy's password to where DEBUG is set.
    debug: './scripts/no-debug.mjs',
  },
  define: {
    BUILD_VERSION: JSON.stringify(version),
    BUILD_HOMEPAGE: JSON.stringify(homepage),
    BUILD_REVISION: JSON.stringify(process.env.BUILD_REVISION || revision()),
  },
  logLevel: 'warning',
  // Which packages are in which file.
  metafile: true,
};

/**
 * YAML and CSV, two fifths of all code, and proxies: most functions never need them. A start is faster without
 * (docs/explain/benchmarks.md).
 */
const later = { parsers: 'src/documents/parsers.ts', proxies: 'src/http/proxies.ts' };
/** Alerts and dashboards: only one command of the command line needs them. */
const laterOfCli = { 'rule-files': 'src/rule-files.ts' };
const loadLater = (modules) => ({
  name: 'load-later',
  setup({ onResolve }) {
    for (const [name, file] of Object.entries(modules)) {
      onResolve({ filter: new RegExp(`/${basename(file)}$`) }, ({ kind }) =>
        kind === 'dynamic-import' ? { path: `./${name}.mjs`, external: true } : undefined,
      );
    }
  },
});

/** Regular expressions that settings hold: a file of its own, as large as a handler. */
const re2 = await build({
  ...shared,
  stdin: { contents: "export { RE2JS } from 're2js';", resolveDir: root, sourcefile: 're2' },
  format: 'cjs',
  outfile: join(outdir, 'handlers', 're2.cjs'),
});
const withoutRe2 = { ...shared.alias, re2js: './scripts/re2js.mjs' };

const handlers = readdirSync(`${root}handlers`).map((file) => file.replace(/\.ts$/, ''));
const functions = await build({
  ...shared,
  entryPoints: {
    ...Object.fromEntries(handlers.map((name) => [name, `handlers/${name}.ts`])),
    ...later,
  },
  outdir: join(outdir, 'handlers'),
  alias: withoutRe2,
  plugins: [...shared.plugins, leaveOutDocs('about', 'absent', 'section', 'asks', 'means'), loadLater(later)],
  banner: { js: requireBanner },
});
const cli = await build({
  ...shared,
  entryPoints: { cli: 'src/cli/main.ts' },
  outdir,
  // Help lists settings by their sections.
  plugins: [...shared.plugins, leaveOutDocs('about', 'absent'), loadLater(laterOfCli)],
  banner: { js: `#!/usr/bin/env node\n${versionBanner}\n${requireBanner}` },
});
const ruleFiles = await build({
  ...shared,
  entryPoints: laterOfCli,
  outdir,
  // It reads thresholds, and no setting with a regular expression.
  alias: withoutRe2,
  plugins: [...shared.plugins, leaveOutDocs('about', 'absent', 'section')],
  banner: { js: requireBanner },
});

/** A fixed time (zips hold local time), so that the same code gives the same bytes: unchanged functions stay as they are. */
const mtime = new Date(2020, 0, 1);
mkdirSync(join(outdir, 'package'), { recursive: true });
const outputs = [re2, functions, cli, ruleFiles].flatMap(({ metafile }) => Object.entries(metafile.outputs));
/** Writes which packages are in these files; gives the licenses that must go with them. */
const describe = (about, files, ...path) => {
  const packages = packagesIn(
    outputs.filter(([file]) => files.includes(basename(file))).map(([, its]) => its),
  );
  writeFileSync(join(outdir, ...path), `${JSON.stringify(toSbom(about, packages), undefined, 2)}\n`);
  return toLicenses(packages);
};
const licenses = describe('cli.mjs and rule-files.mjs', ['cli.mjs', 'rule-files.mjs'], 'cli.cdx.json');
writeFileSync(join(outdir, 'LICENSES.txt'), licenses);
for (const name of handlers) {
  const files = [...[name, ...Object.keys(later)].map((file) => `${file}.mjs`), 're2.cjs'];
  const contents = [
    ...files.map((file) => [file, readFileSync(join(outdir, 'handlers', file))]),
    ['LICENSES.txt', Buffer.from(describe(`${name}.zip`, files, 'package', `${name}.cdx.json`))],
  ];
  const zip = zipSync(
    Object.fromEntries(
      contents.map(([file, content]) => {
        // Lambda reads the code as another user than the one who packed it: readable to all, Unix (3).
        return [file, [content, { os: 3, attrs: 0o100644 << 16 }]];
      }),
    ),
    { level: 9, mtime },
  );
  writeFileSync(join(outdir, 'package', `${name}.zip`), zip);
}
