import { randomBytes } from 'node:crypto';
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { DocumentError } from '../documents/errors.ts';
import { ExporterError } from '../errors.ts';

const privateFile = 0o600;
const privateFolder = 0o700;

/**
 * Creates a folder and the folders above it, by default for this user only. Existing folders keep
 * their mode. Links to folders are followed.
 * @throws the system's error
 */
export async function makeFolder(folder: string, mode = privateFolder): Promise<void> {
  const make = () =>
    mkdir(folder, { mode }).catch(async (error) => {
      const there = await stat(folder).catch(() => undefined);
      if (!there?.isDirectory()) throw error;
    });
  try {
    await make();
  } catch (error) {
    const above = dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === folder) throw error;
    // Do not use the option `recursive`: where no folder can be created, as in /proc, Node.js then
    // tries without end.
    await makeFolder(above, mode);
    await make();
  }
}

/**
 * Creates nested folders, for this user only, inside a folder from the settings. Returns the
 * innermost folder.
 * @throws DocumentError when a nested folder is a link, the system's error
 */
export async function makeInner(root: string, ...names: readonly string[]): Promise<string> {
  await makeFolder(root);
  let folder = root;
  for (const name of names) {
    folder = join(folder, name);
    await makeFolder(folder);
    // Users who may write to the parent folder could redirect our files with a link.
    if ((await lstat(folder)).isSymbolicLink())
      throw new DocumentError(`${folder}: expected a folder; received a link`);
  }
  return folder;
}

/** Whether every user of this machine can write to a folder. */
export async function isOpenToAll(folder: string): Promise<boolean> {
  // On Windows, the mode from Node.js has no meaning.
  if (process.platform === 'win32') return false;
  const found = await stat(folder).catch(() => undefined);
  return found !== undefined && (found.mode & 0o002) !== 0;
}

/**
 * Writes a file, by default for this user only, and creates its folder. After every failure, even a
 * kill, the file has either its old or its new content. A link at this path is replaced, not
 * followed. Only a killed process leaves an unfinished file ({@link removeUnfinished}).
 * @throws the system's error
 */
export async function writeWhole(
  folder: string,
  file: string,
  content: string | Uint8Array,
  mode = privateFile,
): Promise<void> {
  await makeFolder(folder);
  const unfinished = join(folder, nameUnfinished(file));
  try {
    await fill(await open(unfinished, 'wx', mode), content);
    await rename(unfinished, join(folder, file));
  } catch (error) {
    // An unfinished file would use space on a full disk.
    await rm(unfinished, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(folder);
}

/**
 * Writes a new file that only this user may read. After a failure there is no file. A killed
 * process may leave an unfinished or an empty file.
 * @throws the system's error: EEXIST if the file exists already
 */
export async function writeNew(path: string, content: string): Promise<void> {
  const unfinished = join(dirname(path), nameUnfinished(basename(path)));
  const handle = await open(unfinished, 'wx', privateFile);
  try {
    await fill(handle, content);
    // A rename would replace a file. Not all file systems have links, so reserve the name first.
    await (await open(path, 'wx', privateFile)).close();
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw error;
  }
}

/** Random, so that nobody can create a link with this name first. `wx` rejects a link too. */
const nameUnfinished = (file: string) => `${file}.${randomBytes(8).toString('hex')}.new`;

/** After this time, an unfinished file belongs to a process that was killed. */
const unfinishedMs = 3_600_000;

/**
 * Removes unfinished files of killed processes from a folder: those for one file, or for all files.
 * By default, removes only files older than an hour. Pass `olderMs: 0` only if no other process
 * writes there. Ignores failures.
 */
export async function removeUnfinished(
  folder: string,
  { file, olderMs = unfinishedMs } = {} as { file?: string; olderMs?: number },
): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const [, of] = /^(.+)\.[0-9a-f]{16}\.new$/.exec(name) ?? [];
    if (of === undefined || (file !== undefined && of !== file)) continue;
    const path = join(folder, name);
    const found = await lstat(path).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs >= olderMs) await rm(path, { force: true }).catch(() => {});
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
 * Makes a rename survive a power failure. Windows and some network volumes cannot do it. After a
 * failure, the file is still there for this process, so do not report it as lost.
 */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/**
 * Describes why a file cannot be used: the code and meaning of a system error (`ENOSPC, no space
 * left on device`), which contains no path, or the exporter's own message.
 */
export function describeFileError(error: unknown): string {
  if (error instanceof ExporterError) return error.message;
  const { errno, code } = error as NodeJS.ErrnoException;
  const [name, meaning] = (errno !== undefined && getSystemErrorMap().get(errno)) || [code, undefined];
  return [name ?? 'unknown error', meaning].filter(Boolean).join(', ');
}
