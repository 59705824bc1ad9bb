import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PushError } from '../push/errors.ts';
import type { Lease, Queue } from '../push/queue.ts';
import { type Batch, encodeBatch, parseBatch } from '../push/queue.ts';

/** A batch that a destination rejected, with the reason. */
export interface RejectedBatch {
  file: string;
  reason: string;
  batch: Batch;
}

const rejectedFolder = 'rejected';

/** The folder of a queue. A hash, since an account's name may not be a valid folder name. */
function folderOf(root: string, account: string, destination: string): string {
  const name = createHash('sha256')
    .update(JSON.stringify([account, destination]))
    .digest('hex')
    .slice(0, 32);
  return join(root, 'queues', name);
}

/** The order of the names is the order of the samples' times. */
function fileOf({ timestampMs, part }: Batch): string {
  return `${String(timestampMs).padStart(15, '0')}-${String(part).padStart(5, '0')}.json`;
}

/** Writes a complete file or none, even if the process is killed. */
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

const isBatch = (file: string) => /^\d{15}-\d{5}\.json$/.test(file);

/** Opens a queue on disk with one file per batch. It outlives the process. */
export async function openDiskQueue(root: string, account: string, destination: string): Promise<Queue> {
  const folder = folderOf(root, account, destination);
  await mkdir(folder, { recursive: true });
  const there = await readdir(folder);
  // Remove files that a killed process had not finished.
  for (const file of there.filter((each) => each.endsWith('.new')))
    await rm(join(folder, file), { force: true });
  const files = there.filter(isBatch).sort();

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
    async add(batches) {
      for (const batch of batches) {
        const file = fileOf(batch);
        // As in SQS, the first of two batches for the same slot counts.
        if (files.includes(file)) continue;
        await writeWhole(folder, file, encodeBatch(batch));
        files.push(file);
      }
    },
    async first(): Promise<Lease | undefined> {
      for (let file = files[0]; file !== undefined; file = files[0]) {
        const name = file;
        const content = await readIfThere(join(folder, name));
        if (content === undefined) {
          // The file was removed by hand.
          await remove(name);
          continue;
        }
        try {
          const batch = parseBatch(content);
          return {
            batch,
            done: () => remove(name),
            reject: (error) => reject(name, content, error.message),
          };
        } catch (error) {
          if (!(error instanceof PushError)) throw error;
          // Another version wrote it. It must not block the batches behind it.
          await reject(name, content, error.message);
        }
      }
      return undefined;
    },
    oldestMs: () => (files[0] === undefined ? undefined : Number(files[0].slice(0, 15))),
  };
}

/** Returns the rejected batches, in the order of their rejection. Skips files that are no batches. */
export async function listRejected(root: string): Promise<RejectedBatch[]> {
  const folder = join(root, rejectedFolder);
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const found: RejectedBatch[] = [];
  for (const file of files.filter((each) => each.endsWith('.json')).sort()) {
    try {
      const text = await readFile(join(folder, file), 'utf8');
      const { reason = '', content = '' } = JSON.parse(text) as Record<string, string>;
      found.push({ file, reason, batch: parseBatch(content) });
    } catch (error) {
      // Not a batch, so it cannot be sent again. Keep the file, for inspection.
      if (!(error instanceof PushError || error instanceof SyntaxError)) throw error;
    }
  }
  return found;
}

/** Moves a rejected batch back to its queue. */
export async function replayRejected(root: string, { file, batch }: RejectedBatch): Promise<void> {
  const folder = folderOf(root, batch.account, batch.destination);
  await writeWhole(folder, fileOf(batch), encodeBatch(batch));
  await rm(join(root, rejectedFolder, file));
}

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
