// The parts that the end-to-end tests need and npm does not bring: each found, or fetched into .cache/e2e.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache, Missing, makeFolder, onPath, orNothing, run, windows } from './tools.mjs';

const nodeVersion = '24.21.0';
const prometheusClientVersion = '0.26.0';

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

/** Each part by the name that the tests look it up by; a getter gives what it is and where, or throws Missing. */
export const getters = { prometheus: getPrometheus, python: getPython, node24: getNode24 };
