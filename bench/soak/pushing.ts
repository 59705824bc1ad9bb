import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseBatch } from '../../src/push/queue.ts';
import type { Random } from '../../src/simulator/random.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { settingsFor } from '../../test/e2e/support/exporter.ts';
import { type Running, start } from '../../test/e2e/support/process.ts';
import { seriesOf } from '../../test/e2e/support/push.ts';
import { createWallClock } from '../../test/e2e/support/wall-clock.ts';
import { startServer } from '../../test/support/server.ts';
import { troubled } from './troubles.ts';

const cli = fileURLToPath(new URL('../../dist/cli.mjs', import.meta.url));
const works = (file: string, ...args: string[]) => spawnSync(file, args).status === 0;
const apart = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child=SIGKILL'];
const agents = 120;

/** The figures of a `push` that was killed again and again. */
export interface PushFigures {
  minutes: number;
  kills: number;
  /**
   * Starts while another process used the folder. `apart` is the number of these starts in a
   * separate process namespace.
   */
  rivals: number;
  apart: number;
  freezes: number;
  clockSteps: number;
  /** Undefined where a disk cannot be mounted. */
  fullDisks: number | undefined;
  /**
   * Requests that the destination refused, did not answer, or cut, before or after it stored the
   * body.
   */
  refused: number;
  /** Batches that were on the disk at some time. `lost` is the number that never arrived. */
  queued: number;
  lost: number;
  /** Samples that were lost because the disk was full, according to the log. */
  saidLost: number;
  /** Bodies that arrived again, with the same bytes. */
  repeated: number;
  /** Different samples for a time that was stored before. */
  contradicted: number;
  /** Snapshots without all agents. */
  partial: number;
  /** Batches that arrived after a later batch. Those after a clock was set back are left out. */
  disordered: number;
  /** Log lines of bugs. */
  bugs: number;
}

/**
 * Runs `push` with a queue on disk and kills it repeatedly. The destination counts what arrives.
 */
