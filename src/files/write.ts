import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { getSystemErrorMap } from 'node:util';

/** Creates a folder and the folders above it, for this user only. Existing folders keep their mode. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/**
 * Writes a file that only this user may read, and creates its folder. Whatever fails and whenever the process is
 * killed: the file has either its old or its new content. Only a killed process leaves the unfinished `FILE.new`.
 * @throws the system's error
 */
export async function writeWhole(folder: string, file: string, content: string | Uint8Array): Promise<void> {
  await makeFolder(folder);
  const unfinished = join(folder, `${file}.new`);
  try {
    await fill(await open(unfinished, 'w', 0o600), content);
    await rename(unfinished, join(folder, file));
  } catch (error) {
    // A part of a file would take space on a disk that is full.
    await rm(unfinished, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(folder);
}

/**
 * Writes a new file that only this user may read, whole or not at all. A killed process may leave the unfinished `PATH.new`.
 * @throws the system's error: EEXIST if the file, or an unfinished one, is there already
 */
export async function writeNew(path: string, content: string): Promise<void> {
  const unfinished = `${path}.new`;
  const handle = await open(unfinished, 'wx', 0o600);
  try {
    await fill(handle, content);
    // A rename would replace a file. Not all file systems have links, so take the name first.
    await (await open(path, 'wx', 0o600)).close();
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw error;
  }
}

/** Writes the content to the disk, and closes the file. */
async function fill(file: FileHandle, content: string | Uint8Array): Promise<void> {
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Makes a rename survive a power failure. Windows and some network volumes cannot do it. After a failure, the file is
 * still there for this process, so do not report it as lost.
 */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** Returns the code and meaning of a system error: `ENOSPC, no space left on device`. It contains no path. */
export function describeFileError(error: unknown): string {
  const { errno, code } = error as NodeJS.ErrnoException;
  const [name, meaning] = (errno !== undefined && getSystemErrorMap().get(errno)) || [code, undefined];
  return [name ?? 'unknown error', meaning].filter(Boolean).join(', ');
}
