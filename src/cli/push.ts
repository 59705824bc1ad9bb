import { resolve } from 'node:path';
import { Option } from 'commander';
import { type LocalPushers, openLocalPushers } from '../app/local-pushers.ts';
import { cancelledBy, type Deadline, deadlineIn, startingNow, within } from '../deadline.ts';
import { nextSlots, pushSlots } from '../push/schedule/push-slots.ts';
import type { Pusher } from '../push/schedule/pusher.ts';
import { systemTiming } from '../timing.ts';
import { openLocalAccounts } from './accounts.ts';
import { accountSections, type Command } from './command.ts';
import { demoOf, demoOption } from './options.ts';
import { type Terminal, untilStopped } from './terminal.ts';

/** Longest time that `--once` keeps sending after the scrape. */
const onceMs = 30_000;

/**
 * Longest time for sending the ends of series after a stop. Docker and our systemd unit kill the
 * process ten seconds after the stop.
 */
const endMs = 5000;

/**
 * Scrapes all accounts on a schedule, or once, and pushes the samples. A queue on disk keeps them
 * until they are delivered.
 */
export const push: Command<{ once?: true; endSeries?: true; demo?: true }> = {
  name: 'push',
  summary: 'push samples to the destinations of VCC_PUSH_URL or VCC_PUSH_DESTINATIONS',
  about:
    'Scrapes all accounts every VCC_PUSH_INTERVAL and pushes the samples: by remote write, by OTLP, to a Pushgateway, or as CloudWatch metrics. A queue on disk, in VCC_PUSH_FOLDER, keeps them until they are delivered (docs/run/push.md).',
  options: [
    new Option('--once', 'scrape and push once'),
    // After a single scrape it would hide the samples that were just pushed.
    new Option('--end-series', 'when stopped, end all series at the destinations').conflicts('once'),
    demoOption(),
  ],
  sections: [...accountSections, 'Push', 'Destinations'],
  statuses: [
    'it was stopped; with --once: all samples were delivered',
    'it failed; with --once: some samples were not delivered',
  ],
  examples: ['push', 'push --end-series', 'push --once --env-file acme.env'],
  async run(terminal, options) {
    if (!options.once) terminal.outlastReaders();
    const stop = untilStopped(terminal);
    const local = await openLocalAccounts(terminal, demoOf(options));
    let opened: LocalPushers | undefined;
    try {
      const { settings } = local;
      // Simulated samples must not be in the same queue as real ones.
      const folder = resolve(terminal.folder, `${settings.VCC_PUSH_FOLDER}${local.simulator ? '-demo' : ''}`);
      opened = await openLocalPushers(local.env, local, folder, stop, {
        log: terminal.note,
        print: terminal.data,
      });
      const { lost } = opened;
      const end = cancelledBy(stop, lost);
      const { pushers, destinations } = opened;
      const names = destinations.map(({ name }) => name).join(', ');
      terminal.note(`Pushing ${pushers.map(({ account }) => account).join(', ')} to ${names}.`);
      const status = options.once
        ? await pushOnce(pushers, terminal, end)
        : await pushOn(pushers, settings.VCC_PUSH_INTERVAL, end);
      lost.throwIfAborted();
      if (options.endSeries) await endAllSeries(pushers, cancelledBy(deadlineIn(endMs), lost));
      return status;
    } finally {
      await opened?.close();
      await local.close();
    }
  },
};

async function pushOnce(pushers: readonly Pusher[], terminal: Terminal, stop: Deadline): Promise<number> {
  const slotMs = Date.now();
  await Promise.all(
    pushers.map(async (pusher) => {
      await pusher.scrape(slotMs, startingNow(stop));
      await pusher.send(within(stop, onceMs));
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

async function pushOn(pushers: readonly Pusher[], intervalMs: number, stop: Deadline): Promise<number> {
  await Promise.all(
    pushers.map((pusher) =>
      pushSlots(pusher, {
        slots: nextSlots(intervalMs, Date.now),
        intervalMs,
        timing: systemTiming,
        deadline: stop,
        async onSlot() {
          await pusher.save();
          // They are logged already.
          pusher.takeFailures();
        },
      }),
    ),
  );
  return 0;
}

async function endAllSeries(pushers: readonly Pusher[], deadline: Deadline): Promise<void> {
  await Promise.all(
    pushers.map(async (pusher) => {
      await pusher.endSeries();
      await pusher.send(deadline);
      await pusher.finish();
    }),
  );
  deadline.end();
}
