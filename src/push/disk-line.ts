import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PushError } from './errors.ts';
import type { Held, Line } from './line.ts';
import { encodeParcel, type Parcel, parseParcel } from './parcel.ts';

/** Parcels that a destination rejected for good, each with its reason. */
export interface RejectedParcel {
  file: string;
  reason: string;
  parcel: Parcel;
}

const rejectedFolder = 'rejected';

/** How often the holder of a folder gives a sign of life. */
const signEveryMs = 5000;

/** Where the line of an account and a destination is, in the folder of all lines; they may be called what no folder can be. */
function folderOf(root: string, account: string, destination: string): string {
  const name = createHash('sha256')
    .update(JSON.stringify([account, destination]))
    .digest('hex')
    .slice(0, 32);
  return join(root, 'lines', name);
}

/** Sorts as the samples’ times do. */
function fileOf({ timestampMs, part }: Parcel): string {
  return `${String(timestampMs).padStart(15, '0')}-${String(part).padStart(5, '0')}.json`;
}

/** Writes a file so that it is there as a whole or not at all, whatever happens meanwhile. */
async function writeWhole(folder: string, file: string, content: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const unfinished = join(folder, `${file}.new`);
  const handle = await open(unfinished, 'w');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, join(folder, file));
}

const isParcel = (file: string) => /^\d{15}-\d{5}\.json$/.test(file);

/** A line on disk, a file for each parcel, which outlives the process. */
export async function openDiskLine(root: string, account: string, destination: string): Promise<Line> {
  const folder = folderOf(root, account, destination);
  await mkdir(folder, { recursive: true });
  const there = await readdir(folder);
  // What a process was writing when it ended.
  for (const file of there.filter((each) => each.endsWith('.new')))
    await rm(join(folder, file), { force: true });
  const files = there.filter(isParcel).sort();

  async function remove(file: string): Promise<void> {
    await rm(join(folder, file), { force: true });
    const at = files.indexOf(file);
    if (at >= 0) files.splice(at, 1);
  }

  async function reject(file: string, content: string, reason: string): Promise<void> {
    await writeWhole(
      join(root, rejectedFolder),
      `${Date.now()}-${basename(folder)}-${file}`,
      JSON.stringify({ reason, content }),
    );
    await remove(file);
  }

  return {
    async add(parcels) {
      for (const parcel of parcels) {
        const file = fileOf(parcel);
        // As SQS does with a message that it knows: of two for one slot the first counts.
        if (files.includes(file)) continue;
        await writeWhole(folder, file, encodeParcel(parcel));
        files.push(file);
      }
    },
    async first(): Promise<Held | undefined> {
      for (let file = files[0]; file !== undefined; file = files[0]) {
        const name = file;
        const content = await readIfThere(join(folder, name));
        if (content === undefined) {
          // Somebody has taken it out by hand.
          await remove(name);
          continue;
        }
        try {
          const parcel = parseParcel(content);
          return {
            parcel,
            done: () => remove(name),
            reject: (error) => reject(name, content, error.message),
          };
        } catch (error) {
          if (!(error instanceof PushError)) throw error;
          // Not one that this version wrote: the others must not wait for it for ever.
          await reject(name, content, error.message);
        }
      }
      return undefined;
    },
    oldestMs: () => (files[0] === undefined ? undefined : Number(files[0].slice(0, 15))),
  };
}

/** What was rejected, in the order in which it was. */
export async function listRejected(root: string): Promise<RejectedParcel[]> {
  const folder = join(root, rejectedFolder);
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const found: RejectedParcel[] = [];
  for (const file of files.filter((each) => each.endsWith('.json')).sort()) {
    try {
      const text = await readFile(join(folder, file), 'utf8');
      const { reason = '', content = '' } = JSON.parse(text) as Record<string, string>;
      found.push({ file, reason, parcel: parseParcel(content) });
    } catch (error) {
      // No parcel, so there is nothing to send again; the file stays for who wants to look.
      if (!(error instanceof PushError || error instanceof SyntaxError)) throw error;
    }
  }
  return found;
}

/** Puts a rejected parcel back where it was. */
export async function replayRejected(root: string, { file, parcel }: RejectedParcel): Promise<void> {
  const folder = folderOf(root, parcel.account, parcel.destination);
  await writeWhole(folder, fileOf(parcel), encodeParcel(parcel));
  await rm(join(root, rejectedFolder, file));
}

/**
 * Takes a folder for this process. @throws PushError when another one has it; gives what lets go of it
 */
export async function lockFolder(root: string): Promise<() => Promise<void>> {
  await mkdir(root, { recursive: true });
  const file = join(root, 'lock');
  for (;;) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      const sign = () => void utimes(file, new Date(), new Date()).catch(() => {});
      const signing = setInterval(sign, signEveryMs);
      signing.unref();
      return async () => {
        clearInterval(signing);
        await rm(file, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const pid = Number(await readFile(file, 'utf8').catch(() => ''));
      if (pid !== process.pid && isRunning(pid) && (await isFresh(file))) {
        throw new PushError(`${root}: process ${pid} uses this folder; each needs one of its own`);
      }
      // Whoever had it is gone without a word.
      await rm(file, { force: true });
    }
  }
}

/** In a container another process may have the number of the one that is gone; it gives no sign of life. */
async function isFresh(file: string): Promise<boolean> {
  const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: 0 }));
  return Date.now() - mtimeMs < 3 * signEveryMs;
}

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

function isRunning(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
