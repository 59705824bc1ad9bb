import { createHash, randomBytes } from 'node:crypto';
import {
  lstat,
  lutimes,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  rmdir,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Deadline } from '../deadline.ts';
import { DocumentError } from '../documents/errors.ts';
import { openOwn } from './own-file.ts';
import { makeFolder } from './write.ts';

/** A folder that this process has locked. */
export interface Lock {
  /**
   * Aborts with a DocumentError when the lock is lost. The owner must then stop writing to the
   * folder.
   */
  lost: AbortSignal;
  unlock(): Promise<void>;
}

/** Options for a lock whose owner may have ended. */
export interface LockOptions {
  deadline: Deadline;
  /** Called once, before the wait, with the longest time of the wait in ms. */
  onWait(waitMs: number): void;
  /** How often an owner updates the time of its file. The same for all that share a folder. */
  beatMs?: number;
}

/** An owner that misses this many beats has ended. */
const missedBeats = 3;

/** How often a waiting process checks the owner's file, in each beat. */
const looksPerBeat = 5;

/** The name of the file while nobody has locked the folder. */
const free = 'free';

/**
 * Locks a folder for this process, and creates it if necessary. The lock is the only file in the
 * folder `owner`, and the name of this file is its owner. The owner changes by a rename, which only
 * one process can do (docs/decisions/0019). If it is unclear whether the owner still runs, this
 * waits for three beats.
 * @throws DocumentError when another process has locked it, the reason of the deadline's signal, or
 * the system's error
 */
export async function lockFolder(
  root: string,
  { deadline: { signal }, onWait, beatMs = 5000 }: LockOptions,
): Promise<Lock> {
  await makeFolder(root);
  const owners = join(root, 'owner');
  const mine = toName(await identify());
  let waited = false;
  for (;;) {
    signal.throwIfAborted();
    const found = await readOwner(owners);
    if (found === mine) break;
    if (found === undefined) {
      await createOwners(root, owners);
      continue;
    }
    if (found !== free) {
      const owner = parseName(found);
      const fate = await fateOf(owner);
      const inUse = (who: string) =>
        new DocumentError(`${root}: ${who} uses this folder; each process needs its own`);
      if (fate === 'runs') throw inUse(`process ${owner.pid}`);
      if (fate === 'unclear') {
        if (!waited) onWait(missedBeats * beatMs);
        waited = true;
        if (await beats(join(owners, found), beatMs, signal)) throw inUse('another process');
      }
    }
    if (await renameIfThere(join(owners, found), join(owners, mine))) break;
  }
  await removeUnfinishedOwners(root);
  return hold(root, owners, mine, beatMs);
}

/** Removes the files of processes that were killed in {@link createOwners}. */
async function removeUnfinishedOwners(root: string): Promise<void> {
  const there = await readdir(root, { withFileTypes: true });
  for (const entry of there) {
    if (!entry.isDirectory() || !/^owner-\w{6}$/.test(entry.name)) continue;
    const unfinished = join(root, entry.name);
    await rm(join(unfinished, free), { force: true }).catch(() => {});
    // Never delete recursively: a folder with other files is not ours.
    await rmdir(unfinished).catch(() => {});
  }
}

function hold(root: string, owners: string, mine: string, beatMs: number): Lock {
  const losing = new AbortController();
  let held = true;
  const beat = () =>
    lutimes(join(owners, mine), new Date(), new Date()).catch((error: NodeJS.ErrnoException) => {
      // After other errors, it is unknown who has the lock. Usually another process cannot rename
      // the file either. On a network volume it can, so two owners may write for a time.
      if (error.code !== 'ENOENT' || !held) return;
      held = false;
      clearInterval(beating);
      losing.abort(
        new DocumentError(
          `${root}: this process has lost its lock; it was suspended and another process locked the folder, or the lock was deleted`,
        ),
      );
    });
  const beating = setInterval(() => void beat(), beatMs);
  beating.unref();
  void beat();
  return {
    lost: losing.signal,
    async unlock() {
      held = false;
      clearInterval(beating);
      // If this fails, the next process finds out that this one has ended.
      await rename(join(owners, mine), join(owners, free)).catch(() => {});
    },
  };
}

