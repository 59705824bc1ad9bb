import { resolve } from 'node:path';
import { Option } from 'commander';
import { tryOtherHosts, type WatchOptions, watchAccount } from '../app/watch.ts';
import { type Advice, mergeEnv, toAdvice, toEnvLines, toYamlLines } from '../calibrate/advice.ts';
import { type OtherHosts, toReport, type Watch } from '../calibrate/report.ts';
import { ConfigError } from '../config/load.ts';
import { wholeNumber } from '../config/parse.ts';
import { describeFileError } from '../files/write.ts';
import { createGate } from '../http/gate.ts';
import { describeQuestions } from '../snapshot/semantics.ts';
import { systemTiming, type Timing } from '../timing.ts';
import { type LocalAccounts, openLocalAccounts } from './accounts.ts';
import { accountSections, type Command } from './command.ts';
import { checkRewrite, rewriteEnvFile } from './env-file.ts';
import { accountOption, chooseAccounts, createOptionReader, demoOf, demoOption } from './options.ts';
import { type Terminal, untilStopped } from './terminal.ts';

interface CalibrateOptions {
  minutes: string;
  requests: string;
  account?: string;
  write?: string;
  demo?: true;
}

/** Answers questions that the API reference leaves open for accounts, and prints settings. */
export const calibrate: Command<CalibrateOptions> = {
  name: 'calibrate',
  summary: 'find out what the numbers of an account mean',
  about:
    'Reads agent-status of all accounts, or of one, repeatedly, and answers questions that the API reference leaves open. Examples: whether `since` restarts when a call is connected, when the workload of a call falls, which words are unknown, which fields are absent, how agents are split into pages. At the end it prints the settings to set. With VCC_QUEUES it also tests the rule for who waits in a queue. It prints no id, name, description or phone number. docs/use/calibrate.md explains the results.',
  options: [
    new Option('--minutes <n>', 'how many minutes to watch, 10 to 30').default('15'),
    new Option('--requests <n>', 'maximum number of requests to each account, 20 to 10000').default('600'),
    new Option('--write <file>', 'write the settings to this env file and keep its other lines'),
    accountOption(),
    demoOption(),
  ],
  sections: accountSections,
  statuses: ['all accounts were read', 'an account could not be read, or the file was not written'],
  examples: ['calibrate', 'calibrate --account acme-uk --minutes 30', 'calibrate --write .env'],
  notes: `Questions, and what each answer means:
${describeQuestions()
  .map((line) => `  ${line}`)
  .join('\n')}`,
  run: (terminal, options) => runCalibrate(terminal, options, systemTiming),
};

/** Runs the command on a clock. @throws ConfigError */
export async function runCalibrate(
  terminal: Terminal,
  given: CalibrateOptions,
  timing: Timing,
): Promise<number> {
  const { read, done } = createOptionReader();
  const durationMs = read('minutes', given.minutes, wholeNumber(10, 30)) * 60_000;
  const requests = read('requests', given.requests, wholeNumber(20, 10_000));
  done();
  const stop = untilStopped(terminal);
  const opened = await openLocalAccounts(terminal, demoOf(given));
  try {
    const file = given.write === undefined ? undefined : resolve(terminal.folder, given.write);
    if (file !== undefined) await checkFile(file, opened);
    const chosen = chooseAccounts(opened, given.account);
    const gate = createGate(opened.settings.VCC_CONCURRENCY);
    const { network } = opened;
    const each = chosen.accounts.length > 1 ? ' each' : '';
    terminal.note(
      `Watching ${chosen.accounts.map(({ account }) => account.name).join(', ')} for ${given.minutes} minutes, with at most ${requests} requests${each}. Ctrl+C ends it early.`,
    );
    const options = { durationMs, requests, timing, stop, gate, network, log: terminal.note };
    const results = await Promise.all(
      chosen.accounts.map((account) => calibrateAccount(terminal, account, options)),
    );
    printResults(terminal, results);
    printSettings(terminal, results, opened);
    const failed = results.some(({ watch }) => watch.findings.readings === 0);
    const [{ advice }] = results as [Result];
    if (file === undefined || Object.keys(advice).length === 0) return failed ? 1 : 0;
    return (await writeSettings(terminal, file, advice)) && !failed ? 0 : 1;
  } finally {
    await opened.close();
  }
}

type OpenAccount = LocalAccounts['accounts'][number];

