import { createHash } from 'node:crypto';
import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PushError } from '../push/errors.ts';
import type { Queue } from '../push/queue.ts';
import { type Batch, encodeBatch, maxBatchBytes, parseBatch } from '../push/queue.ts';
import { readOwn } from './own-file.ts';
import { describeFileError, makeInner, removeUnfinished, writeWhole } from './write.ts';

/** A batch that a destination rejected, with the reason. */
export interface RejectedBatch {
  file: string;
  reason: string;
  /** Undefined when the file is not a batch. */
  batch: Batch | undefined;
}

/** How a queue on disk describes its problems. */
export interface DiskQueuePorts {
  /** The setting that names the folder, for messages. */
  setting: string;
  /**
   * Called once for each problem after which the queue continues: a batch that was put aside, or
   * that cannot be removed.
   */
  report(problem: PushError): void;
  /** Most rejected batches of all queues in the folder. The oldest are deleted. */
  maxRejected?: number;
}

const queuesFolder = 'queues';
const rejectedFolder = 'rejected';

/** Most bytes of a reason. A reason is one line. */
const maxReasonBytes = 10_000;

/** Batches are at most 250 kB, and about 13 kB with 400 series. */
const defaultMaxRejected = 10_000;

/** Listing the rejected batches takes time, so do it only once per this many rejections. */
const pruneEvery = 100;

/** The name of a queue's folder: a hash, since account names may be invalid as folder names. */
function folderOf(account: string, destination: string): string {
  return createHash('sha256')
    .update(JSON.stringify([account, destination]))
    .digest('hex')
    .slice(0, 32);
}

/** The order of the names is the order of the samples' times. */
function fileOf({ timestampMs, part }: Batch): string {
  return `${String(timestampMs).padStart(15, '0')}-${String(part).padStart(5, '0')}.json`;
}

const isBatch = (file: string) => /^\d{15}-\d{5}\.json$/.test(file);

/** The reason of a rejected batch is in a file beside it. */
const reasonFileOf = (file: string) => `${file}.reason`;

/** These errors are not about a file: the process or machine lacks memory or file handles. */
const shortages = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/**
 * Opens a queue on disk with one file per batch. It outlives the process. It reports a batch that
 * cannot be read, and puts it aside like a rejected batch. If that batch can be neither put aside
 * nor removed, this queue reports it and does not return it again. If `add` cannot write, it throws
 * PushError, and the samples are lost.
 * @throws the system's errors
 */
