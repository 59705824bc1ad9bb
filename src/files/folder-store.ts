import { before, type Deadline } from '../deadline.ts';

/** Stores files by name in a folder. */
export interface FolderStore {
  /**
   * Reads a file. Returns undefined when it does not exist.
   * @throws the system's error, or the reason of the deadline's signal
   */
  load(name: string, deadline: Deadline): Promise<Uint8Array | undefined>;
  /**
   * Writes a file, and creates the folder if necessary.
   * @throws the system's error, or the reason of the deadline's signal
   */
  save(name: string, content: Uint8Array, deadline: Deadline): Promise<void>;
}

/** Creates a store. The folder need not exist yet. */
export function createFolderStore(folder: string): FolderStore {
  async function read(name: string): Promise<Uint8Array | undefined> {
    const { readFile } = await import('node:fs/promises');
    return readFile(`${folder}/${name}`).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
  }

  async function write(name: string, content: Uint8Array): Promise<void> {
    const { mkdir, rename, writeFile } = await import('node:fs/promises');
    const file = `${folder}/${name}`;
    await mkdir(folder, { recursive: true });
    // If the process is killed, either the old or the new file remains, never a partial one.
    await writeFile(`${file}.new`, content);
    await rename(`${file}.new`, file);
  }

  return {
    load: (name, deadline) => before(read(name), deadline),
    save: (name, content, deadline) => before(write(name, content), deadline),
  };
}
