import { access, constants, lstat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { Option } from 'commander';
import { build } from '../build.ts';
import { ConfigError } from '../config/load.ts';
import { duration, wholeNumber } from '../config/parse.ts';
import { scrapeErrors, toScrapeErrorCode } from '../errors.ts';
import { describeFileError, removeUnfinished, writeNew } from '../files/write.ts';
import { encodeRecording } from '../recording/format.ts';
import { type Recorded, record as recordAccount } from '../recording/record.ts';
import { systemTiming } from '../timing.ts';
import { type LocalAccounts, openLocalAccounts } from './accounts.ts';
import { accountSections, type Command } from './command.ts';
import { accountOption, chooseAccounts, createOptionReader, demoOf, demoOption } from './options.ts';
import { type Terminal, untilStopped } from './terminal.ts';

interface RecordCommandOptions {
  out: string;
  readings: string;
  interval: string;
  account?: string;
  demo?: true;
}

/** Writes the answers for an account to a file for a bug report. */
export const record: Command<RecordCommandOptions> = {
  name: 'record',
  summary: 'write anonymized answers of the API to a file for a bug report',
  about:
    'Reads an account several times and writes the answers of the API to a file, including answers that the exporter cannot parse. Records agent-status only, not queues. Replaces ids, guids, descriptions, times, and everything that the API reference does not name. Equal values get equal replacements. simulate --from serves the file.',
  options: [
    new Option('--out <file>', 'the file to write; it must not exist yet').default('vcc-recording.json'),
    new Option('--readings <n>', 'how often to read the account, 1 to 100 times').default('3'),
    new Option(
      '--interval <time>',
      'time between two readings; the API allows clients to cache its answers for 5s',
    ).default('10s'),
    accountOption(),
    demoOption(),
  ],
  sections: accountSections,
  statuses: ['the file was written', 'nothing was written'],
  examples: ['record', 'record --account acme-uk --out acme.json', 'record --readings 1'],
  notes:
    'It stops early at a 429, at rejected credentials, and on Ctrl+C. It then writes the answers so far.',
  async run(terminal, options) {
    const { read, done } = createOptionReader();
    const readings = read('readings', options.readings, wholeNumber(1, 100));
    const intervalMs = read('interval', options.interval, duration(5000, 3_600_000));
    done();
    const stop = untilStopped(terminal);
    const local = await openLocalAccounts(terminal, demoOf(options));
    try {
      const account = onlyAccount(chooseAccounts(local, options.account));
      const path = resolve(terminal.folder, options.out);
      await refuseFile(path);
      const times = readings === 1 ? 'once' : `${readings} times, every ${intervalMs / 1000} s`;
      terminal.note(
        `Reading the account ${account.name} ${times}. Everything that may identify a person is replaced before ${path} is written.`,
      );
      const recorded = await recordAccount(account, {
        readings,
        intervalMs,
        network: local.network,
        timing: systemTiming,
        userAgent: `vcc-exporter/${build.version}`,
        stop,
      });
      return await save(terminal, path, recorded, readings);
    } catch (error) {
      const code = toScrapeErrorCode(error);
      if (code === undefined) throw error;
      terminal.note(`Nothing was recorded: ${(error as Error).message}`);
      if (!stop.signal.aborted) terminal.note(scrapeErrors[code].advice);
      return 1;
    } finally {
      await local.close();
    }
  },
};

/** A recording has one account. */
function onlyAccount({ accounts }: LocalAccounts) {
  if (accounts.length === 1) return accounts[0]!.account;
  const names = accounts.map(({ account }) => account.name).join(', ');
  throw new ConfigError([`--account: expected one of ${names}; received nothing`]);
}

const taken = 'exists already; choose another name';

/** Checks before the first request that the file can be written. @throws ConfigError */
async function refuseFile(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found) throw new ConfigError([`--out: ${path}: ${found.isDirectory() ? 'is a folder' : taken}`]);
  await access(dirname(path), constants.W_OK).catch((error) => {
    throw new ConfigError([`--out: ${path}: cannot be written (${describeFileError(error)})`]);
  });
}

async function save(
  terminal: Terminal,
  path: string,
  { recording, failure }: Recorded,
  wanted: number,
): Promise<number> {
  try {
    await writeNew(path, encodeRecording(recording, build.version));
    await removeUnfinished(dirname(path), { file: basename(path) });
  } catch (error) {
    terminal.note(`${path}: not written (${describeFileError(error)})`);
    return 1;
  }
  if (failure) terminal.note(`A reading failed, and the file shows this too: ${failure.message}`);
  const read = recording.readings.length;
  const answers = recording.readings.reduce((sum, reading) => sum + reading.answers.length, 0);
  const of = read < wanted ? `${read} of ${wanted} readings` : count(read, 'reading');
  terminal.note(
    `${path} has ${of} with ${count(answers, 'answer')}. Before you send it, look through it for names, numbers and times that you know.`,
  );
  return 0;
}

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;
