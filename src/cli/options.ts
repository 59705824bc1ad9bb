import { Option } from 'commander';
import { ConfigError, quoteValue } from '../config/load.ts';
import { Unfit } from '../config/parse.ts';
import type { Demo, LocalAccounts } from './accounts.ts';

/** Returns the option for simulated accounts. */
export const demoOption = () =>
  new Option('--demo', 'show the simulated accounts simulated-uk and simulated-us');

/** Returns when to show simulated accounts. */
export const demoOf = ({ demo }: { demo?: true }): Demo => (demo ? 'always' : 'never');

/** Returns the option that chooses one account. */
export const accountOption = () => new Option('--account <name>', 'only this account');

/**
 * Returns only the accounts with this name, or all accounts if it is undefined.
 * @throws ConfigError when no account has the name
 */
export function chooseAccounts(local: LocalAccounts, name: string | undefined): LocalAccounts {
  const accounts = local.accounts.filter(({ account }) => name === undefined || account.name === name);
  if (accounts.length > 0) return { ...local, accounts };
  const names = local.accounts.map(({ account }) => account.name).join(', ');
  throw new ConfigError([`--account: expected one of ${names}; received another name`]);
}

/** Collects the values of an option that may be given several times. */
export const collect = (value: string, previous: readonly string[]): string[] => [...previous, value];

/** Parses options with the parsers of settings, and collects all problems. */
export interface OptionReader {
  /** Returns the value, or undefined if it is invalid. */
  read<T>(option: string, given: string, parse: (text: string) => T): T;
  problems: string[];
  /** Call it after all options are read. @throws ConfigError when an option was invalid */
  done(): void;
}

/** Creates a reader without problems. */
export function createOptionReader(): OptionReader {
  const problems: string[] = [];
  return {
    problems,
    read<T>(option: string, given: string, parse: (text: string) => T): T {
      try {
        return parse(given);
      } catch (error) {
        if (!(error instanceof Unfit)) throw error;
        const received = given === '' ? 'nothing' : quoteValue(given, true);
        problems.push(`--${option}: expected ${error.expected}; received ${received}`);
        return undefined as T;
      }
    },
    done() {
      if (problems.length > 0) throw new ConfigError(problems);
    },
  };
}
