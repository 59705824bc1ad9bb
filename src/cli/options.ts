import { Option } from 'commander';
import { ConfigError } from '../config/load.ts';
import { Unfit } from '../config/parse.ts';
import type { Demo, LocalAccounts } from './accounts.ts';

/** Shows simulated accounts. */
export const demoOption = () =>
  new Option('--demo', 'show the simulated accounts simulated-uk and simulated-us');

/** Whether simulated accounts were asked for. */
export const demoOf = ({ demo }: { demo?: true }): Demo => (demo ? 'always' : 'never');

/** Chooses an account. */
export const accountOption = () => new Option('--account <name>', 'only this account');

/** Those of the accounts that have the name; all, without one. @throws ConfigError when none has it */
export function chooseAccounts(local: LocalAccounts, name: string | undefined): LocalAccounts {
  const accounts = local.accounts.filter(({ account }) => name === undefined || account.name === name);
  if (accounts.length > 0) return { ...local, accounts };
  const names = local.accounts.map(({ account }) => account.name).join(', ');
  throw new ConfigError([`--account: expected one of ${names}; received "${name}"`]);
}

/** For an option that may be given several times. */
export const collect = (value: string, previous: readonly string[]): string[] => [...previous, value];

/** Reads texts of options as settings are read, and gathers all that does not fit. */
export interface OptionReader {
  /** Undefined if it does not fit. */
  read<T>(option: string, given: string, parse: (text: string) => T): T;
  problems: string[];
  /** @throws ConfigError when something did not fit */
  done(): void;
}

/** Begins to read options. */
export function createOptionReader(): OptionReader {
  const problems: string[] = [];
  return {
    problems,
    read<T>(option: string, given: string, parse: (text: string) => T): T {
      try {
        return parse(given);
      } catch (error) {
        if (!(error instanceof Unfit)) throw error;
        problems.push(
          `--${option}: expected ${error.expected}; received ${given === '' ? 'nothing' : `"${given}"`}`,
        );
        return undefined as T;
      }
    },
    done() {
      if (problems.length > 0) throw new ConfigError(problems);
    },
  };
}
