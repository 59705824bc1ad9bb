// Mutation tests of the code that decides numbers: `npm run mutation`, or `npm run mutation --
// snapshot` for some areas. Stryker changes the code in one place (a mutant) and runs the tests of
// its area. If no test fails, the mutant has survived. The run writes
// scripts/mutation/figures.json, from which docs/explain/mutation.md is generated. It fails if
// - an area scores less than the goal, or
// - scripts/mutation/survivors.json does not explain exactly the mutants that survived.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const own = join(root, 'scripts', 'mutation');
const cache = join(root, '.cache', 'mutation');
const areas = readJson(join(own, 'areas.json'));
/** The goal: the least per cent of killed mutants. */
const goal = 90;

const say = (line) => process.stdout.write(`${line}\n`);

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

/** Installs Stryker from its own lock file, unless it is installed. Returns its module. */
async function getStryker() {
  const lock = 'package-lock.json';
  const same = (file) => existsSync(file) && readFileSync(file).equals(readFileSync(join(own, lock)));
  if (!same(join(cache, lock)) || !existsSync(join(cache, 'node_modules', '.package-lock.json'))) {
    say('Installing Stryker from scripts/mutation/package-lock.json …');
    mkdirSync(cache, { recursive: true });
    copyFileSync(join(own, 'package.json'), join(cache, 'package.json'));
    copyFileSync(join(own, lock), join(cache, lock));
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const { status } = spawnSync('npm', args, {
      cwd: cache,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
    if (status !== 0) throw new Error('npm ci failed; the lines above say why');
  }
  const entry = join(cache, 'node_modules', '@stryker-mutator', 'core', 'dist', 'src', 'index.js');
  return (await import(pathToFileURL(entry).href)).Stryker;
}

/**
 * Runs the mutants of one area. Mutants whose code and tests did not change are not run again.
 * Returns Stryker's report.
 */
async function test(Stryker, name) {
  const { code, tests, exclude = {} } = areas[name];
  const file = name.replace('/', '-');
  const report = join(cache, `${file}.json`);
  const last = join(cache, `${file}.incremental.json`);
  if (existsSync(last)) writeJson(last, withoutStaticSurvivors(readJson(last)));
  await new Stryker({
    mutate: code,
    mutator: { excludedMutations: Object.keys(exclude) },
    testRunner: 'jest',
    testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings'],
    coverageAnalysis: 'perTest',
    jest: {
      configFile: 'jest.config.mjs',
      enableFindRelatedTests: false,
      config: {
        watchman: false,
        testMatch: tests.map((path) => `<rootDir>/${path}`),
        // The figures must be the same in every run.
        setupFiles: ['<rootDir>/scripts/mutation/seed.mjs'],
      },
    },
    concurrency: 1,
    cleanTempDir: 'always',
    // Jest keeps the modules of each run in memory.
    maxTestRunnerReuse: 60,
    timeoutMS: 5000,
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: report },
    incremental: true,
    incrementalFile: last,
    tempDirName: join(cache, `sandbox-${file}`),
    ignorePatterns: ['.cache', 'dist', 'docs/images'],
    // Stryker would rewrite tsconfig.json, for which TypeScript 7 has no API.
    tsconfigFile: 'no-tsconfig.json',
    disableTypeChecks: false,
    allowConsoleColors: false,
    allowEmpty: true,
    warnings: { slow: false },
    fileLogLevel: 'off',
    logLevel: 'warn',
  }).runMutationTest();
  return readJson(report);
}

/**
 * Forces mutants in the top level of a module to run again. Stryker does not know which tests run
 * that code, so it would ignore new tests.
 */
function withoutStaticSurvivors(report) {
  for (const file of Object.values(report.files))
    file.mutants = file.mutants.filter((mutant) => !(mutant.static && mutant.status === 'Survived'));
  return report;
}

/**
 * Names a mutant as in survivors.json: by the text of its line and the change, since line numbers
 * change.
 */
function describe(file, source, { location: { start, end }, replacement }) {
  const lines = source.split('\n');
  const part = lines.slice(start.line - 1, end.line).join('\n');
  const tail = lines[end.line - 1].length - (end.column - 1);
  const short = (text) => {
    const line = text.replace(/\s+/g, ' ').trim();
    return line.length > 80 ? `${line.slice(0, 79)}…` : line;
  };
  return {
    file,
    code: short(lines[start.line - 1]),
    was: short(part.slice(start.column - 1, part.length - tail)),
    becomes: short(replacement),
  };
}

const keyOf = ({ file, code, was, becomes }) => JSON.stringify([file, code, was, becomes]);

const noticed = { Killed: 'killed', Timeout: 'timeouts', Survived: 'survived', NoCoverage: 'uncovered' };

/** Counts a report by file, and lists the mutants that survived. */
function evaluate({ files }) {
  const figures = {};
  const survivors = [];
  for (const [file, { source, mutants }] of Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const counts = { killed: 0, timeouts: 0, survived: 0, uncovered: 0 };
    for (const mutant of mutants) {
      const kind = noticed[mutant.status];
      // Mutants that cannot be loaded do not count.
      if (kind === undefined) continue;
      counts[kind]++;
      if (kind === 'survived' || kind === 'uncovered')
        survivors.push({ ...describe(file, source, mutant), line: mutant.location.start.line });
    }
    figures[file] = counts;
  }
  return { figures, survivors };
}

/**
 * Returns the per cent of killed mutants. Timeouts count as killed: an endless loop is always
 * noticed.
 */
function scoreOf(figures) {
  const sum = (kind) => Object.values(figures).reduce((total, counts) => total + counts[kind], 0);
  const found = sum('killed') + sum('timeouts');
  return (100 * found) / (found + sum('survived') + sum('uncovered'));
}

const asked = process.argv.slice(2);
const areasOf = (name) => Object.keys(areas).filter((area) => area === name || area.startsWith(`${name}/`));
const chosen = asked.length > 0 ? asked.flatMap(areasOf) : Object.keys(areas);
const wrong = asked.filter((name) => areasOf(name).length === 0);
if (wrong.length > 0) {
  process.stderr.write(
    `No such area: ${wrong.join(', ')}. The areas are ${Object.keys(areas).join(', ')}.\n`,
  );
  process.exit(2);
}

process.chdir(root);
const Stryker = await getStryker();
const explained = readJson(join(own, 'survivors.json'));
let problems = 0;
for (const name of chosen) {
  const startMs = Date.now();
  const { figures, survivors } = evaluate(await test(Stryker, name));
  // Read the file each time, since areas may run in parallel.
  const run = `${new Date().toISOString().slice(0, 10)}, Node.js ${process.versions.node}`;
  const all = { ...readJson(join(own, 'figures.json')), [name]: { run, files: figures } };
  writeJson(
    join(own, 'figures.json'),
    Object.fromEntries(Object.keys(areas).flatMap((area) => (all[area] ? [[area, all[area]]] : []))),
  );
  // Generate the page now, since the tests of a later area may compare it.
  const generate = ['--import', 'tsx', join(root, 'scripts', 'generate.ts')];
  spawnSync(process.execPath, generate, { stdio: ['ignore', 'ignore', 'inherit'] });

  const known = new Set(explained.map(keyOf));
  const open = survivors.filter((survivor) => !known.has(keyOf(survivor)));
  const alive = new Set(survivors.map(keyOf));
  const stale = explained.filter((entry) => Object.hasOwn(figures, entry.file) && !alive.has(keyOf(entry)));
  const score = scoreOf(figures);
  say(
    `${name}: ${score.toFixed(1)} %, ${survivors.length} survived, ${open.length} of them unexplained (${Math.round((Date.now() - startMs) / 1000)} s)`,
  );
  for (const { file, line, code, was, becomes } of open)
    say(`  ${file}:${line}: ${code}\n    - ${was}\n    + ${becomes}`);
  for (const { file, code, becomes } of stale)
    say(`  survivors.json explains what does not survive: ${file}: ${code} (${becomes})`);
  if (score < goal) say(`  less than ${goal} %`);
  problems += open.length + stale.length + (score < goal ? 1 : 0);
}
process.exitCode = problems > 0 ? 1 : 0;