/** Returns the name of the file in the folder `owner`. Undefined when there is none. */
async function readOwner(owners: string): Promise<string | undefined> {
  try {
    if ((await lstat(owners)).isSymbolicLink())
      throw new DocumentError(`${owners}: expected a folder; received a link`);
    const files = await readdir(owners, { withFileTypes: true });
    const found = files.filter(({ name }) => name === free || namePattern.test(name));
    // Two entries, or an entry that is not a file, have another cause: a copy of one folder onto
    // another, a damaged disk, or another program.
    if (found.length > 1 || found.some((each) => !each.isFile())) {
      throw new DocumentError(`${owners}: expected one file; delete this folder while no process uses it`);
    }
    return found[0]?.name;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Creates the folder `owner` with the file that means "no owner". Both appear at the same time, by
 * a rename. A second rename fails, since the folder is not empty.
 */
async function createOwners(root: string, owners: string): Promise<void> {
  const unfinished = await mkdtemp(join(root, 'owner-'));
  try {
    await (await open(join(unfinished, free), 'wx', 0o600)).close();
    await rename(unfinished, owners);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process was faster.
    if ((await readOwner(owners)) === undefined) throw error;
  }
}

/** Whether this call renamed the file. Another process may have been faster. */
async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Whether the owner updates the time of its file. False after three beats without an update, or
 * when the file does not exist. It counts its checks and compares no clocks: clocks jump, and
 * machines differ. A time in which this process and the owner were suspended must not count as
 * silence.
 */
async function beats(file: string, beatMs: number, signal: AbortSignal): Promise<boolean> {
  const first = await readTime(file);
  for (let looks = 0; looks < missedBeats * looksPerBeat; looks++) {
    await wait(beatMs / looksPerBeat, undefined, { signal }).catch(() => signal.throwIfAborted());
    const time = await readTime(file);
    if (time === undefined) return false;
    if (time !== first) return true;
  }
  return false;
}

/** Opens the file, since network volumes may answer `stat` from a cache. */
async function readTime(file: string): Promise<number | undefined> {
  try {
    const { handle, found } = await openOwn(file);
    await handle.close();
    return found.mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A process, so that another one can find out whether it has ended. */
interface Identity {
  /**
   * Where the pid is valid: the boot and the pid namespace. `unknown` if the system does not
   * provide them.
   */
  where: string;
  pid: number;
  /** The start time in /proc. `0` without /proc. */
  started: string;
}

const unknown = 'unknown';
const namePattern = /^([0-9a-f]{16}|unknown)-(\d+)-(\d+)-[0-9a-f]{16}$/;

/** Returns a new name each time, because of its last part: a former name must not return. */
const toName = ({ where, pid, started }: Identity) =>
  `${where}-${pid}-${started}-${randomBytes(8).toString('hex')}`;

function parseName(name: string): Identity {
  const [, where = unknown, pid, started = '0'] = namePattern.exec(name) ?? [];
  return { where, pid: Number(pid), started };
}

async function identify(): Promise<Identity> {
  const { pid } = process;
  const [where, started = '0'] = await Promise.all([placeOf(pid), startOf(pid)]);
  return { where, pid, started };
}

/** Returns a hash that identifies the place in which pids are unique, or `unknown`. */
async function placeOf(pid: number): Promise<string> {
  const parts = await (process.platform === 'linux' ? linuxPlaceOf(pid) : [process.platform, hostname()]);
  return parts ? createHash('sha256').update(parts.join(' ')).digest('hex').slice(0, 16) : unknown;
}

async function linuxPlaceOf(pid: number): Promise<string[] | undefined> {
  try {
    // In the /proc of another namespace, our pids belong to other processes.
    if ((await readlink('/proc/self')) !== String(pid)) return undefined;
    return await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readlink('/proc/self/ns/pid'),
      // The start times in /proc depend on this namespace.
      readlink('/proc/self/ns/time').catch(() => ''),
    ]);
  } catch {
    return undefined;
  }
}

/**
 * Returns when a process started, in the kernel's unit. Undefined if the process has ended, or its
 * start cannot be read.
 */
async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is a name, which may contain spaces and brackets.
  const [state, ...more] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // The parent of a zombie has not yet noticed its end.
  return state === 'Z' ? undefined : more[18];
}

/** Returns `ended` or `runs` only if this is certain. */
async function fateOf({ where, pid, started }: Identity): Promise<'ended' | 'runs' | 'unclear'> {
  const here = await identify();
  if (where === unknown || where !== here.where) return 'unclear';
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'ended';
  }
  const start = await startOf(pid);
  if (start === undefined || started === '0') return 'unclear';
  return start === started ? 'runs' : 'ended';
}