export async function soakPush(minutes: number, random: Random, folder: string): Promise<PushFigures> {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  const canMount = process.getuid?.() === 0 && works('mount', '-t', 'tmpfs', '-o', 'size=2m', 'none', disk);
  const canUnshare = works(apart[0]!, ...apart.slice(1), 'true');
  const figures: PushFigures = {
    minutes,
    kills: 0,
    rivals: 0,
    apart: 0,
    freezes: 0,
    clockSteps: 0,
    fullDisks: canMount ? 0 : undefined,
    refused: 0,
    queued: 0,
    lost: 0,
    saidLost: 0,
    repeated: 0,
    contradicted: 0,
    partial: 0,
    disordered: 0,
    bugs: 0,
  };
  const clock = createWallClock(folder);
  let setBack = false;

  /** How the destination currently answers. */
  let mood: 'takes' | 'refuses' | 'hangs' | 'cuts' | 'forgets to answer' = 'takes';
  /** The digests of the stored bodies, by time in ms. */
  const stored = new Map<string, Set<string>>();
  let newestMs = 0;
  const digest = (body: Uint8Array) => createHash('sha256').update(body).digest('hex');
  function store(body: Buffer): void {
    const series = seriesOf([body]);
    const times = new Set([...series.values()].flatMap((samples) => samples.map(([time]) => time)));
    const [timeMs = 0] = times;
    const name = String(timeMs);
    const bodies = stored.get(name) ?? new Set();
    const content = digest(body);
    if (bodies.has(content)) figures.repeated++;
    else if (bodies.size > 0) figures.contradicted++;
    else if (timeMs < newestMs && !setBack) figures.disordered++;
    stored.set(name, bodies.add(content));
    newestMs = Math.max(newestMs, timeMs);
    if (times.size > 1 || !isWhole(series)) figures.partial++;
  }
  const receiver = await startServer(async (request, response) => {
    const body = await buffer(request).catch(() => undefined);
    if (body === undefined) return;
    if (mood === 'takes' || mood === 'forgets to answer') store(body);
    if (mood === 'takes') return void response.writeHead(204).end();
    figures.refused++;
    if (mood === 'refuses') response.writeHead(random.pick([429, 500, 502, 503])).end('not now');
    else if (mood !== 'hangs') response.destroy();
  });
  const simulator = await startSimulator({ agents });
  const env = settingsFor(simulator, {
    ...clock.env,
    VCC_PUSH_URL: receiver.origin,
    VCC_PUSH_INTERVAL: '1s',
    VCC_PUSH_FOLDER: disk,
    VCC_PUSH_TIMEOUT: '1s',
    VCC_TIMEOUT: '900ms',
  });

  /**
   * Every batch that was on the disk. The folder is read so often that only a quick delivery is
   * missed.
   */
  const queued = new Map<string, string>();
  const watching = setInterval(() => {
    for (const { name, parentPath } of readdirSync(disk, { recursive: true, withFileTypes: true })) {
      if (!/^\d{15}-\d{5}\.json$/.test(name) || queued.has(name)) continue;
      try {
        const { body, timestampMs } = parseBatch(readFileSync(join(parentPath, name), 'utf8'));
        queued.set(name, `${timestampMs} ${digest(body)}`);
      } catch {
        // It has been delivered.
      }
    }
  }, 10);

  const [node, ...inside] = [process.execPath, cli, 'push'];
  const begin = (separately = false): Running =>
    separately
      ? start(apart[0]!, [...apart.slice(1), node!, ...inside], { folder, env })
      : start(node!, inside, { folder, env });
  const ended: Running[] = [];
  let first = begin();
  const endMs = performance.now() + minutes * 60_000;
  const junk = join(disk, 'junk');
  const changing = troubled(simulator, random);
  while (performance.now() < endMs) {
    changing.next();
    mood = random.weighted({
      takes: 12,
      refuses: 2,
      hangs: 1,
      cuts: 1,
      'forgets to answer': 2,
    }) as typeof mood;
    if (random.chance(0.05)) {
      // Less than a minute, by which the clocks may differ.
      const stepMs = Math.round(random.between(-40_000, 40_000));
      setBack = true;
      clock.set(stepMs);
      figures.clockSteps++;
    } else if (random.chance(0.3)) clock.set(0);
    if (figures.fullDisks !== undefined) {
      rmSync(junk, { force: true });
      if (random.chance(0.1)) {
        const { bavail, bsize } = statfsSync(disk);
        try {
          writeFileSync(junk, Buffer.alloc(bavail * bsize));
        } catch {
          // The disk should be full.
        }
        figures.fullDisks++;
      }
    }
    let second: Running | undefined;
    if (random.chance(0.15)) {
      const separately = canUnshare && random.chance(0.5);
      second = begin(separately);
      figures.rivals++;
      if (separately) figures.apart++;
    }
    await wait(random.between(200, 6000));
    if (random.chance(0.1)) {
      first.freeze();
      figures.freezes++;
      await wait(random.between(100, 4000));
      first.thaw();
    }
    await first.kill();
    figures.kills++;
    ended.push(first);
    // The other process takes over, or ended when it saw the first one.
    if (second) {
      await wait(random.between(50, 3000));
      await second.kill();
      figures.kills++;
      ended.push(second);
    }
    first = begin();
  }
  // Everything works again, so all batches on the disk must arrive.
  mood = 'takes';
  clock.set(0);
  changing.stop();
  rmSync(junk, { force: true });
  const left = () =>
    readdirSync(join(disk, 'queues'), { recursive: true }).filter((file) => String(file).endsWith('.json'));
  for (let attempt = 0; attempt < 60 && (attempt < 3 || left().length > 1); attempt++) await wait(1000);
  await first.stop();
  ended.push(first);
  clearInterval(watching);
  await wait(200);

  const arrived = new Set(
    [...stored].flatMap(([timeMs, bodies]) => [...bodies].map((content) => `${timeMs} ${content}`)),
  );
  figures.queued = queued.size;
  // Batches that are still in the folder are not lost.
  const remaining = new Set(left().map((file) => String(file).split('/').at(-1)!));
  figures.lost = [...queued].filter(([name, what]) => !arrived.has(what) && !remaining.has(name)).length;
  const logs = ended.map((running) => running.stderr()).join('');
  for (const [, samples] of logs.matchAll(/; (\d+) samples are lost/g)) figures.saidLost += Number(samples);
  figures.bugs = logs.split('"internal"').length - 1;
  await Promise.all([receiver.close(), simulator.close()]);
  if (canMount) execFileSync('umount', ['--lazy', disk]);
  return figures;
}

/** Whether the samples of a scrape contain all agents, or none because the scrape failed. */
function isWhole(series: ReturnType<typeof seriesOf>): boolean {
  let sum: number | undefined;
  let up: number | undefined;
  for (const [key, samples] of series) {
    const { __name__: name } = Object.fromEntries(JSON.parse(key)) as Record<string, string>;
    if (name === 'vcc_agents') sum = (sum ?? 0) + samples[0]![1];
    if (name === 'vcc_up') up = samples[0]![1];
  }
  return up === 1 ? sum === agents : up === 0 && sum === undefined;
}
