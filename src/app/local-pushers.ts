import { join } from 'node:path';
import { ConfigError, type Environment } from '../config/load.ts';
import { DocumentError } from '../documents/errors.ts';
import { openDiskQueue } from '../files/disk-queue.ts';
import { lockFolder } from '../files/lock.ts';
import { createMemoryQueue } from '../push/queue.ts';
import type { OpenAccounts } from './accounts.ts';
import { createStateStore } from './places.ts';
import { type OpenPushers, openPushers, type PushPorts } from './pushers.ts';

/** Batches on disk are retried forever. Batches in memory are retried after the next scrape if all these fail. */
const retries = {
  disk: { retries: Number.POSITIVE_INFINITY, baseDelayMs: 1000, maxDelayMs: 60_000 },
  memory: { retries: 5, baseDelayMs: 500, maxDelayMs: 8000 },
};

/** The pushers of this machine. */
export interface LocalPushers extends OpenPushers {
  close(): Promise<void>;
}

/**
 * Creates a pusher per account, with queues in a folder. It locks the folder until `close`.
 * @throws ConfigError when the folder cannot be used, or there is no destination
 */
export async function openLocalPushers(
  env: Environment,
  opened: OpenAccounts,
  folder: string,
  ports: Pick<PushPorts, 'log' | 'print'>,
): Promise<LocalPushers> {
  const unlock = await lockPushFolder(folder);
  try {
    const pushers = await openPushers(env, opened, {
      ...ports,
      store: createStateStore(opened.settings.VCC_PUSH_STATE ?? join(folder, 'state'), opened.network),
      async toRoute(destination, account) {
        const { deliver } = destination;
        if (!destination.lasting) {
          return { destination, queue: createMemoryQueue(false), deliver, retry: retries.memory };
        }
        const queue = await openDiskQueue(folder, account, destination.name);
        return { destination, queue, deliver, retry: retries.disk };
      },
    });
    return {
      ...pushers,
      async close() {
        pushers.close();
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}

/**
 * Locks VCC_PUSH_FOLDER. Returns the function that unlocks it.
 * @throws ConfigError when another process has locked it, or it cannot be written
 */
export async function lockPushFolder(folder: string): Promise<() => Promise<void>> {
  try {
    return await lockFolder(folder);
  } catch (error) {
    if (error instanceof DocumentError) throw new ConfigError([`VCC_PUSH_FOLDER: ${error.message}`]);
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new ConfigError([
      `VCC_PUSH_FOLDER: expected a folder that can be written; ${folder} cannot (${code})`,
    ]);
  }
}
