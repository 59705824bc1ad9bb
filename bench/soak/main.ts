// npm run soak [-- --minutes 10 --seed 7 push scrape]: runs the exporter with many faults at once,
// for this many minutes per part. The exit code is 1 if something was lost or wrong. A run of all
// parts writes bench/soak.json, from which `npm run generate` makes docs/explain/soak.md.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../../src/simulator/random.ts';
import { soakPush } from './pushing.ts';
import { soakScrape } from './scraping.ts';

const parts = { push: soakPush, scrape: soakScrape };
/** Figures that must be 0. */
const faults = ['lost', 'contradicted', 'partial', 'disordered', 'wrong', 'bugs'];

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
if (!(minutes > 0) || !Number.isSafeInteger(seed) || positionals.some((name) => !(name in parts))) {
  process.stderr.write(
    `expected --minutes above 0, --seed a whole number, and parts of ${Object.keys(parts).join(', ')}\n`,
  );
  process.exit(2);
}
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const found: Record<string, unknown> = {
  command: `npm run soak -- --minutes ${minutes} --seed ${seed}`,
  version,
  node: process.version,
};
let broken = false;
for (const [name, soak] of Object.entries(parts)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  process.stdout.write(`${name}: ${minutes} min, seed ${seed}\n`);
  const folder = mkdtempSync(join(tmpdir(), 'vcc-soak-'));
  try {
    const figures = await soak(minutes, new Random(seed), folder);
    process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
    broken ||= Object.entries(figures).some(([figure, value]) => faults.includes(figure) && value !== 0);
    found[name] = figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
if (positionals.length === 0)
  writeFileSync(new URL('../soak.json', import.meta.url), `${JSON.stringify(found, null, 2)}\n`);
process.stdout.write(broken ? 'Something was lost or wrong.\n' : 'Nothing was lost or wrong.\n');
process.exitCode = broken ? 1 : 0;
