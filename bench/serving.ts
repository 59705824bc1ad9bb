import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { getNode22, getters } from '../scripts/e2e/parts.mjs';
import { median, table, unjudged, verdict } from './measure.ts';
import { startServer } from './start-server.ts';

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const title = '(f) A process that serves, beside scripts of an afternoon (medians)';
/**
 * The numbers of scrapes after which memory and CPU are measured. 24 is a usual lifetime of a
 * Lambda environment.
 */
const marks = [0, 1, 24, 200] as const;

/** A program that serves metrics and prints its address. */
interface Contender {
  name: 'idle' | 'ours' | 'script' | 'Python';
  command: string;
  args: readonly string[];
}

interface Figures {
  residentMb: number;
  cpuMs: number;
}

/** Runs a contender once. Returns its figures after each of these numbers of scrapes. */
async function run({ command, args }: Contender, origin: string, last: number): Promise<Figures[]> {
  const child = spawn(command, args, {
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      VCC_API_URL: origin,
      VCC_TOKEN_URL: `${origin}/token`,
      VCC_CLIENT_ID: 'bench',
      VCC_CLIENT_SECRET: 'bench',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const url = await addressOf(child);
    const figures: Figures[] = [];
    for (let scrapes = 0; scrapes <= last; scrapes++) {
      if (scrapes > 0) await scrape(url);
      // `serve` scrapes once when it starts. Wait until that has ended.
      if (scrapes === 0) await wait(500);
      if (marks.includes(scrapes as 0)) figures.push(figuresOf(child.pid!));
    }
    return figures;
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

async function addressOf(child: ChildProcess): Promise<string> {
  let printed = '';
  for await (const chunk of child.stdout!.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    printed += chunk;
    const url = /http:\S+/.exec(printed)?.[0];
    if (url !== undefined) {
      child.stdout!.resume();
      return url;
    }
  }
  throw new Error('a contender ended before it served');
}

async function scrape(url: string): Promise<void> {
  const answer = await fetch(url, { headers: { accept: 'text/plain' } });
  const text = await answer.text();
  if (!answer.ok || text.includes('vcc_up{account="default"} 0')) throw new Error(`a scrape failed: ${text}`);
}

/**
 * Returns the CPU time of all threads, to 10 ms, and the resident memory, as the kernel counts
 * them.
 */
function figuresOf(pid: number): Figures {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return { residentMb: Number(resident![1]) / 1024, cpuMs: (Number(fields[11]) + Number(fields[12])) * 10 };
}

function orMissing<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}

/** (f) Resident memory and CPU time of processes that serve, on two release lines of Node.js. */
export async function serving(quick: boolean): Promise<string> {
  if (process.platform !== 'linux') return `${title}\n\nnot measured: it reads /proc\n`;
  const python = orMissing(getters.python);
  const verdicts: string[] = [];
  const parts: string[] = [];
  for (const [line, got] of [
    [22, orMissing(getNode22)],
    [24, orMissing(getters.node24)],
  ] as const) {
    if (!got) {
      parts.push(`not measured: there is no Node.js ${line}`);
      continue;
    }
    const contenders: Contender[] = [
      { name: 'idle', command: got.node, args: [path('./idle.mjs')] },
      { name: 'ours', command: got.node, args: [path('../dist/cli.mjs'), 'serve'] },
      { name: 'script', command: got.node, args: [path('./script.mjs')] },
    ];
    if (python) contenders.push({ name: 'Python', command: python.python, args: [path('./script.py')] });
    const memory: string[][] = [];
    const cpu: string[][] = [];
    for (const [agents, rounds] of [
      [100, 5],
      [1000, 3],
      [5000, 3],
      [20_000, 1],
    ] as const) {
      if (quick && agents > 1000) continue;
      const server = await startServer(agents, 1000, 0);
      const runs = new Map<string, Figures[][]>(contenders.map(({ name }) => [name, []]));
      for (let round = 0; round < (quick ? 1 : rounds); round++) {
        for (const contender of contenders) {
          // Python needs a second for 20,000 agents.
          const last = contender.name === 'Python' && agents > 1000 ? 24 : 200;
          runs.get(contender.name)!.push(await run(contender, server.origin, last));
        }
      }
      server.stop();
      const middle = (name: string, of: (run: Figures[]) => number | undefined) => {
        const figures = (runs.get(name) ?? []).map(of).filter((figure) => figure !== undefined);
        return figures.length > 0 ? median(figures) : undefined;
      };
      const resident = (name: string, mark: number) => middle(name, (run) => run[mark]?.residentMb);
      const first = (name: string) => middle(name, (run) => run[2]!.cpuMs);
      const warm = (name: string) => middle(name, (run) => run[3] && (run[3].cpuMs - run[2]!.cpuMs) / 176);
      for (const { name } of contenders) {
        memory.push([
          `${name}, ${agents} agents`,
          ...marks.map((_, mark) => show(resident(name, mark), 0, 'MB')),
        ]);
        if (name !== 'idle')
          cpu.push([`${name}, ${agents} agents`, show(first(name), 0, 'ms'), show(warm(name), 2, 'ms')]);
      }
      const above = resident('ours', 3)! - resident('idle', 3)!;
      const scriptAbove = resident('script', 3)! - resident('idle', 3)!;
      verdicts.push(
        verdict(
          `Node.js ${line}, ${agents} agents, memory above idle, ours/script`,
          above / scriptAbove,
          0.5,
        ),
      );
      if (python && agents === 100)
        verdicts.push(
          verdict(`Node.js ${line}, CPU of the first 24, ours/Python`, first('ours')! / first('Python')!, 1),
        );
      if (agents === 100)
        verdicts.push(
          verdict(`Node.js ${line}, CPU of a warm scrape, ours/script`, warm('ours')! / warm('script')!, 1),
        );
    }
    parts.push(`Node.js ${line}: resident memory

${table(['', 'started', '1 scrape', '24 scrapes', '200 scrapes'], memory)}

Node.js ${line}: CPU time

${table(['', 'start and 24 scrapes', 'a warm scrape'], cpu)}
`);
  }
  return `${title}

${parts.join('\n')}
${quick ? unjudged : verdicts.join('\n')}
"idle" is Node.js with an HTTP server only. "ours" is serve, which scrapes once when it starts. A warm scrape: the mean of
the 25th to the 200th. Scrapes follow each other without a pause, which leaves more garbage than one each 15 s.
`;
}

function show(figure: number | undefined, digits: number, unit: string): string {
  return figure === undefined ? '-' : `${figure.toFixed(digits)} ${unit}`;
}
