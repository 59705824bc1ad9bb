import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { zipSync } from 'fflate';

const root = fileURLToPath(new URL('../', import.meta.url));
const sdk = '@aws-sdk/client-secrets-manager';
const deployed = join(root, 'dist', 'package', 'metrics.zip');

/** Functions to be compared with the one that is deployed, as zips in a folder of their own. */
export interface Functions {
  zips: Record<FunctionName, string>;
  /** Bytes of the code, not zipped. */
  sizes: Record<FunctionName, number>;
  remove(): void;
}

/**
 * `deployed`: the very zip. `empty`: a handler that answers at once. `naive`: the same source as a
 * plain bundle, with the whole of prom-client and the SDK imported first thing. `bundledSdk`: the
 * deployed one with the SDK inside, loaded when it is needed.
 */
export type FunctionName = 'deployed' | 'empty' | 'naive' | 'bundledSdk';

/** Builds them; `npm run build` must have run. */
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
    // The deployed bundle once more, whose require of the SDK is taken for one that belongs into
    // it.
    bundledSdk: await bundle({
      stdin: {
        contents: readFileSync(join(root, 'dist', 'handlers', 'metrics.mjs'), 'utf8')
          .replace(/^const require[^\n]*?;/, '')
          .replaceAll(
            /[\w$]+\(import\.meta\.url\)\(([\w$]+)\)/g,
            (_, name) => `({ "${sdk}": () => require("${sdk}") })[${name}]()`,
          ),
        resolveDir: root,
        loader: 'js',
      },
      external: ['./parsers.mjs', './proxies.mjs'],
      minify: true,
      keepNames: true,
    }),
  };
  if (code.bundledSdk.length < 200_000)
    throw new Error('the SDK was not bundled: bench/functions.ts looks for its require');
  const zips = { deployed } as Functions['zips'];
  const sizes = {
    deployed: readFileSync(join(root, 'dist', 'handlers', 'metrics.mjs')).length,
  } as Functions['sizes'];
  for (const [name, text] of Object.entries(code) as [FunctionName, string][]) {
    zips[name] = join(folder, `${name}.zip`);
    sizes[name] = Buffer.byteLength(text);
    writeFileSync(zips[name], zipSync({ 'metrics.mjs': Buffer.from(text) }));
  }
  return { zips, sizes, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
