// Bundles the command line and each Lambda handler, one ES module each, and packs each handler into a zip of its own.
// node scripts/build.mjs [--outdir DIR]   (dist)
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { zipSync } from 'fflate';

const root = fileURLToPath(new URL('../', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
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

/** prom-client is CommonJS and asks for Node's own modules by require, which an ES module lacks. */
const requireBanner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/**
 * Imports of Node's own modules become requires. What an ES module imports is copied name by name, and some of the names
 * load what nobody asked for: WebSocket of node:http all of fetch, others of node:util a differ and text decoders, most
 * of the time that a handler took to load (docs/decisions/0006-builtins-by-require.md).
 */
const requireBuiltins = {
  name: 'require-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'require-call' ? { path, external: true } : { path, namespace: 'builtin' },
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
      loader: 'js',
    }));
  },
};

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  // Beside the bundle and not named in it: what is deployed stays small, and `npm run stack` can still read a trace.
  sourcemap: 'external',
  outExtension: { '.js': '.mjs' },
  plugins: [requireBuiltins],
  alias: { 'prom-client': './scripts/prom-client.mjs' },
  define: {
    BUILD_VERSION: JSON.stringify(version),
    BUILD_REVISION: JSON.stringify(process.env.BUILD_REVISION || revision()),
  },
  logLevel: 'warning',
};

const handlers = readdirSync(`${root}handlers`).map((file) => file.replace(/\.ts$/, ''));
await build({
  ...shared,
  entryPoints: Object.fromEntries(handlers.map((name) => [name, `handlers/${name}.ts`])),
  outdir: join(outdir, 'handlers'),
  banner: { js: requireBanner },
});
await build({
  ...shared,
  entryPoints: { cli: 'src/cli/main.ts' },
  outdir,
  banner: { js: `#!/usr/bin/env node\n${requireBanner}` },
});

/** A fixed time (zips hold local time), so that the same code gives the same bytes: unchanged functions stay as they are. */
const mtime = new Date(2020, 0, 1);
mkdirSync(join(outdir, 'package'), { recursive: true });
for (const name of handlers) {
  const file = `${name}.mjs`;
  const content = readFileSync(join(outdir, 'handlers', file));
  // Lambda reads the code as another user than the one who packed it: readable to all, Unix (3).
  const zip = zipSync({ [file]: [content, { os: 3, attrs: 0o100644 << 16 }] }, { level: 9, mtime });
  writeFileSync(join(outdir, 'package', `${name}.zip`), zip);
}
