import type { Option } from 'commander';
import type { Setting } from '../config/setting.ts';
import type { Terminal } from './terminal.ts';

/** A section of docs/reference/settings.md. */
export type Section = Setting<unknown>['section'];

/** A command of the command line. */
export interface Command<Options> {
  name: string;
  /** One line, for the list of commands. */
  summary: string;
  /** The description in the command's help. */
  about: string;
  options: readonly Option[];
  /** The sections whose settings it reads. */
  sections: readonly Section[];
  /** The meanings of exit status 0 and 1. Status 2 is the same for all commands. */
  statuses: readonly [done: string, failed: string];
  /** Command lines without the program's name. */
  examples: readonly string[];
  /** Further text for the help. */
  notes?: string;
  /** Runs the command. Returns the exit status. @throws ConfigError */
  run(terminal: Terminal, options: Options): Promise<number>;
}

/** The sections for all commands that read accounts. */
export const accountSections = [
  'Account',
  'Several accounts',
  'Secrets Manager',
  'Reading',
  'Metrics',
  'Single agents',
  'Teams and names',
  'Queues and skills',
] as const satisfies Section[];
