import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option } from 'commander';
import { openQueue, type Queue, type Received } from '../aws/queue.ts';
import { ConfigError, loadSettings } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { listRejected, lockFolder, replayRejected } from '../push/disk-line.ts';
import { PushError } from '../push/errors.ts';
import { parseParcel } from '../push/parcel.ts';
import { type LocalEnvironment, loadLocalConfig, readLocalEnvironment } from './accounts.ts';
import { accountSections, type Command } from './command.ts';
import type { Terminal } from './terminal.ts';

/** While they are looked at, nobody else gets them. */
const hideSeconds = 60;

/** What was rejected: shows it, or puts it back into the queue, to be sent again. */
export const replay: Command<{ list?: true }> = {
  name: 'replay',
  summary: 'send again what a destination rejected',
  about:
    'Puts what a destination rejected back into the queue, to be sent again: from the queue of VCC_PUSH_REJECTED_URL to that of VCC_PUSH_QUEUE_URL if both are set, else in the folder of push (VCC_PUSH_FOLDER), which must not be running.',
  options: [new Option('--list', 'only show it')],
  sections: [...accountSections, 'Push'],
  statuses: ['it was put back, or shown', 'it failed'],
  examples: ['replay --list', 'replay'],
  async run(terminal, { list = false }) {
    const local = await readLocalEnvironment(terminal);
    const settings = await loadReplaySettings(local);
    const { VCC_PUSH_QUEUE_URL: to, VCC_PUSH_REJECTED_URL: from } = settings;
    const count =
      to !== undefined && from !== undefined
        ? await replayQueue(terminal, openQueue(from, local.network), openQueue(to, local.network), list)
        : await replayFolder(terminal, resolve(terminal.folder, settings.VCC_PUSH_FOLDER), list);
    if (list) terminal.note(`${count} rejected.`);
    else if (count === 0) terminal.note('Nothing was rejected, so nothing was put back.');
    else terminal.note(`${count} put back; they are sent again, in the order of the queue.`);
    return 0;
  },
};

/** Of queues that are named nothing else need be known; a folder is that of an exporter, whose settings must be there. */
async function loadReplaySettings(local: LocalEnvironment): Promise<Settings> {
  const queues = ['VCC_PUSH_QUEUE_URL', 'VCC_PUSH_REJECTED_URL'] as const;
  const missing = queues.filter((name) => !local.env[name]?.trim());
  if (missing.length === 0) return loadSettings(local.env);
  if (missing.length === 1) {
    const given = queues.find((name) => !missing.includes(name));
    throw new ConfigError([
      `${missing[0]}: expected the address of a queue, since ${given} is set; received nothing`,
    ]);
  }
  const hint = ' Queues of SQS are named by VCC_PUSH_QUEUE_URL and VCC_PUSH_REJECTED_URL.';
  return (await loadLocalConfig(local, hint)).settings;
}

async function replayQueue(
  terminal: Terminal,
  rejected: Queue,
  queue: Queue,
  list: boolean,
): Promise<number> {
  const signal = new AbortController().signal;
  const seen: Received[] = [];
  for (;;) {
    const messages = await rejected.receive(hideSeconds, signal);
    if (messages.length === 0) break;
    for (const message of messages) {
      show(terminal, message.body, message.reason ?? 'not known');
      seen.push(message);
      if (list) continue;
      // First there, then not here: one that is there twice is sent twice, which does no harm.
      await queue.replay(message, signal);
      await rejected.remove(message.receiptHandle, signal);
    }
  }
  if (list && seen.length > 0) {
    const handles = seen.map(({ receiptHandle }) => receiptHandle);
    for (let at = 0; at < handles.length; at += 10)
      await rejected.hide(handles.slice(at, at + 10), 0, signal);
  }
  return seen.length;
}

async function replayFolder(terminal: Terminal, folder: string, list: boolean): Promise<number> {
  if (!existsSync(folder)) throw new ConfigError([`VCC_PUSH_FOLDER: ${folder}: there is no such folder`]);
  const found = await listRejected(folder);
  if (list || found.length === 0) {
    for (const { parcel, reason } of found) showParcel(terminal, parcel, reason);
    return found.length;
  }
  // A process that pushes knows its queue by heart, and would not see what is put back.
  const unlock = await lockFolder(folder).catch((error) => {
    throw error instanceof PushError ? new ConfigError([`VCC_PUSH_FOLDER: ${error.message}`]) : error;
  });
  for (const each of found) {
    showParcel(terminal, each.parcel, each.reason);
    await replayRejected(folder, each);
  }
  await unlock();
  return found.length;
}

function show(terminal: Terminal, body: string, reason: string): void {
  showParcel(terminal, parseParcel(body), reason);
}

function showParcel(terminal: Terminal, parcel: ReturnType<typeof parseParcel>, reason: string): void {
  const { account, destination, timestampMs, samples } = parcel;
  terminal.print(
    `${new Date(timestampMs).toISOString()} ${account} -> ${destination}, ${samples} samples: ${reason}`,
  );
}
