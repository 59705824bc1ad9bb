// npm run bench:scale: runs the exporter with many accounts of the simulator. It writes
// bench/scale.json, from which `npm run generate` computes docs/explain/scale.md.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SimulatorOptions } from '../src/simulator/server.ts';
import { median } from './measure.ts';

/** The assumed time of an answer of the API. */
const latencyMs = 100;
const rounds = 7;
const folder = mkdtempSync(join(tmpdir(), 'vcc-scale-'));
const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const event = readFileSync(path('../test/fixtures/events/function-url.json'), 'utf8');

interface Measured {
  wallMs: number;
  cpuMs: number;
  peakMb: number;
  bytes: number;
  packedBytes: number;
  series: number;
  requests: number;
  up: string[];
  durations: [string, number][];
}

/** One case: an exporter, its simulator, and the scrapes in order. */
async function simulate(
  simulator: SimulatorOptions,
  env: Record<string, string>,
  scrapes: number,
): Promise<Measured[]> {
  const api = fork(path('./scale-api.ts'), [JSON.stringify({ latencyMs, ...simulator })], {
    execArgv: process.execArgv,
  });
  const [accounts] = (await once(api, 'message')) as [unknown];
  const config = join(folder, 'accounts.json');
  writeFileSync(config, JSON.stringify({ accounts }));
  const exporter = fork(path('./scale-exporter.mjs'), [event], {
    execArgv: [],
    env: { PATH: process.env.PATH, VCC_CONFIG: config, VCC_SCRAPE_AUTH: 'none', VCC_TIMEOUT: '60s', ...env },
  });
  try {
    await once(exporter, 'message');
    const measured: Measured[] = [];
    for (let scrape = 0; scrape < scrapes; scrape++) measured.push(await ask(exporter));
    return measured;
  } finally {
    exporter.kill();
    api.disconnect();
  }
}

async function ask(exporter: ChildProcess): Promise<Measured> {
  exporter.send('scrape');
  const [measured] = (await once(exporter, 'message')) as [Measured];
  return measured;
}

const manyAccounts = (count: number, agents: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `a${index}`, agents }));
const round = (figure: number) => Math.round(figure * 10) / 10;

const cases = [];
for (const [accounts, agents, concurrency, singles] of [
  [1, 100, 50, false],
  [10, 100, 50, false],
  [100, 100, 50, false],
  [300, 100, 50, false],
  [1000, 100, 50, false],
  [1000, 100, 200, false],
  [10, 1000, 50, false],
  [100, 1000, 50, false],
  [10, 10_000, 50, false],
  [1, 1000, 50, true],
  [10, 1000, 50, true],
  [1, 10_000, 50, true],
] as const) {
  const all = await simulate(
    { accounts: manyAccounts(accounts, agents) },
    {
      VCC_CONCURRENCY: String(concurrency),
      ...(singles && {
        VCC_AGENT_METRICS: 'ids',
        VCC_AGENT_LIMIT: '1000000',
        VCC_AGENT_LOGGED_OUT: 'include',
      }),
    },
    rounds + 2,
  );
  const [cold] = all;
  const warm = all.slice(2);
  const last = warm.at(-1)!;
  if (last.up.length < accounts) throw new Error(`only ${last.up.length} of ${accounts} accounts were up`);
  cases.push({
    accounts,
    agents,
    concurrency,
    singles,
    coldMs: Math.round(cold!.wallMs),
    wallMs: Math.round(median(warm.map(({ wallMs }) => wallMs))),
    cpuMs: round(median(warm.map(({ cpuMs }) => cpuMs))),
    peakMb: Math.round(last.peakMb),
    series: last.series,
    requests: last.requests,
    bytes: last.bytes,
    packedBytes: last.packedBytes,
  });
  process.stdout.write(`${JSON.stringify(cases.at(-1))}\n`);
}

/** Returns how long the healthy accounts took in a scrape, in seconds. */
function healthy({ durations, up }: Measured) {
  const seconds = durations.filter(([account]) => up.includes(account) && !account.startsWith('bad'));
  const figures = seconds.map(([, value]) => value * 1000);
  return {
    accounts: figures.length,
    medianMs: Math.round(median(figures)),
    maxMs: Math.round(Math.max(...figures)),
  };
}

const bad = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `bad${index}`, agents: 100 }));
const good = manyAccounts(90, 100);
const troubles = [];
for (const [name, dead] of [
  ['none', 0],
  ['10 hang', 10],
  ['60 hang', 60],
] as const) {
  const accounts = [...bad(dead), ...good];
  const faults = bad(dead).map((account) => ({ kind: 'hang' as const, account: account.name }));
  const scrapes = await simulate({ accounts, faults }, { VCC_TIMEOUT: '9s', VCC_RETRIES: '0' }, 4);
  for (const scrape of scrapes) {
    if (healthy(scrape).accounts < good.length) throw new Error(`${name}: a healthy account was lost`);
  }
  troubles.push({ name, dead, first: healthy(scrapes[0]!), later: healthy(scrapes[3]!) });
  process.stdout.write(`${JSON.stringify(troubles.at(-1))}\n`);
}

rmSync(folder, { recursive: true });
const figures = {
  command: 'npm run bench:scale',
  node: process.version,
  latencyMs,
  requestTimeoutMs: 5000,
  cases,
  troubles,
};
writeFileSync(new URL('./scale.json', import.meta.url), `${JSON.stringify(figures, undefined, 2)}\n`);
