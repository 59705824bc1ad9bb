import { mkdir, open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { DocumentError } from '../documents/errors.ts';

/** How often the owner of a lock updates its file, in ms. */
const touchEveryMs = 5000;

/**
 * Locks a folder for this process, and creates it if necessary. Returns the function that unlocks it.
 * @throws DocumentError when another process has locked it, or the system's error
 */
export async function lockFolder(root: string): Promise<() => Promise<void>> {
  await mkdir(root, { recursive: true });
  const file = join(root, 'lock');
  for (;;) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      const touch = () => void utimes(file, new Date(), new Date()).catch(() => {});
      const touching = setInterval(touch, touchEveryMs);
      touching.unref();
      return async () => {
        clearInterval(touching);
        await rm(file, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const pid = Number(await readFile(file, 'utf8').catch(() => ''));
      if (pid !== process.pid && isRunning(pid) && (await isFresh(file))) {
        throw new DocumentError(`${root}: process ${pid} uses this folder; each needs one of its own`);
      }
      // The process that locked it no longer runs.
      await rm(file, { force: true });
    }
  }
}

/** In a container another process may have the pid of the one that ended, but it does not update the file. */
async function isFresh(file: string): Promise<boolean> {
  const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: 0 }));
  return Date.now() - mtimeMs < 3 * touchEveryMs;
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