export async function openDiskQueue(
  root: string,
  account: string,
  destination: string,
  { setting, report, maxRejected = defaultMaxRejected }: DiskQueuePorts,
): Promise<Queue> {
  const make = () => makeInner(root, queuesFolder, folderOf(account, destination));
  const makeAside = () => makeInner(root, rejectedFolder);
  const folder = await make();
  const aside = join(root, rejectedFolder);
  // Create it now: a full disk may later have no space for it.
  await makeAside().catch(() => {});
  // Only the owner of the lock writes here.
  await removeUnfinished(folder, { olderMs: 0 });
  const files = (await readdir(folder)).filter(isBatch).sort();
  let rejections = 0;

  const say = (message: string, cause?: unknown) =>
    report(new PushError(`${setting}: ${message}`, { cause }));

  /**
   * Forget a file before its removal. If the removal fails, the batch must not be sent repeatedly.
   */
  function forget(file: string): void {
    const at = files.indexOf(file);
    if (at >= 0) files.splice(at, 1);
  }

  async function remove(file: string): Promise<void> {
    forget(file);
    try {
      await rm(join(folder, file), { force: true });
    } catch (error) {
      const why = describeFileError(error);
      say(`a delivered batch in ${root} cannot be removed (${why}); the next process sends it again`, error);
    }
  }

  /** Renames the file. This works on a full disk. */
  async function putAside(file: string, reason: string): Promise<void> {
    forget(file);
    const name = `${Date.now()}-${basename(folder)}-${file}`;
    try {
      await makeAside();
      await rename(join(folder, file), join(aside, name));
    } catch (error) {
      const why = describeFileError(error);
      say(`a batch in ${root} cannot be put aside (${why}); the next process sends it again`, error);
      return;
    }
    // Ignore a failure: a full disk has no space for the reason, and the log has it too.
    await writeWhole(aside, reasonFileOf(name), reason).catch(() => {});
    if (rejections++ % pruneEvery === 0) await prune();
  }

  async function prune(): Promise<void> {
    try {
      await removeUnfinished(aside);
      const names = (await listFiles(aside)).filter((each) => each.endsWith('.json')).sort();
      const old = names.slice(0, Math.max(0, names.length - maxRejected));
      if (old.length === 0) return;
      // A folder may have the name of a batch.
      for (const each of old.flatMap((name) => [name, reasonFileOf(name)]))
        await rm(join(aside, each), { force: true, recursive: true });
      say(`the oldest ${old.length} of ${names.length} rejected batches in ${aside} were deleted`);
    } catch (error) {
      say(`old rejected batches in ${aside} cannot be deleted (${describeFileError(error)})`, error);
    }
  }

  /**
   * Returns the batch in a file. Undefined when somebody removed the file, or when it cannot be
   * read and was put aside.
   */
  async function read(file: string): Promise<Batch | undefined> {
    try {
      return await readBatch(join(folder, file));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') {
        // It was removed by hand.
        forget(file);
        return undefined;
      }
      if (code !== undefined && shortages.has(code)) {
        throw new PushError(`${setting}: ${root} cannot be read (${describeFileError(error)})`, {
          cause: error,
        });
      }
      const reason = describeFileError(error);
      say(`the batch ${join(basename(folder), file)} in ${root} cannot be read and is put aside: ${reason}`);
      await putAside(file, reason);
      return undefined;
    }
  }

  return {
    async add(batches) {
      for (const [at, batch] of batches.entries()) {
        const file = fileOf(batch);
        // As in SQS, the first of two batches for the same slot counts.
        if (files.includes(file)) continue;
        try {
          await make();
          await writeWhole(folder, file, encodeBatch(batch));
        } catch (error) {
          const lost = batches.slice(at).reduce((sum, { samples }) => sum + samples, 0);
          throw new PushError(
            `${setting}: ${root} cannot be written (${describeFileError(error)}); ${lost} samples are lost`,
            { cause: error },
          );
        }
        files.push(file);
      }
    },
    async first() {
      for (let file = files[0]; file !== undefined; file = files[0]) {
        const name = file;
        const batch = await read(name);
        if (batch)
          return { batch, done: () => remove(name), reject: ({ message }) => putAside(name, message) };
      }
      return undefined;
    },
    oldestMs: () => (files[0] === undefined ? undefined : Number(files[0].slice(0, 15))),
  };
}

/** The batches in a queue without an account and destination. */
export interface StrayQueue {
  account: string;
  destination: string;
  batches: number;
}

/**
 * Returns the queues of other accounts and destinations than these, for example after a change of a
 * name. Skips queues without a readable batch.
 */
export async function listStrayQueues(
  root: string,
  known: readonly { account: string; destination: string }[],
): Promise<StrayQueue[]> {
  const emptied = new Set(known.map(({ account, destination }) => folderOf(account, destination)));
  const found: StrayQueue[] = [];
  for (const name of await listFiles(join(root, queuesFolder))) {
    const folder = join(root, queuesFolder, name);
    if (emptied.has(name)) continue;
    const files = (await listFiles(folder).catch(() => [])).filter(isBatch);
    if (files.length === 0) continue;
    const batch = await readBatch(join(folder, files[0]!)).catch(() => undefined);
    if (batch) found.push({ account: batch.account, destination: batch.destination, batches: files.length });
  }
  return found;
}

/**
 * Returns the rejected batches in the order of their rejection, and the files that are not batches,
 * with the reasons.
 */
export async function* listRejected(root: string): AsyncGenerator<RejectedBatch> {
  const folder = join(root, rejectedFolder);
  for (const file of (await listFiles(folder)).filter((each) => each.endsWith('.json')).sort()) {
    const read: Batch | string = await readBatch(join(folder, file)).catch(describeFileError);
    if (typeof read === 'string') {
      yield { file, reason: read, batch: undefined };
      continue;
    }
    const reason = await readOwn(join(folder, reasonFileOf(file)), maxReasonBytes).then(
      String,
      () => 'not known',
    );
    yield { file, reason, batch: read };
  }
}

/** Moves a rejected batch back to its queue. */
export async function replayRejected(root: string, file: string, batch: Batch): Promise<void> {
  const folder = await makeInner(root, queuesFolder, folderOf(batch.account, batch.destination));
  await rename(join(root, rejectedFolder, file), join(folder, fileOf(batch)));
  await rm(join(root, rejectedFolder, reasonFileOf(file)), { force: true });
}

async function readBatch(path: string): Promise<Batch> {
  return parseBatch((await readOwn(path, maxBatchBytes)).toString());
}

/** Returns the names in a folder, which need not exist. In a link there are none. */
async function listFiles(folder: string): Promise<string[]> {
  try {
    return (await lstat(folder)).isSymbolicLink() ? [] : await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
