import { readFile, stat } from 'node:fs/promises';
import { before, type Deadline } from '../deadline.ts';
import { DocumentError, tooLarge } from '../documents/errors.ts';
import { decodeText } from '../documents/text.ts';

/**
 * Running reads, by path. On a file system that hangs, each read blocks one of the few threads of
 * Node.js.
 */
const underWay = new Map<string, Promise<string>>();

/**
 * Reads a text file before the deadline. Concurrent reads of a file are shared.
 * @throws DocumentError, or the reason of the deadline's signal
 */
export async function readFileText(path: string, maxBytes: number, deadline: Deadline): Promise<string> {
  deadline.signal.throwIfAborted();
  const reading = underWay.get(path) ?? read(path, maxBytes).finally(() => underWay.delete(path));
  underWay.set(path, reading);
  return before(reading, deadline);
}

async function read(path: string, maxBytes: number): Promise<string> {
  try {
    const found = await stat(path);
    // Opening a pipe would wait for its writer.
    if (!found.isFile())
      throw new DocumentError(`${path}: ${found.isDirectory() ? 'is a folder' : 'is not a file'}`);
    if (found.size > maxBytes) throw tooLarge(path, maxBytes);
    return decodeText(await readFile(path), path);
  } catch (error) {
    if (error instanceof DocumentError) throw error;
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    const reason = fileReasons[code] ?? `cannot be read (${code})`;
    throw new DocumentError(`${path}: ${reason}`, { cause: error });
  }
}

const fileReasons: Record<string, string> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read',
};
