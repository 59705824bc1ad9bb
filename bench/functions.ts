import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { unzipSync, zipSync } from 'fflate';

const root = fileURLToPath(new URL('../', import.meta.url));
const sdk = '@aws-sdk/client-secrets-manager';
const deployed = join(root, 'dist', 'package', 'metrics.zip');
const handlers = join(root, 'dist', 'handlers');

/** The deployed function and functions to compare it with, as zips in one folder. */
export interface Functions {
  zips: Record<FunctionName, string>;
  /** Bytes of the code before it is zipped. */
  sizes: Record<FunctionName, number>;
  remove(): void;
}

/**
 * The functions:
 * - `deployed`: the deployed zip
 * - `empty`: a handler that answers at once
 * - `naive`: the same source as a plain bundle, which first imports all of prom-client and the SDK
 * - `bundledSdk`: the deployed function with the SDK inside, loaded when it is needed
 * - `before`: the zip that BENCH_BEFORE names, of another commit; without it, the deployed one
 */
export type FunctionName = 'deployed' | 'empty' | 'naive' | 'bundledSdk' | 'before';

/** The files of `deployed` that Lambda loads at the start. */
const loaded = ['metrics.mjs', 'metrics-chunk.mjs'];
/** The files that it may load later. */
const later = ['./metrics-queues.mjs', './landing-style.mjs', './parsers.mjs', './proxies.mjs'];

/** Returns the size of the code that a zip loads at the start. */
function sizeAtStart(zip: string): number {
  const files = Object.entries(unzipSync(readFileSync(zip)));
  return files.reduce((sum, [name, content]) => sum + (loaded.includes(name) ? content.length : 0), 0);
}

/** Builds the functions. Run `npm run build` before. */
export async function buildFunctions(): Promise<Functions> {
  const folder = mkdtempSync(join(tmpdir(), 'vcc-bench-'));
  const banner =
    "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";
  const bundle = async (options: BuildOptions): Promise<string> => {
    const { outputFiles } = await build({
      absWorkingDir: root,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      banner: { js: banner },
      write: false,
      logLevel: 'error',
      ...options,
    });
    return outputFiles![0]!.text;
  };
  const eager = `import * as sdk from '${sdk}';
    export { handler } from './handlers/metrics.ts'; export const client = sdk.SecretsManagerClient;`;
  const code = {
    empty: 'export const handler = async () => ({ statusCode: 200, body: "" });',
    naive: await bundle({ stdin: { contents: eager, resolveDir: root, loader: 'ts' } }),
    // The deployed code, with its require of the SDK replaced by one that the bundler resolves.
    bundledSdk: await bundle({
      stdin: {
        contents: readFileSync(join(handlers, 'metrics.mjs'), 'utf8')
          .replace(/^const require[^\n]*?;/, '')
          .replaceAll(
            /[\w$]+\(import\.meta\.url\)\(([\w$]+)\)/g,
            (_, name) => `({ "${sdk}": () => require("${sdk}") })[${name}]()`,
          ),
        resolveDir: handlers,
        loader: 'js',
      },
      external: later,
      minify: true,
      keepNames: true,
    }),
  };
  if (code.bundledSdk.length < 200_000)
    throw new Error('the SDK was not bundled: bench/functions.ts looks for its require');
  const zips = { deployed, before: process.env.BENCH_BEFORE ?? deployed } as Functions['zips'];
  const sizes = { deployed: sizeAtStart(deployed), before: sizeAtStart(zips.before) } as Functions['sizes'];
  for (const [name, text] of Object.entries(code) as [FunctionName, string][]) {
    zips[name] = join(folder, `${name}.zip`);
    sizes[name] = Buffer.byteLength(text);
    writeFileSync(zips[name], zipSync({ 'metrics.mjs': Buffer.from(text) }));
  }
  return { zips, sizes, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
