// End-to-end tests: the built exporter as a process, judged by Prometheus, promtool and a strict parser of another
// project, and all of it on Node.js 24 too. Gets what it needs into .cache/e2e/; a second run finds it there.
// CI=true or VCC_E2E_REQUIRE_ALL=1: what could not be had is a failure, not a skip.
import { spawn, spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const nodeVersion = '24.21.0';
const prometheusClientVersion = '0.26.0';
/** Longest one run of Jest may take. */
const runLimitMs = 10 * 60_000;

const root = fileURLToPath(new URL('../', import.meta.url));
const cache = join(root, '.cache', 'e2e');
const windows = process.platform === 'win32';
const requireAll = process.env.CI === 'true' || process.env.VCC_E2E_REQUIRE_ALL === '1';

/** A part that could not be had; the message says why. */
class Missing extends Error {}

const say = (line) => process.stdout.write(`${line}\n`);

/** Runs a tool to its end; gives its output. @throws Missing with the last lines it wrote */
function run(file, args, options = {}) {
  const done = spawnSync(file, args, { encoding: 'utf8', timeout: 5 * 60_000, cwd: cache, ...options });
  if (done.error) {
    throw new Missing(
      done.error.code === 'ENOENT' ? `${file} is not installed` : `${file}: ${done.error.message}`,
    );
  }
  if (done.status !== 0) {
    const last = `${done.stdout}\n${done.stderr}`.trim().split('\n').slice(-3).join(' / ');
    throw new Missing(
      `${[file, ...args].join(' ')}: ended with ${done.status ?? done.signal}${last && `: ${last}`}`,
    );
  }
  return `${done.stdout}${done.stderr}`.trim();
}

/** What `attempt` gives, or undefined where it misses something. */
function orNothing(attempt) {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof Missing) return undefined;
    throw error;
  }
}

function onPath(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, windows ? `${name}.exe` : name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** Makes a folder in one go: what was begun and not finished is not found the next time. */
function makeFolder(name, fill) {
  const target = join(cache, name);
  const draft = `${target}.draft`;
  for (const folder of [target, draft]) rmSync(folder, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  fill(draft);
  renameSync(draft, target);
}

/** The server and its checking tool: those on PATH, else Debian's package, unpacked but not installed. */
function getPrometheus() {
  const use = (prometheus, promtool, where) => {
    const version = /version (\S+)/.exec(run(prometheus, ['--version']))?.[1];
    run(promtool, ['--version']);
    return { what: `prometheus and promtool ${version}, ${where}`, prometheus, promtool };
  };
  const installed = [onPath('prometheus'), onPath('promtool')];
  if (installed[0] && installed[1]) return use(...installed, 'found on PATH');

  const unpacked = ['prometheus', 'promtool'].map((name) => join(cache, 'prometheus', 'usr', 'bin', name));
  const useUnpacked = () => use(...unpacked, 'Debian’s package in .cache/e2e');
  const found = orNothing(useUnpacked);
  if (found) return found;
  const lacking = ['apt-get', 'dpkg-deb'].filter((name) => !onPath(name));
  if (lacking.length > 0) {
    throw new Missing(`not on PATH, and there is no ${lacking.join(' or ')} to get Debian’s package with`);
  }
  makeFolder('prometheus', (folder) => {
    const download = () => run('apt-get', ['download', 'prometheus'], { cwd: folder });
    try {
      download();
    } catch (error) {
      // An old package list names files that are gone; only root may renew it.
      if (!(error instanceof Missing) || process.getuid?.() !== 0) throw error;
      run('apt-get', ['update', '--quiet']);
      download();
    }
    const archive = readdirSync(folder).find((name) => name.endsWith('.deb'));
    run('dpkg-deb', ['--extract', archive, '.'], { cwd: folder });
    rmSync(join(folder, archive));
  });
  return useUnpacked();
}

/** Python with Prometheus' own client library: in a venv, or beside the system's Python where that has no venv. */
function getPython() {
  const folder = join(cache, 'python');
  const library = join(folder, 'library');
  const inVenv = windows ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
  const system = onPath('python3') ?? onPath('python');
  const use = (python, env, where) => {
    const code =
      'import sys, importlib.metadata as m; print(m.version("prometheus_client"), sys.version.split()[0])';
    const versions = run(python, ['-c', code], { env: { ...process.env, ...env } });
    const [client, own] = versions.split(' ');
    if (client !== prometheusClientVersion) throw new Missing(`prometheus_client is ${client}`);
    return { what: `prometheus_client ${client} on Python ${own}, ${where}`, python, env };
  };
  const ways = [
    () => use(inVenv, {}, 'a venv in .cache/e2e'),
    () => use(system, { PYTHONPATH: library }, 'a folder in .cache/e2e'),
  ];
  const wanted = `prometheus_client==${prometheusClientVersion}`;
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'];

  if (!system) throw new Missing('there is no python3 on PATH');
  for (const way of ways) {
    const found = orNothing(way);
    if (found) return found;
  }
  try {
    // Not through makeFolder: a venv must not be moved.
    rmSync(folder, { recursive: true, force: true });
    run(system, ['-m', 'venv', folder]);
    run(inVenv, [...pip, wanted]);
    return ways[0]();
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    try {
      rmSync(folder, { recursive: true, force: true });
      run(system, [...pip, '--target', library, wanted]);
      return ways[1]();
    } catch (second) {
      if (!(second instanceof Missing)) throw second;
      throw new Missing(`${error.message}; without a venv: ${second.message}`);
    }
  }
}

/** The Node.js that Lambda runs. npm's package `node` fetches its binary by a script; these are those binaries. */
function getNode24() {
  const name = `node-${windows ? 'win' : process.platform}-${process.arch}`;
  const binary = windows ? 'node.exe' : 'node';
  const node = join(cache, 'node24', 'node_modules', name, 'bin', binary);
  const use = () => {
    const version = run(node, ['--version']);
    if (version !== `v${nodeVersion}`) throw new Missing(`is ${version}`);
    return { what: `Node.js ${version}, npm’s ${name} in .cache/e2e`, node };
  };
  const found = orNothing(use);
  if (found) return found;
  try {
    makeFolder('node24', (folder) => {
      const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
      const args = ['install', '--prefix', folder, ...flags, `${name}@${nodeVersion}`];
      run('npm', args, { cwd: folder, shell: windows });
    });
    return use();
  } catch (error) {
    if (!(error instanceof Missing) || !process.version.startsWith('v24.')) throw error;
    return { what: `Node.js ${process.version}, the one that runs this`, node: process.execPath };
  }
}

const getters = { prometheus: getPrometheus, python: getPython, node24: getNode24 };

/** Each part as the tests look it up: what it is and where, or why it is missing. */
function getParts() {
  mkdirSync(cache, { recursive: true });
  const parts = {};
  for (const [name, get] of Object.entries(getters)) {
    try {
      parts[name] = get();
      say(`have     ${name}: ${parts[name].what}`);
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      parts[name] = { missing: error.message };
      say(`MISSING  ${name}: ${error.message}`);
    }
  }
  writeFileSync(join(cache, 'parts.json'), `${JSON.stringify(parts, undefined, 2)}\n`);
  return parts;
}

let group;
/** Ends a run of Jest and every process that it left behind. */
function endGroup(signal) {
  try {
    process.kill(windows ? group : -group, signal);
  } catch {
    // Nothing is left.
  }
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    if (group !== undefined) endGroup('SIGKILL');
    process.exit(1);
  });
}

