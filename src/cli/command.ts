import type { Option } from 'commander';
import type { Setting } from '../config/setting.ts';
import type { Terminal } from './terminal.ts';

/** A part of docs/configuration.md. */
export type Section = Setting<unknown>['section'];

/** A command: what its help says of it, the options that it takes, and what it does with them. */
export interface Command<Options> {
  name: string;
  /** A line, for the list of all commands. */
  summary: string;
  /** All that must be known to use it. */
  about: string;
  options: readonly Option[];
  /** Whose settings it reads. */
  sections: readonly Section[];
  /** What exit status 0 and 1 mean; 2 means the same for all commands. */
  statuses: readonly [done: string, failed: string];
  /** Command lines without the program's name. */
  examples: readonly string[];
  /** More for its help. */
  notes?: string;
  /** Gives the exit status. @throws ConfigError */
  run(terminal: Terminal, options: Options): Promise<number>;
}

/** Sections that all need who read accounts. */
export const accountSections = [
  'Account',
  'Several accounts',
  'Secrets Manager',
  'Reading',
  'Metrics',
  'Single agents',
  'Teams and names',
] as const satisfies Section[];
