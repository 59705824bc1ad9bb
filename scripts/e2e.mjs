// npm run e2e: end-to-end tests. The built exporter runs as a process. Prometheus, promtool and a
// strict independent parser check it, on this Node.js and on Node.js 24. Required programs are
// stored in .cache/e2e/ for later runs. With CI=true or VCC_E2E_REQUIRE_ALL=1, a missing program is
// a failure, not a skip.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getters, optional } from './e2e/parts.mjs';
import { cache, Missing, root, windows } from './e2e/tools.mjs';

/** Longest time of one run of Jest. */
const runLimitMs = 35 * 60_000;

const requireAll = process.env.CI === 'true' || process.env.VCC_E2E_REQUIRE_ALL === '1';

const say = (line) => process.stdout.write(`${line}\n`);

/** Each part, by the name that the tests use: its description and place, or why it is missing. */
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

const groups = new Set();
/** Ends a run of Jest and every process that it started. */
function endGroup(group) {
  groups.delete(group);
  try {
    process.kill(windows ? group : -group, 'SIGKILL');
  } catch {
    // No process is left.
  }
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    for (const group of groups) endGroup(group);
    process.exit(1);
  });
}

/** Runs Jest. Returns the numbers of its tests. A run that breaks off counts as one failure. */
async function runJest(title, node, args) {
  say(`\n== ${title}`);
  const report = join(cache, `${title}.json`);
  rmSync(report, { force: true });
  // The tests must not see settings of the exporter from outside.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VCC_')));
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const child = spawn(
    node,
    ['--experimental-vm-modules', '--no-warnings', jest, '--ci', '--json', `--outputFile=${report}`, ...args],
    { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'], detached: !windows },
  );
  const group = child.pid;
  groups.add(group);
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    endGroup(group);
  }, runLimitMs);
  const status = await new Promise((resolve) => {
    child.once('error', () => resolve(-1));
    child.once('exit', resolve);
  });
  clearTimeout(limit);
  endGroup(group);
  if (late) say(`${title}: stopped after ${runLimitMs / 60_000} minutes`);
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const result = JSON.parse(readFileSync(report, 'utf8'));
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return {
    passed: result.numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'inherit' });
const parts = getParts();
const missing = Object.keys(parts).filter((name) => parts[name].missing !== undefined);

/** Files whose tests do not depend on the time of day. They compute most of the time. */
const simulated = '/(alerts|day|ordinary-day|queue-day|queue-hours)\\.e2e\\.ts$';
const endToEnd = ['--config', join(root, 'jest.e2e.config.mjs')];
// Tests with real time mostly wait, so the others run beside them.
const results = await Promise.all([
  runJest('End to end', process.execPath, [...endToEnd, `--testPathIgnorePatterns=${simulated}`]),
  runJest('Simulated days', process.execPath, [...endToEnd, `--testPathPatterns=${simulated}`]),
]);
if (parts.node24.node) results.push(await runJest('Unit tests on Node.js 24', parts.node24.node, []));
else {
  say(`\n== Unit tests on Node.js 24: skipped, ${parts.node24.missing}`);
  results.push({ passed: 0, failed: 0, skipped: 1 });
}
if (missing.length > 0) {
  const verdict = requireAll
    ? `a failure each but for ${optional.join(', ')}, since every part is required here`
    : 'their tests are skipped';
  say(`\nMissing (${verdict}):`);
  for (const name of missing) say(`  ${name}: ${parts[name].missing}`);
  const required = missing.filter((name) => !optional.includes(name));
  if (requireAll) results.push({ passed: 0, failed: required.length, skipped: 0 });
}

const sum = (kind) => results.reduce((total, result) => total + result[kind], 0);
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
say(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
process.exitCode = sum('failed') > 0 ? 1 : 0;
