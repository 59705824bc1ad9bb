import { build } from '../build.ts';
import { ConfigError } from '../config/load.ts';
import { logLine, toLogFields } from '../log.ts';
import { check } from './check.ts';
import { forward, forwardHelp } from './forward.ts';
import { push } from './push.ts';
import { replay } from './replay.ts';
import { scrape } from './scrape.ts';
import { serve } from './serve.ts';
import { simulate, simulateHelp } from './simulate.ts';
import type { Command, Terminal } from './terminal.ts';

const help = `vcc-exporter: Prometheus exporter for Vonage Contact Center

  vcc-exporter serve        serve metrics on this machine and show the floor
  vcc-exporter scrape       scrape once to standard output  [--format text|openmetrics] [--account NAME]
  vcc-exporter push         push samples to where VCC_PUSH_URL or VCC_PUSH_DESTINATIONS say  [--once]
  vcc-exporter replay       send again what a destination rejected  [--list]
  vcc-exporter forward      send any exposition by remote write  --from URL --to URL [--once] …
  vcc-exporter check        try settings, credentials and the API, step by step
  vcc-exporter simulate     serve a simulator of the VCC API

  --help, --version

Settings come from the environment or a .env file: docs/configuration.md.
serve, scrape, push and check show simulated accounts with --demo.

${forwardHelp}

${simulateHelp}`;

const commands: Record<string, Command> = { serve, scrape, push, replay, forward, check, simulate };

/** Runs one command line. Exit status: 0 done, 1 failed, 2 not understood or bad settings. */
export async function run(terminal: Terminal, args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (args.includes('--help') || args.includes('-h') || name === 'help') {
    terminal.print(help);
    return 0;
  }
  // `forward` has an option of that name, with a value.
  if (args.at(-1) === '--version') {
    terminal.print(`vcc-exporter ${build.version} (${build.revision}), Node.js ${build.nodejs}`);
    return 0;
  }
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    const received = name === undefined ? 'nothing' : `"${name}"`;
    terminal.note(
      `vcc-exporter: expected ${Object.keys(commands).join(', ')}; received ${received}. --help says more.`,
    );
    return 2;
  }
  try {
    return await command(terminal, rest);
  } catch (error) {
    if (error instanceof ConfigError)
      for (const problem of error.problems) terminal.note(`vcc-exporter: ${problem}`);
    else if (isArgumentError(error)) terminal.note(`vcc-exporter: ${error.message}`);
    else {
      terminal.note(logLine('error', 'command failed', toLogFields(error)));
      return 1;
    }
    return 2;
  }
}

/** What util.parseArgs throws; its message names the option. */
function isArgumentError(error: unknown): error is Error {
  return String((error as NodeJS.ErrnoException | undefined)?.code).startsWith('ERR_PARSE_ARGS');
}
