import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

/**
 * Writes lock-racer.ts as a script for Node.js into a folder. Returns the command that starts it.
 */
export function buildRacer(folder: string): string[] {
  const outfile = join(folder, 'racer.mjs');
  const entryPoints = [fileURLToPath(new URL('lock-racer.ts', import.meta.url))];
  buildSync({ entryPoints, outfile, bundle: true, format: 'esm', platform: 'node' });
  return [process.execPath, outfile];
}

/** The result of a race of several processes for one lock. */
export interface RaceResult {
  /** How often a process had the lock and released it. */
  rounds: number;
  /** How often another process had the lock at the same time. */
  overlaps: number;
  /** How many processes were killed. */
  kills: number;
}

/**
 * Starts processes (`command`, with the number of rounds as a last argument) until each has had its
 * rounds.
 */
export async function race(
  command: readonly string[],
  { processes, rounds }: { processes: number; rounds: number },
): Promise<RaceResult> {
  const result = { rounds: 0, overlaps: 0, kills: 0 };

  /** Runs one process. Returns the rounds that are left when it ended. */
  async function runOne(left: number): Promise<number> {
    const [file, ...args] = command;
    const child = spawn(file!, [...args, String(left)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let killed = false;
    let done = 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.trim().split('\n')) {
        if (line === 'kill') {
          killed = true;
          child.kill('SIGKILL');
          continue;
        }
        done++;
        result.rounds++;
        if (line === 'overlap') result.overlaps++;
      }
    });
    const status = await new Promise((resolve) => child.once('close', resolve));
    if (killed) result.kills++;
    else if (status !== 0) throw new Error(`a racer ended with ${status}`);
    return left - done;
  }

  await Promise.all(
    Array.from({ length: processes }, async () => {
      for (let left = rounds; left > 0; ) left = await runOne(left);
    }),
  );
  return result;
}

/**
 * Lets processes compete for each of the folders at the same time. Returns the number of owners of
 * each.
 */
export async function stampede(
  command: readonly string[],
  processes: number,
  folders: readonly string[],
): Promise<number[]> {
  const [file, ...args] = command;
  const racers = Array.from({ length: processes }, () => {
    const child = spawn(file!, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    return { child, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
  });
  const owners: number[] = [];
  for (const folder of folders) {
    const atMs = Date.now() + 5;
    for (const { child } of racers) child.stdin.write(`${atMs}\t${folder}\n`);
    const answers = await Promise.all(racers.map(async ({ lines }) => (await lines.next()).value));
    owners.push(answers.filter((answer) => answer === 'owner').length);
  }
  for (const { child } of racers) child.kill('SIGKILL');
  return owners;
}
