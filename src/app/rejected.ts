import { statSync } from 'node:fs';
import { openSqsQueue, type SqsQueue } from '../aws/sqs.ts';
import { ConfigError } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import type { Deadline } from '../deadline.ts';
import { listRejected, replayRejected } from '../files/disk-queue.ts';
import type { Network } from '../http/network.ts';
import { type Batch, parseBatch } from '../push/queue.ts';
import { lockPushFolder } from './local-pushers.ts';

/**
 * Calls `show` with each batch that a destination rejected and the reason, and returns how many there are. With `putBack`,
 * it also moves each back to its queue.
 */
export type WalkRejected = (
  show: (batch: Batch, reason: string) => void,
  putBack: boolean,
) => Promise<number>;

/**
 * Opens the rejected batches: in the queue of VCC_PUSH_REJECTED_URL if it is set, else in `folder`.
 * @throws ConfigError when the folder does not exist
 */
export function openRejected(
  settings: Settings,
  folder: string,
  network: Network,
  deadline: Deadline,
  log: (line: string) => void,
): WalkRejected {
  const { VCC_PUSH_QUEUE_URL: to, VCC_PUSH_REJECTED_URL: from } = settings;
  if (to !== undefined && from !== undefined) {
    return inQueue(openSqsQueue(from, network), openSqsQueue(to, network), deadline);
  }
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new ConfigError([`VCC_PUSH_FOLDER: ${folder}: there is no such folder`]);
  }
  return inFolder(folder, deadline, log);
}

/** Hides messages from other consumers while they are shown. */
const hideSeconds = 60;

function inQueue(rejected: SqsQueue, queue: SqsQueue, deadline: Deadline): WalkRejected {
  return async (show, putBack) => {
    const handles: string[] = [];
    for (;;) {
      const messages = await rejected.receive(hideSeconds, deadline);
      if (messages.length === 0) break;
      for (const message of messages) {
        show(parseBatch(message.body), message.reason ?? 'not known');
        handles.push(message.receiptHandle);
        if (!putBack) continue;
        // First there, then not here: a message that is there twice is sent twice, which does no harm.
        await queue.replay(message, deadline);
        await rejected.remove(message.receiptHandle, deadline);
      }
    }
    for (let at = 0; !putBack && at < handles.length; at += 10) {
      await rejected.hide(handles.slice(at, at + 10), 0, deadline);
    }
    return handles.length;
  };
}

function inFolder(folder: string, deadline: Deadline, log: (line: string) => void): WalkRejected {
  return async (show, putBack) => {
    // A process that pushes reads its queue once, and would not see what is put back.
    const lock = putBack ? await lockPushFolder(folder, deadline, log) : undefined;
    let count = 0;
    try {
      for await (const each of listRejected(folder)) {
        lock?.lost.throwIfAborted();
        show(each.batch, each.reason);
        if (putBack) await replayRejected(folder, each);
        count++;
      }
    } finally {
      await lock?.unlock();
    }
    return count;
  };
}
