import { ConfigError, type Environment } from '../config/load.ts';
import { type Deadline, deadlineIn } from '../deadline.ts';
import { DocumentError } from '../documents/errors.ts';
import { listStrayQueues, openDiskQueue } from '../files/disk-queue.ts';
import { type Lock, lockFolder } from '../files/lock.ts';
import { describeFileError, isOpenToAll, makeInner } from '../files/write.ts';
import { logLine, toLogFields } from '../log.ts';
import { createMemoryQueue, type Queue } from '../push/queue.ts';
import type { OpenAccounts } from './accounts.ts';
import { createStateStore } from './places.ts';
import { type OpenPushers, openPushers, type PushPorts } from './pushers.ts';

/**
 * Retries of a batch. Batches on disk are then retried again without end, and batches in memory
 * after the next scrape.
 */
const retries = {
  disk: { retries: Number.POSITIVE_INFINITY, baseDelayMs: 1000, maxDelayMs: 60_000 },
  memory: { retries: 5, baseDelayMs: 500, maxDelayMs: 8000 },
};

/** The pushers of this machine. */
export interface LocalPushers extends OpenPushers {
  /**
   * Aborts when another process has locked the folder. From then on nothing is written to it, so
   * stop pushing.
   */
  lost: AbortSignal;
  close(): Promise<void>;
}

const setting = 'VCC_PUSH_FOLDER';

/** Longest time for checking the destinations' credentials in the secret. */
const checkMs = 10_000;

/**
 * Creates a pusher per account, with queues in a folder. It locks the folder until `close`.
 * @throws ConfigError when the folder cannot be used, or there is no destination; the reason of the
 * deadline's signal
 */
export async function openLocalPushers(
  env: Environment,
  opened: OpenAccounts,
  folder: string,
  deadline: Deadline,
  ports: Pick<PushPorts, 'log' | 'print'>,
): Promise<LocalPushers> {
  const { lost, unlock } = await lockPushFolder(folder, deadline, ports.log);
  const { VCC_PUSH_STATE: place } = opened.settings;
  try {
    const states = createStateStore(
      place ?? (await usable(folder, () => makeInner(folder, 'state'))),
      opened.network,
      place ? undefined : setting,
    );
    if (place) await warnIfOpen('VCC_PUSH_STATE', place, ports.log);
    const pushers = await openPushers(env, opened, {
      ...ports,
      checkUntil: deadlineIn(checkMs, { until: deadline }),
      store: {
        ...states,
        async save(...state) {
          lost.throwIfAborted();
          await states.save(...state);
        },
      },
      async toRoute(destination, account) {
        const { name, deliver, lasting } = destination;
        if (!lasting) return { destination, queue: createMemoryQueue(false), deliver, retry: retries.memory };
        const report = (problem: Error) =>
          ports.log(
            logLine('error', 'queue on disk', { account, destination: name, ...toLogFields(problem) }),
          );
        const queue = await usable(folder, () => openDiskQueue(folder, account, name, { setting, report }));
        return { destination, queue: whileHeld(queue, lost), deliver, retry: retries.disk };
      },
    });
    const known = pushers.pushers.flatMap(({ account }) =>
      pushers.destinations.map(({ name }) => ({ account, destination: name })),
    );
    for (const stray of await listStrayQueues(folder, known)) {
      const message = `${setting}: no account and destination has these names now, so these batches are not sent; restore the names, or delete the batches`;
      ports.log(logLine('error', 'queue without a destination', { ...stray, message }));
    }
    return {
      ...pushers,
      lost,
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

/** Returns a queue that rejects new batches after the lock is lost. */
function whileHeld(queue: Queue, lost: AbortSignal): Queue {
  return {
    ...queue,
    async add(batches) {
      lost.throwIfAborted();
      await queue.add(batches);
    },
  };
}

/**
 * Locks VCC_PUSH_FOLDER. If it has to wait, it logs the reason.
 * @throws ConfigError when another process has locked it, or it cannot be written; the reason of
 * the deadline's signal
 */
export async function lockPushFolder(
  folder: string,
  deadline: Deadline,
  log: (line: string) => void,
): Promise<Lock> {
  const onWait = (waitMs: number) => {
    const message = `${setting}: ${folder} is locked, perhaps by a process that has ended; waiting up to ${waitMs / 1000} s to see whether it still runs`;
    log(logLine('info', 'waiting for the folder', { message }));
  };
  const lock = await usable(folder, () => lockFolder(folder, { deadline, onWait }));
  await warnIfOpen(setting, folder, log);
  return lock;
}

/**
 * Logs that other users can write to a folder. It does not throw: Kubernetes creates volumes with
 * this mode, and a container has no other users (docs/decisions/0024-files-of-the-exporter.md).
 */
async function warnIfOpen(name: string, folder: string, log: (line: string) => void): Promise<void> {
  if (!(await isOpenToAll(folder))) return;
  const message = `${name}: every user of this machine can write to ${folder}, and so can change, add and delete samples; run chmod o-w on it`;
  log(logLine('error', 'folder open to all', { message }));
}

async function usable<T>(folder: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof DocumentError) throw new ConfigError([`${setting}: ${error.message}`]);
    if ((error as NodeJS.ErrnoException).errno === undefined) throw error;
    throw new ConfigError([
      `${setting}: expected a folder that can be written; received ${folder} (${describeFileError(error)})`,
    ]);
  }
}
