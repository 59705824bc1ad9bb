// Bundles the command line and each Lambda handler into dist/, one ES module each.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

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

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  outExtension: { '.js': '.mjs' },
  outdir: 'dist',
  define: {
    BUILD_VERSION: JSON.stringify(version),
    BUILD_REVISION: JSON.stringify(process.env.BUILD_REVISION || revision()),
  },
  logLevel: 'warning',
};

const handlers = readdirSync(`${root}handlers`).map((file) => `handlers/${file}`);
await build({ ...shared, entryPoints: handlers, outdir: 'dist/handlers', banner: { js: requireBanner } });
await build({
  ...shared,
  entryPoints: { cli: 'src/cli/main.ts' },
  banner: { js: `#!/usr/bin/env node\n${requireBanner}` },
});
