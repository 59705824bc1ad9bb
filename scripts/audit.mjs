// npm run audit: checks the shipped packages for known vulnerabilities, and all installed packages
// for invalid signatures. `npm audit --omit=dev` would miss the bundled packages, which are
// development dependencies. Exit codes:
// - 0: no problem
// - 1: a vulnerability, or an invalid signature
// - 2: the registry did not answer
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const json = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'));
const say = (line) => process.stdout.write(`${line}\n`);

/** Returns the JSON that npm prints, or `error` with the first line of its message. */
function npm(...args) {
  const windows = process.platform === 'win32';
  const { stdout, stderr } = spawnSync('npm', [...args, '--json'], {
    cwd: root,
    encoding: 'utf8',
    shell: windows,
  });
  try {
    const { error, message, ...result } = JSON.parse(stdout);
    return error === undefined && message === undefined
      ? result
      : { error: message || error.summary || error.code };
  } catch {
    return { error: stderr.trim().split('\n')[0] || 'no answer' };
  }
}

/**
 * The folders of the packages in the bundles, and of the dependencies that npm installs with the
 * exporter.
 */
function shippedFolders() {
  const built = mkdtempSync(join(tmpdir(), 'vcc-audit-'));
  const args = [join(root, 'scripts', 'build.mjs'), '--outdir', built];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
  const sboms = ['cli', 'package/metrics', 'package/push', 'package/deliver'];
  const components = sboms.flatMap((name) => json(built, `${name}.cdx.json`).components);
  rmSync(built, { recursive: true });
  const installed = Object.entries(json(root, 'package-lock.json').packages).flatMap(([folder, { dev }]) =>
    folder === '' || dev ? [] : [folder],
  );
  return new Set([...components.map(({ name }) => `node_modules/${name}`), ...installed]);
}

const shipped = shippedFolders();
let unknown = false;
let found = 0;

const { error, vulnerabilities = {} } = npm('audit');
if (error !== undefined) {
  unknown = true;
  say(`Vulnerabilities: not known, since the registry does not say (${error})`);
} else {
  const all = Object.values(vulnerabilities);
  const ours = all.filter(({ nodes }) => nodes.some((folder) => shipped.has(folder)));
  for (const { name, severity, via } of ours) {
    for (const { title, url } of via.filter((each) => typeof each === 'object'))
      say(`${severity}: ${name}: ${title} ${url}`);
  }
  found += ours.length;
  say(
    `Vulnerabilities: ${ours.length} of the ${shipped.size} packages shipped; ${all.length - ours.length} of others (npm audit)`,
  );
}

const signatures = npm('audit', 'signatures');
if (signatures.error !== undefined) {
  unknown = true;
  say(`Signatures: not known, since the registry does not say (${signatures.error})`);
} else {
  const { invalid, missing } = signatures;
  for (const { name, version } of invalid) say(`invalid signature: ${name} ${version}`);
  found += invalid.length;
  say(`Signatures: ${invalid.length} invalid, ${missing.length} missing`);
}
process.exitCode = found > 0 ? 1 : unknown ? 2 : 0;
