// The exporter's table of settings, for the deployment. Wrong settings are refused here, before
// anything is deployed, and not only when a function starts. The table is TypeScript and osls loads
// CommonJS, so this file bundles it in memory.
const { join } = require('node:path');
const Module = require('node:module');
const { buildSync } = require('esbuild');

const contents = `
  export { loadConfig } from './src/config/accounts.ts';
  export { loadDestinations } from './src/config/destinations.ts';
  export { ConfigError, didYouMean, loadSettings } from './src/config/load.ts';
  export { matching, oneOf, Unfit, wholeNumber } from './src/config/parse.ts';
  export { settings } from './src/config/settings.ts';
  export { parseProxies } from './src/http/proxies.ts';
`;

function bundle() {
  const resolveDir = join(__dirname, '..');
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir, loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
  });
  const bundled = new Module(join(resolveDir, 'settings.cjs'), module);
  bundled.paths = module.paths;
  bundled._compile(outputFiles[0].text, bundled.id);
  return bundled.exports;
}

module.exports = bundle();
