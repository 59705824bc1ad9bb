import { existsSync } from 'node:fs';
import { openSqsQueue, type Received, type SqsQueue } from '../aws/sqs.ts';
import { ConfigError } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import type { Deadline } from '../deadline.ts';
import { listRejected, replayRejected } from '../files/disk-queue.ts';
import type { Network } from '../http/network.ts';
import { type Batch, parseBatch } from '../push/queue.ts';
import { lockPushFolder } from './local-pushers.ts';

/**
 * The batches that destinations rejected. Both methods pass each batch with its reason to `show`, and return their
 * number.
 */
export interface Rejected {
  /** Changes nothing. */
  list(show: (batch: Batch, reason: string) => void): Promise<number>;
  /** Also moves each batch back to its queue. */
  replay(show: (batch: Batch, reason: string) => void): Promise<number>;
}

/**
 * Opens the rejected batches: in the queue of VCC_PUSH_REJECTED_URL if it is set, else in `folder`.
 * @throws ConfigError when the folder does not exist
 */
export function openRejected(
  settings: Settings,
  folder: string,
  network: Network,
  deadline: Deadline,
): Rejected {
  const { VCC_PUSH_QUEUE_URL: to, VCC_PUSH_REJECTED_URL: from } = settings;
  if (to !== undefined && from !== undefined) {
    return inQueue(openSqsQueue(from, network), openSqsQueue(to, network), deadline);
  }
  if (!existsSync(folder)) throw new ConfigError([`VCC_PUSH_FOLDER: ${folder}: there is no such folder`]);
  return inFolder(folder);
}

/** Hides messages from other consumers while they are shown. */
const hideSeconds = 60;

function inQueue(rejected: SqsQueue, queue: SqsQueue, deadline: Deadline): Rejected {
  async function* receiveAll(): AsyncGenerator<Received> {
    for (;;) {
      const messages = await rejected.receive(hideSeconds, deadline);
      if (messages.length === 0) return;
      yield* messages;
    }
  }

  return {
    async list(show) {
      const handles: string[] = [];
      for await (const { body, reason, receiptHandle } of receiveAll()) {
        show(parseBatch(body), reason ?? 'not known');
        handles.push(receiptHandle);
      }
      for (let at = 0; at < handles.length; at += 10) {
        await rejected.hide(handles.slice(at, at + 10), 0, deadline);
      }
      return handles.length;
    },
    async replay(show) {
      let count = 0;
      for await (const message of receiveAll()) {
        show(parseBatch(message.body), message.reason ?? 'not known');
        // Send before removing. If this fails in between, the batch is sent twice, which does no harm.
        await queue.replay(message, deadline);
        await rejected.remove(message.receiptHandle, deadline);
        count++;
      }
      return count;
    },
  };
}

function inFolder(folder: string): Rejected {
  return {
    async list(show) {
      const found = await listRejected(folder);
      for (const { batch, reason } of found) show(batch, reason);
      return found.length;
    },
    async replay(show) {
      const found = await listRejected(folder);
      if (found.length === 0) return 0;
      // A running pusher reads its queue only once, and would not see the batches that are moved back.
      const unlock = await lockPushFolder(folder);
      for (const each of found) {
        show(each.batch, each.reason);
        await replayRejected(folder, each);
      }
      await unlock();
      return found.length;
    },
  };
}
