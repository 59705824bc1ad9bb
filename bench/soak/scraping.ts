import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import type { Random } from '../../src/simulator/random.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { settingsFor } from '../../test/e2e/support/exporter.ts';
import { poll } from '../../test/e2e/support/process.ts';
import { createWallClock } from '../../test/e2e/support/wall-clock.ts';
import { troubled } from './troubles.ts';

const cli = fileURLToPath(new URL('../../dist/cli.mjs', import.meta.url));
const agents = 500;
const timeoutMs = 2000;
/** The numbers of scrapes at once. */
const crowds = [1, 10, 50, 100, 200] as const;

/** The answers of `serve` with an unstable API and many scrapes at once. */
export interface ScrapeFigures {
  minutes: number;
  agents: number;
  /**
   * Scrapes with all agents (`whole`), with a reason instead (`failed`), or refused with 503 and
   * Retry-After (`refused`).
   */
  whole: number;
  failed: number;
  refused: number;
  /** Scrapes that the client aborted (`left`), or read slowly (`slow`). */
  left: number;
  slow: number;
  /**
   * Answers that were cut, have only some of the agents, or have agents although the scrape failed.
   */
  wrong: number;
  /** Answers more than a second after VCC_TIMEOUT. */
  late: number;
  clockSteps: number;
  /** By number of scrapes at once: the time of those that were read to the end without a pause. */
  crowds: { atOnce: number; answers: number; p50Ms: number; p99Ms: number }[];
  /** Resident memory and open files of the process at each tenth of the time. */
  residentMb: number[];
  files: number[];
  /** Open files of the process at the start, and 15 seconds after the last scrape. */
  filesAtRest: [before: number, after: number];
  bugs: number;
}

/** Runs `serve` with an unstable API and 1 to 200 scrapes at once. */
export async function soakScrape(minutes: number, random: Random, folder: string): Promise<ScrapeFigures> {
  const clock = createWallClock(folder);
  const simulator = await startSimulator({ agents });
  const env = settingsFor(simulator, {
    ...clock.env,
    VCC_PAGE_SIZE: '500',
    VCC_TIMEOUT: `${timeoutMs}ms`,
    VCC_AGENT_METRICS: 'ids',
    VCC_AGENT_LIMIT: '5000',
    VCC_AGENT_LOGGED_OUT: 'include',
  });
  const child = spawn(process.execPath, [cli, 'serve'], {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: '0', ...env },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (more: string) => {
      log += more;
    });
  const url = await poll('the address of serve', () => /^Metrics: (\S+)/m.exec(log)?.[1]);
  const figures: ScrapeFigures = {
    minutes,
    agents,
    whole: 0,
    failed: 0,
    refused: 0,
    left: 0,
    slow: 0,
    wrong: 0,
    late: 0,
    clockSteps: 0,
    crowds: [],
    residentMb: [],
    files: [],
    filesAtRest: [0, 0],
    bugs: 0,
  };
  const times = new Map<number, number[]>(crowds.map((crowd) => [crowd, []]));
  const filesOf = () => readdirSync(`/proc/${child.pid}/fd`).length;
  const residentMb = () =>
    Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024;

  async function scrape(atOnce: number): Promise<void> {
    const manner = random.weighted({ whole: 8, leaves: 1, slow: 1 });
    const startedMs = performance.now();
    const request = http.get(url, {
      agent: false,
      headers: {
        accept: random.pick(['text/plain', 'application/openmetrics-text;version=1.0.0', '*/*']),
        'accept-encoding': random.pick(['gzip', 'identity']),
      },
    });
    if (manner === 'leaves') {
      figures.left++;
      request.on('error', () => {});
      await wait(random.between(1, 1000));
      return void request.destroy();
    }
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      request.on('response', resolve).on('error', reject);
    }).catch(() => undefined);
    if (!response) return void figures.wrong++;
    if (manner === 'slow') {
      figures.slow++;
      await wait(random.between(100, 2000));
    }
    const zipped = response.headers['content-encoding'] === 'gzip';
    const body = await text(zipped ? response.pipe(createGunzip()) : response).catch(() => undefined);
    const tookMs = performance.now() - startedMs;
    if (manner === 'whole') times.get(atOnce)!.push(tookMs);
    if (tookMs > timeoutMs + 1000 && manner === 'whole') figures.late++;
    if (response.statusCode === 503 && response.headers['retry-after']) figures.refused++;
    else figures[response.statusCode === 200 && body !== undefined ? judge(body) : 'wrong']++;
  }

  const changing = troubled(simulator, random);
  await wait(15_000);
  figures.filesAtRest[0] = filesOf();
  const beganMs = performance.now();
  while (performance.now() - beganMs < minutes * 60_000) {
    const tenth = Math.floor((10 * (performance.now() - beganMs)) / (minutes * 60_000));
    if (figures.residentMb.length <= tenth) {
      figures.residentMb.push(Math.round(residentMb()));
      figures.files.push(filesOf());
    }
    changing.next();
    if (random.chance(0.1)) {
      clock.set(random.pick([-3_600_000, -30_000, 0, 30_000, 3_600_000]));
      figures.clockSteps++;
    }
    const crowd = random.pick(crowds);
    await Promise.all(Array.from({ length: crowd }, () => scrape(crowd)));
    await wait(random.between(0, 500));
  }
  changing.stop();
  await wait(15_000);
  figures.filesAtRest[1] = filesOf();
  child.kill();
  await simulator.close();
  figures.bugs = log.split('"internal"').length - 1;
  figures.crowds = [...times].map(([atOnce, ms]) => {
    ms.sort((a, b) => a - b);
    const at = (share: number) => Math.round(ms[Math.min(ms.length - 1, Math.floor(share * ms.length))] ?? 0);
    return { atOnce, answers: ms.length, p50Ms: at(0.5), p99Ms: at(0.99) };
  });
  return figures;
}

/**
 * Judges an answer: all agents (`whole`), none and a failed scrape (`failed`), or else (`wrong`).
 */
function judge(body: string): 'whole' | 'failed' | 'wrong' {
  const values = (name: string) =>
    [...body.matchAll(new RegExp(`^${name}\\{.*\\} (\\S+)$`, 'gm'))].map(([, value]) => Number(value));
  const sum = values('vcc_agents').reduce((total, value) => total + value, 0);
  const singles = values('vcc_agent_presence').filter((value) => value === 1).length;
  const [up] = values('vcc_up');
  if (up === 1 && sum === agents && singles === agents) return 'whole';
  return up === 0 && sum === 0 && singles === 0 ? 'failed' : 'wrong';
}
