import { join } from 'node:path';
import { ConfigError, type Environment } from '../config/load.ts';
import { openDiskQueue } from '../files/disk-queue.ts';
import { lockFolder } from '../files/lock.ts';
import { createMemoryQueue } from '../push/queue.ts';
import type { OpenAccounts } from './accounts.ts';
import { createStateStore } from './places.ts';
import { type OpenPushers, openPushers, type PushPorts } from './pushers.ts';

/** What waits on disk is retried without end; what does not last, until the next scrape. */
const retries = {
  disk: { retries: Number.POSITIVE_INFINITY, baseDelayMs: 1000, maxDelayMs: 60_000 },
  memory: { retries: 5, baseDelayMs: 500, maxDelayMs: 8000 },
};

/** Pushers of this machine. */
export interface LocalPushers extends OpenPushers {
  close(): Promise<void>;
}

/**
 * A pusher for each account, with queues in a folder, which no other process may use meanwhile.
 * @throws ConfigError when the folder cannot be used, or when there is no destination
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

/** Locks VCC_PUSH_FOLDER; returns what unlocks it. @throws ConfigError */
export async function lockPushFolder(folder: string): Promise<() => Promise<void>> {
  try {
    return await lockFolder(folder);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new ConfigError([
      `VCC_PUSH_FOLDER: expected a folder that can be written; ${folder} cannot (${code})`,
    ]);
  }
}
