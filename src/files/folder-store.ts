import { before } from '../deadline.ts';
import { PushError } from '../push/errors.ts';
import { maxStateBytes, type StateStore, stateFileOf } from '../push/schedule/state.ts';
import { readOwn } from './own-file.ts';
import { describeFileError, removeUnfinished, writeWhole } from './write.ts';

/**
 * Keeps states in a folder, with one file per account. The folder may be missing at first.
 * `setting` is the name of its setting, for messages. Both methods throw PushError.
 */
export function createFolderStore(folder: string, setting: string): StateStore {
  const cleaned = new Set<string>();

  async function read(account: string): Promise<Uint8Array | undefined> {
    const path = `${folder}/${stateFileOf(account)}`;
    return readOwn(path, maxStateBytes).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      return fail('read', error);
    });
  }

  async function write(account: string, content: Uint8Array): Promise<void> {
    const file = stateFileOf(account);
    await writeWhole(folder, file, content).catch((error) => fail('written', error));
    if (cleaned.has(file)) return;
    cleaned.add(file);
    await removeUnfinished(folder, { file });
  }

  function fail(action: string, error: unknown): never {
    const problem = `${setting}: the state in ${folder} cannot be ${action} (${describeFileError(error)})`;
    throw new PushError(problem, { cause: error });
  }

  return {
    load: (account, deadline) => before(read(account), deadline),
    save: (account, content, deadline) => before(write(account, content), deadline),
  };
}
