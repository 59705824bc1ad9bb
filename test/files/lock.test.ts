import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { forever, untilAborted } from '../../src/deadline.ts';
import { type Lock, lockFolder } from '../../src/files/lock.ts';
import { buildRacer, race, stampede } from '../support/lock-race.ts';

const beatMs = 200;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcc-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const nameOfAnother = `0123456789abcdef-1-2-${'0'.repeat(16)}`;
const owner = () => readdirSync(join(folder, 'owner')).join();
const waits: number[] = [];
beforeEach(() => void waits.splice(0));
const lock = (signal: AbortSignal = forever.signal): Promise<Lock> =>
  lockFolder(folder, { deadline: untilAborted(signal), onWait: (ms) => void waits.push(ms), beatMs });
const inUse = (who: string) => `${folder}: ${who} uses this folder; each process needs its own`;

/** Writes the lock of another owner, as the name of its file. */
function lockedBy(name: string): string {
  mkdirSync(join(folder, 'owner'), { recursive: true });
  const file = join(folder, 'owner', name);
  writeFileSync(file, '');
  return file;
}

/** The name of this process' own lock, with other parts. */
async function nameWith(parts: { where?: string; pid?: number; started?: string }): Promise<string> {
  const { unlock } = await lock();
  const [where, pid, started, last] = owner().split('-');
  await unlock();
  rmSync(join(folder, 'owner'), { recursive: true });
  return [parts.where ?? where, parts.pid ?? pid, parts.started ?? started, last].join('-');
}

