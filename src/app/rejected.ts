import { statSync } from 'node:fs';
import { identityOf, openSqsQueue, type SqsQueue } from '../aws/sqs.ts';
import { ConfigError } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import type { Deadline } from '../deadline.ts';
import { listRejected, replayRejected } from '../files/disk-queue.ts';
import type { Network } from '../http/network.ts';
import { PushError } from '../push/errors.ts';
import { type Batch, parseBatch } from '../push/queue.ts';
import { lockPushFolder } from './local-pushers.ts';

/** The result of a walk through the rejected batches. */
export interface Walked {
  /** Batches that were shown, or put back. */
  count: number;
  /** A sentence about batches that remain, if any. */
  left?: string | undefined;
}

/**
 * Calls `show` with each rejected batch and the reason. With `putBack`, it also moves each batch
 * back to its queue. For a message or file that is not a batch, it calls `show` with undefined and
 * the known reason, and does not move it.
 */
export type WalkRejected = (
  show: (batch: Batch | undefined, reason: string) => void,
  putBack: boolean,
) => Promise<Walked>;

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
    throw new ConfigError([`VCC_PUSH_FOLDER: ${folder}: does not exist`]);
  }
  return inFolder(folder, deadline, log);
}

/** Hides messages from other consumers while they are shown. */
const hideSeconds = 60;

/**
 * Walks through a FIFO queue. A call to SQS returns at most ten messages. It returns none of a
 * group (an account and destination) that has hidden messages. So after a call from which messages
 * were removed, the others of this call are made visible again.
 */
function inQueue(rejected: SqsQueue, queue: SqsQueue, deadline: Deadline): WalkRejected {
  async function release(handles: readonly string[]): Promise<void> {
    for (let at = 0; at < handles.length; at += 10) {
      // Otherwise they become visible within a minute.
      await rejected.hide(handles.slice(at, at + 10), 0, deadline).catch(() => {});
    }
  }

  return async (show, putBack) => {
    const seen = new Set<string>();
    const hidden: string[] = [];
    let count = 0;
    let others = 0;
    let again = 0;
    for (;;) {
      const messages = await rejected.receive(hideSeconds, deadline);
      if (messages.length === 0) break;
      const left: string[] = [];
      for (const message of messages) {
        const batch = toBatch(message.body);
        const id = batch ? identityOf(batch) : message.messageId;
        const isNew = !seen.has(id);
        seen.add(id);
        if (isNew) {
          show(batch, message.reason ?? 'not known');
          if (batch) count++;
          else others++;
        }
        if (!isNew && batch) again++;
        if (!putBack || !batch || !isNew) {
          left.push(message.receiptHandle);
          continue;
        }
        // Add first, then remove. A failure in between sends a message twice, which is harmless.
        await queue.replay(message, deadline);
        await rejected.remove(message.receiptHandle, deadline);
      }
      if (left.length < messages.length) await release(left);
      else hidden.push(...left);
    }
    const shown = count + others;
    const total = putBack || shown === 0 ? undefined : await rejected.count(deadline);
    await release(hidden);
    return { count, left: describeLeft({ what: 'messages', place: 'queue', shown, total, others, again }) };
  };
}

function describeLeft(of: {
  what: string;
  place: string;
  shown: number;
  total?: number | undefined;
  others: number;
  again?: number;
}): string | undefined {
  const sentences: string[] = [];
  if (of.total !== undefined && of.total > of.shown) {
    sentences.push(
      `The queue has about ${of.total} messages. SQS shows at most the first ten of each account and destination; replay puts all of them back.`,
    );
  }
  if (of.others > 0) {
    sentences.push(`${of.others} of the ${of.what} are not batches and stay in the ${of.place}.`);
  }
  if (of.again) sentences.push('Some were rejected again in the meantime and stay in the queue.');
  return sentences.length > 0 ? sentences.join(' ') : undefined;
}

function toBatch(body: string): Batch | undefined {
  try {
    return parseBatch(body);
  } catch (error) {
    if (error instanceof PushError) return undefined;
    throw error;
  }
}

function inFolder(folder: string, deadline: Deadline, log: (line: string) => void): WalkRejected {
  return async (show, putBack) => {
    // A running push reads its queue only at the start, and would not see these batches.
    const lock = putBack ? await lockPushFolder(folder, deadline, log) : undefined;
    let count = 0;
    let others = 0;
    try {
      for await (const { file, batch, reason } of listRejected(folder)) {
        lock?.lost.throwIfAborted();
        show(batch, batch ? reason : `${file}: ${reason}`);
        if (batch === undefined) {
          others++;
          continue;
        }
        if (putBack) await replayRejected(folder, file, batch);
        count++;
      }
    } finally {
      await lock?.unlock();
    }
    return { count, left: describeLeft({ what: 'files', place: 'folder', shown: count + others, others }) };
  };
}
