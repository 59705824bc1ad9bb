import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { buildRacer, race } from '../support/lock-race.ts';
import { type ReceiverAnswer, startReceiver } from '../support/receiver.ts';
import { runCli, settingsFor } from './support/exporter.ts';
import { poll, type Running, start } from './support/process.ts';

const cli = fileURLToPath(new URL('../../dist/cli.mjs', import.meta.url));
const ownNamespace = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child=SIGKILL'];
const works = (file: string, ...args: string[]) => spawnSync(file, args).status === 0;
const canUnshare = works(ownNamespace[0]!, ...ownNamespace.slice(1), 'true');
const canMount =
  works('unshare', '--mount', 'mount', '-t', 'tmpfs', 'none', tmpdir()) && process.getuid?.() === 0;

let folder: string;
let simulator: Simulator;
const ending: (() => unknown)[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vcc-e2e-'));
  simulator = await startSimulator({ agents: 20 });
  ending.push(
    () => rmSync(folder, { recursive: true, force: true }),
    () => simulator.close(),
  );
});
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

/** A receiver whose answer a test changes. */
async function startChanging(answer: ReceiverAnswer) {
  const answers = [answer];
  const receiver = await startReceiver(answers);
  ending.push(() => receiver.close());
  return { receiver, answerWith: (next: ReceiverAnswer) => void answers.splice(0, 1, next) };
}

function startPush(env: Record<string, string>): Running {
  const pushing = start(process.execPath, [cli, 'push'], { folder, env });
  ending.push(() => pushing.kill());
  return pushing;
}

const filesIn = (path: string) =>
  readdirSync(path, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [entry.name] : [],
  );
const batchesIn = (path: string) => filesIn(path).filter((file) => file.endsWith('.json'));
const until = (what: string, is: () => boolean) => poll(what, () => is());

describe('the lock of the folder of push', () => {
  test('never has two owners among four processes that take it 200 times each and are killed', async () => {
    const result = await race([...buildRacer(folder), '200', folder], { processes: 4, rounds: 200 });
    expect(result).toMatchObject({ rounds: 800, overlaps: 0 });
    expect(result.kills).toBeGreaterThan(10);
  });

  (canUnshare ? test : test.skip)(
    `has never two owners among four pid namespaces${canUnshare ? '' : ' [skipped: no unshare]'}`,
    async () => {
      const command = [...ownNamespace, ...buildRacer(folder), '200', folder];
      const result = await race(command, { processes: 4, rounds: 200 });
      expect(result).toMatchObject({ rounds: 800, overlaps: 0 });
      expect(result.kills).toBeGreaterThan(10);
    },
  );

  test('stops a second push, and no restart after a kill', async () => {
    const { receiver } = await startChanging({ status: 204 });
    const env = settingsFor(simulator, { VCC_PUSH_URL: receiver.origin, VCC_PUSH_INTERVAL: '1s' });
    const first = startPush(env);
    await until('a push', () => receiver.received.length > 0);
    const second = await runCli(['push'], env, folder);
    expect(second).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/: process \d+ uses this folder; each process needs its own\n$/),
    });
    await first.kill();
    const startMs = performance.now();
    const third = startPush(env);
    await until('the start', () => third.stderr().includes('Pushing '));
    expect(performance.now() - startMs).toBeLessThan(4000);
    expect(third.stderr()).not.toContain('waiting for the folder');
    expect(await third.stop()).toMatchObject({ status: 0 });
  });

  (canUnshare ? test : test.skip)(
    `moves from a frozen container to another, and the first one ends when it continues${canUnshare ? '' : ' [skipped: no unshare]'}`,
    async () => {
      const { receiver } = await startChanging({ status: 204 });
      const env = settingsFor(simulator, { VCC_PUSH_URL: receiver.origin, VCC_PUSH_INTERVAL: '1s' });
      const startApart = (): { child: ChildProcess; stderr(): string } => {
        const [file, ...args] = [...ownNamespace, process.execPath, cli, 'push'];
        const child = spawn(file!, args, { cwd: folder, env: { PATH: process.env.PATH, ...env } });
        ending.push(() => child.kill('SIGKILL'));
        let text = '';
        child.stderr.setEncoding('utf8').on('data', (more: string) => {
          text += more;
        });
        return { child, stderr: () => text };
      };
      const first = startApart();
      await until('a push', () => receiver.received.length > 0);
      const { pid } = first.child;
      const inside = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));

      // While it runs, it renews its lock.
      const second = startApart();
      expect(await once(second.child, 'close')).toEqual([2, null]);
      expect(second.stderr()).toContain('another process uses this folder');

      process.kill(inside, 'SIGSTOP');
      const third = startApart();
      await until('the start', () => third.stderr().includes('Pushing '));
      expect(third.stderr()).toContain('waiting up to 15 s to see whether it still runs');
      process.kill(inside, 'SIGCONT');
      expect(await once(first.child, 'close')).toEqual([1, null]);
      expect(first.stderr()).toContain('this process has lost its lock');
      expect(third.child.exitCode).toBeNull();
    },
  );
});

