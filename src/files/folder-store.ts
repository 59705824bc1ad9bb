import { before } from '../deadline.ts';
import { type StateStore, stateFileOf } from '../push/schedule/state.ts';

/** States in a folder, a file for each account; the folder need not exist yet. @throws the system's errors */
export function createFolderStore(folder: string): StateStore {
  async function read(account: string): Promise<Uint8Array | undefined> {
    const { readFile } = await import('node:fs/promises');
    return readFile(`${folder}/${stateFileOf(account)}`).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
  }

  async function write(account: string, content: Uint8Array): Promise<void> {
    const { mkdir, rename, writeFile } = await import('node:fs/promises');
    const file = `${folder}/${stateFileOf(account)}`;
    await mkdir(folder, { recursive: true });
    // If the process is killed, either the old or the new file remains, never a partial one.
    await writeFile(`${file}.new`, content);
    await rename(`${file}.new`, file);
  }

  return {
    load: (account, deadline) => before(read(account), deadline),
    save: (account, content, deadline) => before(write(account, content), deadline),
  };
}
