// Installs from the lock file, unless node_modules is up to date. Scripts that need all packages
// also preload it (node --require). It is plain JavaScript without dependencies, since it runs
// before an install. It must run in any Node.js, to report which version is required.
const { problemOf } = require('./node-version.cjs');
const { engines } = require('../package.json');

const problem = problemOf(process.versions.node, engines.node);
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}

// Old versions do not know the prefix node:, so the check is before this.
const { spawnSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');

/**
 * Returns the packages of a lock file. npm writes one into node_modules at the end of an install.
 */
const packagesOf = (...path) => {
  try {
    return JSON.parse(readFileSync(join(root, ...path), 'utf8')).packages;
  } catch {
    return {};
  }
};

const wanted = packagesOf('package-lock.json');
const installed = packagesOf('node_modules', '.package-lock.json');
// Missing optional packages are for other platforms.
const missing = Object.keys(wanted).filter((path) => {
  const { version, integrity, optional } = wanted[path];
  const found = installed[path] || {};
  return path !== '' && !optional && !(found.version === version && found.integrity === integrity);
});

if (missing.length > 0) {
  process.stderr.write('Installing dependencies from package-lock.json into node_modules, about 300 MB …\n');
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) {
    process.stderr.write('npm ci failed; the lines above say why.\n');
    process.exit(npm.status || 1);
  }
}
