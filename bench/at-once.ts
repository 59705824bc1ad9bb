import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { table, unjudged, verdict } from './measure.ts';
import { startServer } from './start-server.ts';

const agents = 10_000;
const title = `(h) Scrapes of ${agents} single agents at once, gzipped`;

interface Figures {
  peakMb: number;
  cpuMs: number;
  ms: number;
}

/** Starts a new process, and warms it up with two scrapes. */
async function run(how: string, origin: string, scrapes: number): Promise<Figures> {
  const script = fileURLToPath(new URL('./at-once-child.ts', import.meta.url));
  const child = fork(script, [how, origin], { execArgv: process.execArgv });
  const [url] = (await once(child, 'message')) as [string];
  for (let warmUp = 0; warmUp < 2; warmUp++) await scrape(url);
  const before = cpuMsOf(child);
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: scrapes }, () => scrape(url)));
  const ms = performance.now() - startedMs;
  const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
  const figures = { peakMb: Number(peak![1]) / 1024, cpuMs: cpuMsOf(child) - before, ms };
  child.disconnect();
  await once(child, 'exit');
  return figures;
}

async function scrape(url: string): Promise<void> {
  const headers = { 'accept-encoding': 'gzip' };
  const [response] = await once(http.get(`${url}/metrics`, { agent: false, headers }), 'response');
  if (response.statusCode !== 200) throw new Error(`a scrape was answered with ${response.statusCode}`);
  await once(response.resume(), 'end');
}

/** CPU time as the kernel counts it, to 10 ms. */
function cpuMsOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/**
 * (h) Peak memory, CPU and wall time of many scrapes at once. The baseline has a separate exporter
 * for each scrape.
 */
export async function scrapesAtOnce(quick: boolean): Promise<string> {
  if (process.platform !== 'linux') return `${title}\n\nnot measured: it reads /proc\n`;
  const server = await startServer(agents, 5000, 0);
  const rows: string[][] = [];
  const peaks = new Map<string, number>();
  for (const scrapes of quick ? [1, 20] : [1, 100, 200]) {
    for (const how of ['shared', 'each by itself']) {
      // Two hundred separate exporters take minutes.
      if (how !== 'shared' && scrapes > 100) continue;
      const { peakMb, cpuMs, ms } = await run(how, server.origin, scrapes);
      peaks.set(`${how} ${scrapes}`, peakMb);
      rows.push([`${scrapes}, ${how}`, `${peakMb.toFixed(0)} MB`, `${cpuMs} ms`, `${ms.toFixed(0)} ms`]);
    }
  }
  server.stop();
  const growth = peaks.get('shared 200')! / peaks.get('shared 1')!;
  return `${title}

${table(['scrapes at once', 'peak memory', 'CPU', 'until all had it'], rows)}

${quick ? unjudged : verdict('peak memory, shared, 200 at once / 1', growth, 1.5)}
"each by itself" gives each scrape its own exporter, so that nothing is shared.
`;
}
