import { CommanderError, Option, Command as Parser } from 'commander';
import { build } from '../build.ts';
import { ConfigError } from '../config/load.ts';
import type { Setting } from '../config/setting.ts';
import { settings } from '../config/settings.ts';
import { logLine, toLogFields } from '../log.ts';
import { readLocalEnvironment } from './accounts.ts';
import { calibrate } from './calibrate.ts';
import { check } from './check.ts';
import type { Command, Section } from './command.ts';
import { push } from './push.ts';
import { record } from './record.ts';
import { replay } from './replay.ts';
import { rules } from './rules.ts';
import { scrape } from './scrape.ts';
import { serve } from './serve.ts';
import { simulate } from './simulate.ts';
import { guardTerminal, type Terminal } from './terminal.ts';

const program = 'vcc-exporter';

/** All commands, in the order of the help. docs/reference/cli.md is generated from this table. */
export const commands: readonly Command<never>[] = [
  serve,
  scrape,
  push,
  replay,
  check,
  calibrate,
  record,
  simulate,
  rules,
];

/** Options of every command. */
export const commonOptions: readonly Option[] = [
  new Option('--env-file <path>', 'read settings from this file, not from .env in the working directory'),
];

/** Width of the help, in columns. */
const width = 100;

/**
 * Runs one command line. Returns the exit status: 0 success, 1 failure, 2 invalid options or
 * settings.
 */
export async function run(given: Terminal, args: readonly string[]): Promise<number> {
  const terminal = guardTerminal(given);
  let status = 0;
  let usage = '';
  const parser = new Parser(program)
    .description('Prometheus exporter for Vonage Contact Center.')
    .version(
      `${program} ${build.version} (${build.revision}), Node.js ${build.nodejs}`,
      '--version',
      'show the version',
    )
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      // Errors are thrown too.
      writeErr: (text) => {
        usage += text;
      },
      getOutHelpWidth: () => width,
      getErrHelpWidth: () => width,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', `\n${program} COMMAND --help shows the options and settings of a command.`);
  for (const option of commonOptions) parser.addOption(option);
  for (const command of commands) {
    const one = parser.command(command.name).summary(command.summary).description(command.about);
    for (const option of command.options) one.addOption(option);
    one.addHelpText('after', moreHelp(command));
    one.action(async () => {
      const { envFile } = parser.opts<{ envFile?: string }>();
      const its = { ...terminal, envFile };
      // --env-file must exist, even if the command does not read it.
      if (envFile !== undefined && command.sections.length === 0) await readLocalEnvironment(its);
      status = await command.run(its, one.opts() as never);
    });
  }
  try {
    await parser.parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      // Without a command, show the usage.
      terminal.note(error.code === 'commander.help' ? usage.trimEnd() : toProblem(error, args));
      return 2;
    }
    if (!(error instanceof ConfigError)) {
      terminal.note(logLine('error', 'command failed', toLogFields(error)));
      return 1;
    }
    for (const problem of error.problems) terminal.note(`${program}: ${problem}`);
    return 2;
  }
}

/**
 * Describes an error in one line. It quotes only arguments that look like a command or an option:
 * other texts may be secrets.
 */
function toProblem({ code, message }: CommanderError, args: readonly string[]): string {
  const [what = '', hint] = message.replace(/^error: /, '').split('\n');
  const [, kind = '', given = ''] = /^unknown (option|command) '(.*)$/.exec(what) ?? [];
  const [name] =
    (kind === 'option' ? /^--?[a-z][a-z-]{0,20}(?=[='])/ : /^[a-z]{1,20}(?=')/).exec(given) ?? [];
  // The option exists but takes no value, as in --demo=1.
  const takesNone = name !== undefined && hint === `(Did you mean ${name}?)`;
  const command = args.find((each) => commands.some((known) => known.name === each));
  const help = `${command === undefined ? program : `${program} ${command}`} --help`;
  const problem = takesNone
    ? `option '${name}' takes no value.`
    : (problemOf() ?? 'the arguments are not valid.');
  return `${program}: ${problem} See ${help}.`;

  function problemOf(): string | undefined {
    if (kind !== '') {
      const meant = hint?.replace(/^\(D(.*)\?\)$/, '; d$1?') ?? '.';
      return name === undefined ? `unknown ${kind}.` : `unknown ${kind} '${name}'${meant}`;
    }
    // These messages name only our options and commands.
    const ours = [
      'commander.optionMissingArgument',
      'commander.conflictingOption',
      'commander.excessArguments',
    ];
    return ours.includes(code) ? `${what.replace(/\.$/, '')}.` : undefined;
  }
}

/** The meaning of exit status 2 for a command that reads these sections. */
export const statusTwoOf = (sections: readonly Section[]): string =>
  sections.length === 0
    ? 'options are invalid'
    : 'options or settings are invalid, or credentials are missing';

function moreHelp({ sections, statuses, examples, notes }: Command<never>): string {
  const [done, failed] = statuses;
  const parts = [
    ...(notes === undefined ? [] : [notes]),
    sections.length === 0
      ? 'It reads no VCC_* settings.'
      : `Settings, from the environment or from .env (docs/reference/settings.md explains them):\n${sections.map(settingsOf).join('\n')}`,
    `Exit status:\n  0  ${done}\n  1  ${failed}\n  2  ${statusTwoOf(sections)}`,
    `Examples:\n${examples.map((line) => `  ${program} ${line}`).join('\n')}`,
  ];
  return `\n${parts.join('\n\n')}`;
}

/** Returns the heading of a section and the names of its settings. */
function settingsOf(section: Section): string {
  const names = Object.entries<Setting<unknown>>(settings).flatMap(([name, each]) =>
    each.section === section ? [name] : [],
  );
  const lines = [''];
  for (const [index, name] of names.entries()) {
    const word = index < names.length - 1 ? `${name},` : name;
    if (`    ${lines.at(-1)} ${word}`.length > width) lines.push('');
    lines.push(`${lines.pop()} ${word}`.trim());
  }
  return [`  ${section}`, ...lines.map((line) => `    ${line}`)].join('\n');
}
