// Bundles the command line and each Lambda handler: node scripts/build.mjs [--outdir DIR] (default:
// dist).
// It packs each handler into a zip, with the modules that it may load later. Next to each zip and
// the command line it writes a list of the packages in it (CycloneDX) and their licenses.
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

/** prom-client is CommonJS and requires built-in modules. An ES module has no require. */
const requireBanner = 'const require = process.getBuiltinModule;';

/**
 * Checks the version of Node.js before all else, since an older one would fail with an unclear
 * message. Exit code 2: a retry does not help.
 */
const versionBanner = `{
  const problem = (${nodeVersion.problemOf})(process.versions.node, ${JSON.stringify(engines.node)});
  if (problem !== undefined) {
    process.stderr.write(\`vcc-exporter: \${problem}\\n\`);
    process.exit(2);
  }
}`;

/**
 * Turns imports of built-in modules into requires (docs/decisions/0006-builtins-by-require.md). An
 * import copies every name of the module, and some names load much code that is not used. For
 * example, WebSocket of node:http loads all of fetch. That was most of the time to load a handler.
 * A require reads only the names in use.
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
 * Removes the texts for docs and help from the tables of settings and questions. A handler does not
 * show them, and they would be a sixth of its code.
 */
const leaveOutDocs = (fields, files = /\/src\/(config\/[\w-]*settings|snapshot\/semantics)\.ts$/) => ({
  name: 'leave-out-docs',
  setup({ onLoad }) {
    const text = `'(?:[^'\\\\]|\\\\.)*'|"(?:[^"\\\\]|\\\\.)*"`;
    const documented = new RegExp(`^ +(?:${fields.join('|')}):\\s+(?:${text}),\\n`, 'gm');
    onLoad({ filter: files }, ({ path }) => ({
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
  // The source map is a separate file that the bundle does not name. So the deployed code stays
  // small, and stack traces can still be read (docs/run/aws.md).
  sourcemap: 'external',
  outExtension: { '.js': '.mjs' },
  plugins: [requireBuiltins],
  alias: {
    'prom-client': './scripts/prom-client.mjs',
    // With the real package, the proxy agents would write the proxy's password to the log if DEBUG
    // is set.
    debug: './scripts/no-debug.mjs',
  },
  define: {
    BUILD_VERSION: JSON.stringify(version),
    BUILD_HOMEPAGE: JSON.stringify(homepage),
    BUILD_REVISION: JSON.stringify(process.env.BUILD_REVISION || revision()),
  },
  logLevel: 'warning',
  // Needed for the list of packages in each file.
  metafile: true,
};

/**
 * The parsers of YAML and CSV (two fifths of all code), the proxies, and the style of the page at
 * /. Most functions never need them, and start faster without them (docs/explain/benchmarks.md).
 * They share no state with the rest of the code, so each of them is a separate bundle.
 */
const later = {
  parsers: 'src/documents/parsers.ts',
  proxies: 'src/http/proxies.ts',
  'landing-style': 'src/serve/landing-style.ts',
};
/** Alerts and dashboards, which only one command of the command line needs. */
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

/** The regular expressions of settings: a separate file, since it is as large as a handler. */
const re2 = await build({
  ...shared,
  stdin: { contents: "export { RE2JS } from 're2js';", resolveDir: root, sourcefile: 're2' },
  format: 'cjs',
  outfile: join(outdir, 'handlers', 're2.cjs'),
});
const withoutRe2 = { ...shared.alias, re2js: './scripts/re2js.mjs' };

const handlers = readdirSync(`${root}handlers`).map((file) => file.replace(/\.ts$/, ''));
const inFunctions = {
  ...shared,
  outdir: join(outdir, 'handlers'),
  alias: withoutRe2,
  plugins: [
    ...shared.plugins,
    leaveOutDocs(['about', 'absent', 'section', 'asks', 'means']),
    loadLater(later),
  ],
  banner: { js: requireBanner },
};
const laterFiles = await build({ ...inFunctions, entryPoints: later });
/**
 * Each handler with its own code for queues, which most accounts do not use. Both share classes, so
 * esbuild splits them into three files: `metrics.mjs` loads `metrics-chunk.mjs` at the start, and
 * `metrics-queues.mjs` only with VCC_QUEUES.
 */
const functions = await Promise.all(
  handlers.map((name) =>
    build({
      ...inFunctions,
      entryPoints: { [name]: `handlers/${name}.ts` },
      splitting: true,
      chunkNames: `${name}-[name]`,
      // Only the page at / shows what an error means.
      plugins: [
        ...inFunctions.plugins,
        ...(name === 'metrics' ? [] : [leaveOutDocs(['about', 'advice'], /\/src\/errors\.ts$/)]),
      ],
    }),
  ),
);
const cli = await build({
  ...shared,
  entryPoints: { cli: 'src/cli/main.ts' },
  outdir,
  // The help needs `section`.
  plugins: [...shared.plugins, leaveOutDocs(['about', 'absent']), loadLater(laterOfCli)],
  banner: { js: `#!/usr/bin/env node\n${versionBanner}\n${requireBanner}` },
});
const ruleFiles = await build({
  ...shared,
  entryPoints: laterOfCli,
  outdir,
  // This file has no setting with a regular expression.
  alias: withoutRe2,
  plugins: [...shared.plugins, leaveOutDocs(['about', 'absent', 'section'])],
  banner: { js: requireBanner },
});

/**
 * A fixed time, so that unchanged code gives an unchanged zip. It is local time, as zips require.
 */
const mtime = new Date(2020, 0, 1);
mkdirSync(join(outdir, 'package'), { recursive: true });
const outputs = [re2, laterFiles, ...functions, cli, ruleFiles].flatMap(({ metafile }) =>
  Object.entries(metafile.outputs),
);
/**
 * Writes the list of packages in these files. Returns the licenses that must be shipped with them.
 */
const describe = (about, files, ...path) => {
  const packages = packagesIn(
    outputs.filter(([file]) => files.includes(basename(file))).map(([, its]) => its),
  );
  writeFileSync(join(outdir, ...path), `${JSON.stringify(toSbom(about, packages), undefined, 2)}\n`);
  return toLicenses(packages);
};
const licenses = describe('cli.mjs and rule-files.mjs', ['cli.mjs', 'rule-files.mjs'], 'cli.cdx.json');
writeFileSync(join(outdir, 'LICENSES.txt'), licenses);
for (const [index, name] of handlers.entries()) {
  const own = Object.entries(functions[index].metafile.outputs).filter(([file]) => file.endsWith('.mjs'));
  const loaded = own.flatMap(([, { imports }]) => imports.map(({ path }) => basename(path)));
  const files = [
    ...own.map(([file]) => basename(file)),
    ...Object.keys(later)
      .map((file) => `${file}.mjs`)
      .filter((file) => loaded.includes(file)),
    're2.cjs',
  ];
  const contents = [
    ...files.map((file) => [file, readFileSync(join(outdir, 'handlers', file))]),
    ['LICENSES.txt', Buffer.from(describe(`${name}.zip`, files, 'package', `${name}.cdx.json`))],
  ];
  const zip = zipSync(
    Object.fromEntries(
      contents.map(([file, content]) => {
        // Lambda reads the code as another user, so make it readable for all. 3 is Unix.
        return [file, [content, { os: 3, attrs: 0o100644 << 16 }]];
      }),
    ),
    { level: 9, mtime },
  );
  writeFileSync(join(outdir, 'package', `${name}.zip`), zip);
}
