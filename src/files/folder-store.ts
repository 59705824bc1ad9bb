import { before, type Deadline } from '../deadline.ts';

/** Files in a folder by their names. */
export interface FolderStore {
  /** Undefined when there is no such file. @throws the system's error, or the reason of the deadline's signal */
  load(name: string, deadline: Deadline): Promise<Uint8Array | undefined>;
  /** Creates the folder too. @throws the system's error, or the reason of the deadline's signal */
  save(name: string, content: Uint8Array, deadline: Deadline): Promise<void>;
}

/** Opens a folder, which need not exist yet. */
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
    // A process that is killed leaves the old one or the new one, never half of one.
    await writeFile(`${file}.new`, content);
    await rename(`${file}.new`, file);
  }

  return {
    load: (name, deadline) => before(read(name), deadline),
    save: (name, content, deadline) => before(write(name, content), deadline),
  };
}
