import { before } from '../deadline.ts';
import { PushError } from '../push/errors.ts';
import { type StateStore, stateFileOf } from '../push/schedule/state.ts';

/**
 * Keeps states in a folder, in a file for each account. The folder need not exist yet. `setting` is the name of its
 * setting, for messages. Both methods throw PushError.
 */
export function createFolderStore(folder: string, setting: string): StateStore {
  async function read(account: string): Promise<Uint8Array | undefined> {
    const { readFile } = await import('node:fs/promises');
    return readFile(`${folder}/${stateFileOf(account)}`).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      return fail('read', error);
    });
  }

  async function write(account: string, content: Uint8Array): Promise<void> {
    // Loaded late, since most functions write no files and would load it at every start.
    const { writeWhole } = await import('./write.ts');
    await writeWhole(folder, stateFileOf(account), content).catch((error) => fail('written', error));
  }

  async function fail(action: string, error: unknown): Promise<never> {
    const { describeFileError } = await import('./write.ts');
    const problem = `${setting}: the state in ${folder} cannot be ${action} (${describeFileError(error)})`;
    throw new PushError(problem, { cause: error });
  }

  return {
    load: (account, deadline) => before(read(account), deadline),
    save: (account, content, deadline) => before(write(account, content), deadline),
  };
}