/** Runs Jest; gives the numbers of its tests. A run that breaks off counts as one failure. */
async function runJest(title, node, args) {
  say(`\n== ${title}`);
  const report = join(cache, 'jest.json');
  rmSync(report, { force: true });
  // No setting of this exporter may reach the tests from outside.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VCC_')));
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const child = spawn(
    node,
    ['--experimental-vm-modules', '--no-warnings', jest, '--ci', '--json', `--outputFile=${report}`, ...args],
    { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'], detached: !windows },
  );
  group = child.pid;
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    endGroup('SIGKILL');
  }, runLimitMs);
  const status = await new Promise((resolve) => {
    child.once('error', () => resolve(-1));
    child.once('exit', resolve);
  });
  clearTimeout(limit);
  endGroup('SIGKILL');
  group = undefined;
  if (late) say(`stopped after ${runLimitMs / 60_000} minutes`);
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const result = JSON.parse(readFileSync(report, 'utf8'));
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return {
    passed: result.numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

if (!existsSync(join(root, 'dist', 'cli.mjs'))) {
  process.stderr.write('dist/ is missing: run this as `npm run e2e`, which builds first.\n');
  process.exit(2);
}
const parts = getParts();
const missing = Object.keys(parts).filter((name) => parts[name].missing !== undefined);

const results = [
  await runJest('End to end', process.execPath, ['--config', join(root, 'jest.e2e.config.mjs')]),
];
if (parts.node24.node) results.push(await runJest('Unit tests on Node.js 24', parts.node24.node, []));
else {
  say(`\n== Unit tests on Node.js 24: skipped, ${parts.node24.missing}`);
  results.push({ passed: 0, failed: 0, skipped: 1 });
}
if (missing.length > 0) {
  const verdict = requireAll
    ? 'a failure each, since every part is required here'
    : 'their tests are skipped';
  say(`\nMissing (${verdict}):`);
  for (const name of missing) say(`  ${name}: ${parts[name].missing}`);
  if (requireAll) results.push({ passed: 0, failed: missing.length, skipped: 0 });
}

const sum = (kind) => results.reduce((total, result) => total + result[kind], 0);
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
say(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
process.exitCode = sum('failed') > 0 ? 1 : 0;
