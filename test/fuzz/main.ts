// npm run fuzz [-- target …] [--runs N] [--seed S] [--minutes M]: a million cases, or these targets
// only. A failing input becomes as small as possible and a fixture, which `npm test` and every
// later run check first.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { readFixtures, writeFixture } from './fixtures.ts';
import { checkCase, runTarget } from './run.ts';
import { targets } from './targets.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string' }, seed: { type: 'string' }, minutes: { type: 'string' } },
});
const number = (name: 'runs' | 'seed' | 'minutes'): number | undefined => {
  const text = values[name];
  if (text === undefined) return undefined;
  if (text === '' || !Number.isFinite(Number(text))) throw new Error(`--${name}: expected a number`);
  return Number(text);
};
const unknown = positionals.filter((name) => !targets.some((target) => target.name === name));
if (unknown.length > 0) {
  throw new Error(`no target ${unknown.join(', ')}; there are ${targets.map(({ name }) => name).join(', ')}`);
}
const chosen = targets.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const shares = chosen.reduce((sum, { share }) => sum + share, 0);
const minutes = number('minutes');
/** Of all chosen targets together. With minutes, time is the limit. */
const runs = number('runs') ?? (minutes === undefined ? 1_000_000 : 1e12);
const seed = number('seed') ?? randomInt(2 ** 31);

const print = (line: string) => process.stdout.write(`${line}\n`);
print(`seed ${seed}, Node.js ${process.version}\n`);
print(`${'target'.padEnd(24)}${'cases'.padStart(10)}${'per second'.padStart(12)}`);
let all = 0;
let failed = 0;
const startedMs = performance.now();
for (const target of chosen) {
  const { name, share } = target;
  const fail = (error: Error, path: string) => {
    failed++;
    print(`${name}: ${error.stack ?? error.message}\n  input: ${path}\n`);
  };
  for (const { path, input } of readFixtures(name)) {
    await checkCase(target, input).catch((error: Error) => fail(error, path));
  }
  const targetStartedMs = performance.now();
  const { cases, failure } = await runTarget(target, {
    cases: Math.ceil((runs * share) / shares),
    seed,
    ...(minutes !== undefined && { forMs: (minutes * 60_000) / chosen.length }),
  });
  const seconds = (performance.now() - targetStartedMs) / 1000;
  all += cases;
  print(`${name.padEnd(24)}${String(cases).padStart(10)}${String(Math.round(cases / seconds)).padStart(12)}`);
  if (failure) fail(failure.error, writeFixture(name, failure.input, failure.error.message));
}
const seconds = (performance.now() - startedMs) / 1000;
const { user, system } = process.cpuUsage();
const cpu = Math.round((user + system) / 1e6);
print(`\n${all} cases in ${Math.round(seconds)} s (${cpu} s of CPU time); seed ${seed}`);
print(failed === 0 ? 'no failure' : `failures: ${failed}`);
process.exitCode = failed === 0 ? 0 : 1;
