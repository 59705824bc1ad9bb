import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { DocumentError } from '../documents/errors.ts';

/** Follow no link, and wait for no writer of a pipe. Windows has neither flag. */
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a file that the exporter wrote, for reading. The caller closes it.
 * @throws DocumentError, without the path, for a link, pipe, device or folder, or the system's
 * error
 */
export async function openOwn(path: string): Promise<{ handle: FileHandle; found: Stats }> {
  // Check before opening: opening a device may have an effect, and Windows lacks the flags.
  expectFile(await lstat(path));
  const handle = await open(path, flags);
  try {
    // Check again: the file may have been replaced in the meantime.
    const found = await handle.stat();
    expectFile(found);
    return { handle, found };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Reads a file that the exporter wrote.
 * @throws DocumentError, without the path, if it is not a file or is larger than `maxBytes`, or the
 * system's error
 */
export async function readOwn(path: string, maxBytes: number): Promise<Buffer> {
  const { handle, found } = await openOwn(path);
  try {
    if (found.size > maxBytes) throw new DocumentError(`it is larger than ${maxBytes / 1e6} MB`);
    // Read no more than this, even if the file grows.
    const content = Buffer.alloc(found.size);
    let bytes = 0;
    while (bytes < content.length) {
      const { bytesRead } = await handle.read(content, bytes);
      if (bytesRead === 0) break;
      bytes += bytesRead;
    }
    return content.subarray(0, bytes);
  } finally {
    await handle.close();
  }
}

function expectFile(found: Stats): void {
  if (found.isSymbolicLink()) throw new DocumentError('it is a link');
  if (!found.isFile()) throw new DocumentError('it is not a file');
}