interface Result {
  account: OpenAccount;
  watch: Watch;
  hosts: OtherHosts;
  advice: Advice;
}

async function calibrateAccount(
  terminal: Terminal,
  account: OpenAccount,
  options: WatchOptions,
): Promise<Result> {
  const { settings, vault } = account;
  let notedMs = Number.POSITIVE_INFINITY;
  const watch = await watchAccount(account.account, {
    ...options,
    onReading({ readings, observations, leftMs }) {
      // About once a minute.
      if (notedMs - leftMs < 60_000) return;
      notedMs = leftMs;
      const minutes = Math.max(0, Math.ceil(leftMs / 60_000));
      terminal.note(
        `${account.account.name}: readings ${readings}, observations ${observations}, ${minutes} min left`,
      );
    },
  });
  const hosts = await hostsAfter(watch, () => tryOtherHosts(settings, vault, options));
  const current = {
    semantics: settings.VCC_SEMANTICS,
    known: settings.VCC_KNOWN_VALUES,
    pageSize: settings.VCC_PAGE_SIZE,
  };
  const onlyThere = watch.findings.readings === 0 && 'agents' in hosts;
  const advice = onlyThere ? { VCC_HOSTS: hosts.family } : toAdvice(watch.findings, current);
  return { account, watch, hosts, advice };
}

/** Requests to the other hosts count towards the same budget. */
async function hostsAfter({ ending }: Watch, ask: () => Promise<OtherHosts>): Promise<OtherHosts> {
  if (ending.by === 'stopped') return { untried: 'it was stopped early' };
  return ending.by === 'throttled' ? { untried: 'the API answered 429' } : ask();
}

function printResults(terminal: Terminal, results: readonly Result[]): void {
  for (const { account, watch, hosts } of results) {
    const { name } = account.account;
    if (watch.findings.readings > 0) {
      const { VCC_SEMANTICS: semantics, VCC_MAX_FLAWED_AGENTS: maxFlawedPercent } = account.settings;
      for (const line of toReport({ account: name, watch, hosts, semantics, maxFlawedPercent })) {
        terminal.print(line);
      }
    } else {
      terminal.print(`${name}: it could not be read: ${whyUnread(watch)}`);
      terminal.print(
        'agents' in hosts
          ? `The hosts of the family ${hosts.family} answer.`
          : 'Run vcc-exporter check to try it step by step.',
      );
    }
    terminal.print('');
  }
}

function whyUnread({ ending }: Watch): string {
  if ('message' in ending) return ending.message;
  return ending.by === 'requests' ? 'all requests were used (--requests)' : 'it was stopped';
}

function printSettings(
  terminal: Terminal,
  results: readonly Result[],
  { settings, simulator }: LocalAccounts,
) {
  const some = results.filter(({ advice }) => Object.keys(advice).length > 0);
  if (some.length === 0) {
    if (results.some(({ watch }) => watch.findings.readings > 0)) terminal.print('Nothing to set.');
    return;
  }
  const inList = settings.VCC_CONFIG !== undefined || simulator !== undefined;
  terminal.print(inList ? 'Fields to set in the list of VCC_CONFIG:' : 'Settings to set:');
  terminal.print('');
  const lines = inList
    ? [
        'accounts:',
        ...toYamlLines(some.map(({ account, advice }) => ({ name: account.account.name, advice }))),
      ]
    : toEnvLines(some[0]!.advice);
  for (const line of lines) terminal.print(line);
}

/** Checks that the file can be written before the minutes of watching. @throws ConfigError */
async function checkFile(file: string, { settings, simulator }: LocalAccounts): Promise<void> {
  if (simulator !== undefined) {
    throw new ConfigError(['--write: expected an account of yours, not --demo']);
  }
  if (settings.VCC_CONFIG !== undefined) {
    throw new ConfigError([
      '--write: expected a single account without VCC_CONFIG; without --write, the fields for its list are printed',
    ]);
  }
  try {
    await checkRewrite(file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(error.problems.map((problem) => `--write: ${problem}`));
  }
}

async function writeSettings(terminal: Terminal, file: string, advice: Advice): Promise<boolean> {
  try {
    await rewriteEnvFile(file, (text) => mergeEnv(text, advice));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    terminal.note(`${file}: not written: ${describeFileError(error)}`);
    return false;
  }
  terminal.note(`${file}: written.`);
  return true;
}