(canMount ? describe : describe.skip)(`a disk that is full${canMount ? '' : ' [skipped: no mount]'}`, () => {
  test('costs the samples of that time, reports the reason, and stops neither a restart nor the rest', async () => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'none', disk]);
    ending.push(() => execFileSync('umount', ['--lazy', disk]));
    const { receiver, answerWith } = await startChanging({ status: 503 });
    const env = settingsFor(simulator, {
      VCC_PUSH_URL: receiver.origin,
      VCC_PUSH_INTERVAL: '1s',
      VCC_PUSH_FOLDER: 'disk',
    });
    const queues = join(disk, 'queues');

    const first = startPush(env);
    await until('a full disk', () => first.stderr().includes('samples not queued'));
    expect(first.stderr()).toMatch(
      /"event":"samples not queued","account":"e2e","code":"push","message":"VCC_PUSH_FOLDER: \S+ cannot be written \(ENOSPC, no space left on device\); \d+ samples are lost"/,
    );
    await first.kill();
    const waiting = batchesIn(queues);
    expect(waiting.length).toBeGreaterThan(2);

    // Not a byte is left, and the destination rejects everything.
    const { bavail, bsize } = statfsSync(disk);
    appendFileSync(join(disk, 'other'), Buffer.alloc(bavail * bsize));
    answerWith({ status: 400, body: 'no' });
    const before = receiver.received.length;
    const second = startPush(env);
    await until('an empty queue', () => batchesIn(queues).length === 0);
    await wait(2500);
    await second.kill();
    const bodies = receiver.received.slice(before).map(({ body }) => body.toString('base64'));
    expect(bodies).toHaveLength(waiting.length);
    expect(new Set(bodies).size).toBe(waiting.length);
    expect(second.stderr()).toContain('(ENOSPC, no space left on device)');
    expect(second.stderr()).not.toContain('"internal"');
    expect(batchesIn(join(disk, 'rejected'))).toHaveLength(waiting.length);
    expect(filesIn(disk).filter((file) => file.endsWith('.new'))).toEqual([]);

    // Replay moves the batches, and each delivered batch makes space.
    expect(await runCli(['replay'], env, folder)).toMatchObject({ status: 0 });
    answerWith({ status: 204 });
    const third = startPush(env);
    await until(
      'samples after the full disk',
      () => receiver.received.length > before + 2 * waiting.length + 2,
    );
    expect(await third.stop()).toMatchObject({ status: 0 });
    const sent = receiver.received.slice(before + waiting.length).map(({ body }) => body.toString('base64'));
    expect(sent.slice(0, waiting.length)).toEqual(bodies);
    expect(new Set(sent).size).toBe(sent.length);
  });
});
