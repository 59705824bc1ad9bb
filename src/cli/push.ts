import { join, resolve } from 'node:path';
import { Option } from 'commander';
import { type OpenPushers, openPushers } from '../aws/open-pushers.ts';
import { createStateStore } from '../aws/state-store.ts';
import { ConfigError } from '../config/load.ts';
import { systemTiming } from '../http/fetch.ts';
import { lockFolder, openDiskLine } from '../push/disk-line.ts';
import { PushError } from '../push/errors.ts';
import { createMemoryLine } from '../push/line.ts';
import type { Pusher } from '../push/pusher.ts';
import { nextSlot } from '../push/slots.ts';
import { openLocalAccounts } from './accounts.ts';
import { accountSections, type Command } from './command.ts';
import { demoOf, demoOption } from './options.ts';
import type { Terminal } from './terminal.ts';

/** What waits on disk is tried for ever; what does not last, until the next sample. */
const retries = {
  disk: { retries: Number.POSITIVE_INFINITY, baseDelayMs: 1000, maxDelayMs: 60_000 },
  memory: { retries: 5, baseDelayMs: 500, maxDelayMs: 8000 },
};

/** Longest that `--once` goes on trying, after the scrape. */
const onceMs = 30_000;

/** Samples all accounts on a clock, or once, and pushes the samples; a queue on disk holds them until they have arrived. */
export const push: Command<{ once?: true; demo?: true }> = {
  name: 'push',
  summary: 'push samples to the destinations of VCC_PUSH_URL or VCC_PUSH_DESTINATIONS',
  about:
    'Samples all accounts every VCC_PUSH_INTERVAL and pushes the samples, by remote write, OTLP, to a Pushgateway or as CloudWatch metrics. Until they have arrived they wait in a queue on disk, in VCC_PUSH_FOLDER (docs/push.md).',
  options: [new Option('--once', 'sample and push once'), demoOption()],
  sections: [...accountSections, 'Push', 'Destinations'],
  statuses: [
    'it was stopped; with --once: all samples have arrived',
    'it failed; with --once: not all samples have arrived',
  ],
  examples: ['push', 'push --once --env-file acme.env'],
  async run(terminal, options) {
    if (!options.once) terminal.outlastReaders();
    const local = await openLocalAccounts(terminal, demoOf(options));
    let unlock: (() => Promise<void>) | undefined;
    let opened: OpenPushers | undefined;
    try {
      const { VCC_PUSH_FOLDER, VCC_PUSH_STATE: state } = local.settings;
      // Simulated samples must not wait among real ones.
      const folder = resolve(terminal.folder, `${VCC_PUSH_FOLDER}${local.simulator ? '-demo' : ''}`);
      unlock = await lockFolder(folder).catch((error) => {
        if (error instanceof PushError) throw new ConfigError([`VCC_PUSH_FOLDER: ${error.message}`]);
        const { code = 'unknown error' } = error as NodeJS.ErrnoException;
        throw new ConfigError([
          `VCC_PUSH_FOLDER: expected a folder that can be written; ${folder} cannot (${code})`,
        ]);
      });
      opened = await openPushers(local.env, local, {
        log: terminal.note,
        print: terminal.print,
        store: createStateStore(state ?? join(folder, 'state'), local.network),
        toRoute: async (destination, account) =>
          destination.lasting
            ? {
                destination,
                line: await openDiskLine(folder, account, destination.name),
                carry: destination.deliver,
                retry: retries.disk,
              }
            : {
                destination,
                line: createMemoryLine(false),
                carry: destination.deliver,
                retry: retries.memory,
              },
      });
      const names = opened.destinations.map(({ name }) => name).join(', ');
      terminal.note(`Pushing ${opened.pushers.map(({ account }) => account).join(', ')} to ${names}.`);
      const { pushers, settings } = opened;
      if (options.once) return await pushOnce(pushers, terminal);
      await pushOn(pushers, settings.VCC_PUSH_INTERVAL, terminal);
      return 0;
    } finally {
      opened?.close();
      await unlock?.();
      await local.simulator?.close();
    }
  },
};

async function pushOnce(pushers: readonly Pusher[], terminal: Terminal): Promise<number> {
  const stopping = new AbortController();
  void terminal.stopped.then(() => stopping.abort());
  const { signal } = stopping;
  const slotMs = Date.now();
  await Promise.all(
    pushers.map(async (pusher) => {
      await pusher.sample(slotMs, pusher.timeoutMs);
      await pusher.send(AbortSignal.any([signal, AbortSignal.timeout(onceMs)]), Date.now() + onceMs);
      await pusher.finish();
    }),
  );
  for (const pusher of pushers) {
    for (const { destination, success, samples, oldestMs } of pusher.status()) {
      const waits = oldestMs === undefined ? '' : '; the rest waits for the next start';
      const arrived = `${samples ?? 0} samples${success ? '' : ', not all'}${waits}`;
      terminal.note(`${pusher.account} to ${destination}: ${arrived}.`);
    }
  }
  const failures = pushers.flatMap((pusher) => pusher.takeFailures());
  return failures.length > 0 ||
    pushers.some((pusher) => pusher.status().some(({ oldestMs }) => oldestMs !== undefined))
    ? 1
    : 0;
}

async function pushOn(pushers: readonly Pusher[], intervalMs: number, terminal: Terminal): Promise<void> {
  const stopping = new AbortController();
  void terminal.stopped.then(() => stopping.abort());
  const { signal } = stopping;
  await Promise.all(
    pushers.map(async (pusher) => {
      // What an earlier process left is sent at once.
      let sending = pusher.send(signal, Number.POSITIVE_INFINITY);
      while (!signal.aborted) {
        const slotMs = nextSlot(Date.now(), intervalMs);
        await systemTiming.sleep(slotMs - Date.now(), signal).catch(() => {});
        if (signal.aborted) break;
        if (await pusher.isTaken(slotMs)) continue;
        await pusher.sample(slotMs, Math.min(pusher.timeoutMs, intervalMs));
        await pusher.save();
        sending = pusher.send(signal, Number.POSITIVE_INFINITY);
        pusher.takeFailures();
      }
      await sending;
      await pusher.finish();
    }),
  );
}