describe('the lock of a folder', () => {
  test('has one owner at a time, and is free when the owner releases it', async () => {
    const first = await lock();
    await expect(lock()).rejects.toThrow(inUse(`process ${process.pid}`));
    await first.unlock();
    expect(owner()).toBe('free');
    const second = await lock();
    await first.unlock();
    await expect(lock()).rejects.toThrow(inUse(`process ${process.pid}`));
    await second.unlock();
    expect([waits, readdirSync(folder)]).toEqual([[], ['owner']]);
  });

  test('is taken at once from a process that was killed', async () => {
    const [node, racer] = buildRacer(folder);
    const child = spawn(node!, [racer!, '5000'], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.write(`0\t${folder}\n`);
    await once(child.stdout, 'data');
    await expect(lock()).rejects.toThrow(inUse(`process ${child.pid}`));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await lock()).unlock();
    expect(waits).toEqual([]);
  });

  test('is taken at once when another process now has the pid of the owner', async () => {
    lockedBy(await nameWith({ started: '1' }));
    await (await lock()).unlock();
    expect(waits).toEqual([]);
  });

  test('is taken from an owner that has ended and whose parent has not noticed', async () => {
    const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const pid = Number((await once(parent.stdout, 'data')).join());
      const stat = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
      while (stat()[2] !== 'Z') await wait(5);
      lockedBy(await nameWith({ pid, started: stat()[21]! }));
      await (await lock()).unlock();
      expect(waits).toEqual([3 * beatMs]);
    } finally {
      parent.kill();
      await once(parent, 'exit');
    }
  });

  test.each([
    ['of another container or machine', { where: '0123456789abcdef' }],
    ['that no system names', { where: 'unknown' }],
    ['whose start is not known', { started: '0' }],
  ])('is taken from an owner %s when it stops renewing the lock', async (_, parts) => {
    const file = lockedBy(await nameWith(parts));
    // A clock that is ahead is no renewal.
    const later = new Date(Date.now() + 3_600_000);
    utimesSync(file, later, later);
    const startMs = performance.now();
    const { unlock } = await lock();
    expect(performance.now() - startMs).toBeGreaterThan(2.9 * beatMs);
    expect(waits).toEqual([3 * beatMs]);
    await unlock();
  });

  test('is not taken from an owner elsewhere that renews it, even with a clock that is behind', async () => {
    const file = lockedBy(await nameWith({ where: '0123456789abcdef' }));
    const longAgo = new Date(Date.now() - 3_600_000);
    const beating = setInterval(() => {
      longAgo.setTime(longAgo.getTime() + 1000);
      utimesSync(file, longAgo, longAgo);
    }, beatMs);
    await expect(lock()).rejects.toThrow(inUse('another process'));
    clearInterval(beating);
  });

  test('is still watched after the name of its owner has changed', async () => {
    const file = lockedBy(await nameWith({ where: '0123456789abcdef' }));
    const locking = lock();
    await wait(beatMs);
    renameSync(file, join(folder, 'owner', nameOfAnother));
    const startMs = performance.now();
    await (await locking).unlock();
    expect(performance.now() - startMs).toBeGreaterThan(2.9 * beatMs);
    expect(waits).toEqual([3 * beatMs]);
  });

  test('is not taken because the watching process was frozen, perhaps with the owner', async () => {
    const file = lockedBy(await nameWith({ where: '0123456789abcdef' }));
    const [node, racer] = buildRacer(folder);
    const child = spawn(node!, [racer!, String(beatMs), folder, '1'], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    try {
      await wait(2 * beatMs);
      child.kill('SIGSTOP');
      await wait(5 * beatMs);
      const beating = setInterval(() => utimesSync(file, new Date(), new Date()), beatMs / 4);
      child.kill('SIGCONT');
      await wait(5 * beatMs);
      clearInterval(beating);
      expect(file.endsWith(owner())).toBe(true);
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  });

  test('stops waiting when the command is stopped', async () => {
    const stopping = new AbortController();
    const file = lockedBy(await nameWith({ where: '0123456789abcdef' }));
    const locking = lock(stopping.signal);
    setTimeout(() => stopping.abort(new Error('it was stopped')), 20);
    await expect(locking).rejects.toThrow('it was stopped');
    expect(file.endsWith(owner())).toBe(true);
  });

  test('reports to its owner when it was taken, and the old owner cannot release it', async () => {
    const { lost, unlock } = await lock();
    renameSync(join(folder, 'owner', owner()), join(folder, 'owner', nameOfAnother));
    await once(lost, 'abort');
    expect(lost.reason).toMatchObject({ code: 'document' });
    expect(String(lost.reason.message)).toContain(`${folder}: this process has lost its lock`);
    await unlock();
    expect(owner()).toBe(nameOfAnother);
  });

  test('is renewed by its owner', async () => {
    const { unlock } = await lock();
    const times = new Set<number>();
    for (let look = 0; look < 20; look++) {
      times.add(statSync(join(folder, 'owner', owner())).mtimeMs);
      await wait(beatMs / 4);
    }
    await unlock();
    expect(times.size).toBeGreaterThan(2);
  });

  test('explains what to do when it has two owners, as after a copy of one folder onto another', async () => {
    lockedBy('free');
    lockedBy(nameOfAnother);
    await expect(lock()).rejects.toThrow(
      `${join(folder, 'owner')}: expected one file; delete this folder while no process uses it`,
    );
  });

  test('can be deleted while nobody uses the folder', async () => {
    mkdirSync(join(folder, 'owner'));
    await (await lock()).unlock();
    rmSync(join(folder, 'owner'), { recursive: true });
    await (await lock()).unlock();
    expect(owner()).toBe('free');
  });
});

describe('four processes', () => {
  test('are never two owners when they find the lock of a killed one at the same moment', async () => {
    const ended = spawnSync(process.execPath, ['--version']).pid;
    const name = await nameWith({ pid: ended });
    const folders = Array.from({ length: 60 }, (_, at) => {
      const each = join(folder, String(at));
      mkdirSync(join(each, 'owner'), { recursive: true });
      // Half of them have never had an owner.
      if (at % 2 === 0) writeFileSync(join(each, 'owner', name), '');
      else rmSync(join(each, 'owner'), { recursive: true });
      return each;
    });
    const owners = await stampede([...buildRacer(folder), '5000'], 4, folders);
    expect(owners).toEqual(folders.map(() => 1));
  });

  test('are never two owners while they take, hold and release it, and are killed meanwhile', async () => {
    const command = [...buildRacer(folder), '5000', folder];
    const { kills, ...result } = await race(command, { processes: 4, rounds: 25 });
    expect(result).toEqual({ rounds: 100, overlaps: 0 });
    expect(kills).toBeGreaterThan(0);
  });
});
