import { resolve } from 'node:path';
import { Option } from 'commander';
import { openRejected } from '../app/rejected.ts';
import { ConfigError, loadSettings } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import type { Batch } from '../push/queue.ts';
import { type LocalEnvironment, loadLocalConfig, readLocalEnvironment } from './accounts.ts';
import { accountSections, type Command } from './command.ts';
import { untilStopped } from './terminal.ts';

/** Shows the rejected batches, or moves them back to the queue to be sent again. */
export const replay: Command<{ list?: true }> = {
  name: 'replay',
  summary: 'send rejected batches again',
  about:
    'Puts batches that a destination rejected back into the queue, so that they are sent again. If VCC_PUSH_REJECTED_URL and VCC_PUSH_QUEUE_URL are set, moves them from the first queue to the second. Otherwise moves them inside the folder of push (VCC_PUSH_FOLDER); push must not be running.',
  options: [new Option('--list', 'list the rejected batches without changing anything')],
  sections: [...accountSections, 'Push'],
  statuses: ['the batches were put back, or listed', 'it failed'],
  examples: ['replay --list', 'replay'],
  async run(terminal, { list = false }) {
    const local = await readLocalEnvironment(terminal);
    const settings = await loadReplaySettings(local);
    const folder = resolve(terminal.folder, settings.VCC_PUSH_FOLDER);
    const walk = openRejected(settings, folder, local.network, untilStopped(terminal), terminal.note);
    const show = (batch: Batch | undefined, reason: string) =>
      // The reason contains an answer of the destination, and must not look like another batch.
      terminal.print(`${describe(batch)}: ${reason.replace(/\s*\n\s*/g, ' ')}`);
    const { count, left } = await walk(show, !list);
    if (list) terminal.note(`Rejected batches: ${count}.`);
    else if (count === 0) terminal.note('There are no rejected batches.');
    else terminal.note(`Batches put back: ${count}. They are sent again in the order of the queue.`);
    if (left !== undefined) terminal.note(left);
    return 0;
  },
};

function describe(batch: Batch | undefined): string {
  if (batch === undefined) return 'not a batch';
  const { account, destination, timestampMs, samples } = batch;
  return `${new Date(timestampMs).toISOString()} ${account} -> ${destination}, ${samples} samples`;
}

/**
 * With both SQS queues, no other settings are required. For a folder, the settings of the exporter
 * that uses it are required.
 */
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
  const hint = ' For SQS queues, set VCC_PUSH_QUEUE_URL and VCC_PUSH_REJECTED_URL.';
  return (await loadLocalConfig(local, hint)).settings;
}
