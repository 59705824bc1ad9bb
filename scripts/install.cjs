// Installs from the lock file when node_modules is missing or older than the lock file.
// Plain JavaScript and no dependencies: this runs before anything is installed, and in any Node.js, to say which one is needed.
const { problemOf } = require('./node-version.cjs');
const { engines } = require('../package.json');

const problem = problemOf(process.versions.node, engines.node);
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}

// Old ones know no node: before a name, so only now.
const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const stamp = join(root, 'node_modules', '.installed-lock-sha256');
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  process.stderr.write('Installing dependencies from package-lock.json …\n');
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) {
    process.stderr.write('npm ci failed; the lines above say why.\n');
    process.exit(npm.status || 1);
  }
  writeFileSync(stamp, lock);
}
