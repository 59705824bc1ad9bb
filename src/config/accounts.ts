import { DocumentError, type ReadText } from '../documents/errors.ts';
import { isMapping, kindOf, parseYaml, type Value } from '../documents/yaml.ts';
import {
  accountContradictions,
  ConfigError,
  didYouMean,
  type Environment,
  loadSettings,
  readSettings,
  settingNames,
} from './load.ts';
import { type Setting, type SettingName, type Settings, settings } from './settings.ts';

/** What the exporter is told: settings for all, and those of each account, which hold the former where it says nothing. */
export interface Config {
  settings: Settings;
  /** At least one; names are different. */
  accounts: readonly Settings[];
}

/** Fields of an account in VCC_CONFIG, and the settings that they are. */
export const accountFields: ReadonlyMap<string, SettingName> = new Map(
  settingNames.flatMap((name) => {
    const { field } = settings[name] as Setting<unknown>;
    return field === undefined ? [] : [[field, name] as const];
  }),
);

/** Longest that reading the list of accounts may take. */
const readMs = 10_000;

/**
 * Reads the settings, and the accounts that VCC_CONFIG lists, if it is set.
 * @throws ConfigError with every problem, named by its variable or by its place in the list
 */
export async function loadConfig(env: Environment, readText: ReadText): Promise<Config> {
  const shared = loadSettings(env);
  const source = shared.VCC_CONFIG;
  if (source === undefined) return { settings: shared, accounts: [shared] };
  const name = 'inline' in source ? 'VCC_CONFIG' : source.location;
  try {
    const text =
      'inline' in source ? source.inline : await readText(source.location, AbortSignal.timeout(readMs));
    return { settings: shared, accounts: toAccounts(await parseYaml(text, name), name, env) };
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new ConfigError([`VCC_CONFIG: ${error.message}`], { retryable: error.retryable });
  }
}

function toAccounts(document: Value, name: string, env: Environment): Settings[] {
  const problems: string[] = [];
  const unfit = (where: string, expected: string, received: string) => {
    problems.push(`${name}: ${where === '' ? '' : `${where}: `}expected ${expected}; received ${received}`);
  };
  const accounts: Settings[] = [];
  const seen = new Set<string>();
  const { accounts: entries, ...others } = isMapping(document) ? document : {};
  if (!isMapping(document)) unfit('', 'a mapping with accounts', kindOf(document));
  else if (!Array.isArray(entries) || entries.length === 0) {
    unfit('accounts', 'a list of at least one account', Array.isArray(entries) ? 'none' : kindOf(entries));
  }
  for (const key of Object.keys(others)) {
    problems.push(`${name}: ${quoteName(key)}: there is no such field${didYouMean(key, ['accounts'])}`);
  }
  for (const [index, entry] of (Array.isArray(entries) ? (entries as Value[]) : []).entries()) {
    const where = `accounts[${index}]`;
    if (!isMapping(entry)) {
      unfit(where, 'a mapping with a name', kindOf(entry));
      continue;
    }
    const { texts: own, fromVariables } = toTexts(entry, where);
    const nameOf = (setting: SettingName) => `${where}.${fieldOf(setting)}`;
    if (own.VCC_ACCOUNT === undefined) unfit(`${where}.name`, 'a name', 'nothing');
    else if (seen.has(own.VCC_ACCOUNT)) {
      unfit(`${where}.name`, 'a name that no other account has', JSON.stringify(own.VCC_ACCOUNT));
    }
    if (own.VCC_ACCOUNT !== undefined) seen.add(own.VCC_ACCOUNT);
    const texts = { ...inherited(env, own), ...own };
    const read = readSettings(texts, nameOf, fromVariables);
    const unfitting = [...read.problems, ...accountContradictions(read.values, nameOf)];
    problems.push(...unfitting.map((problem) => `${name}: ${problem}`));
    // One whose variable is not set has been named already.
    const named = (setting: SettingName) => own[setting] !== undefined || Boolean(texts[setting]);
    if (!named('VCC_CLIENT_ID') && !named('VCC_CLIENT_SECRET') && !named('VCC_SECRET_ID')) {
      unfit(where, 'a secret_id, or client_id and client_secret', 'neither');
    }
    accounts.push(read.values as Settings);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return accounts;

  /** An account's fields as texts, by the names of their settings, and which of them may be secrets in the wrong field. */
  function toTexts(entry: { readonly [key: string]: Value }, where: string) {
    const texts: Partial<Record<SettingName, string>> = {};
    const fromVariables = new Set<SettingName>();
    for (const [field, value] of Object.entries(entry)) {
      const setting = accountFields.get(field);
      if (setting === undefined) {
        const hint = didYouMean(field, [...accountFields.keys()]);
        problems.push(`${name}: ${where}.${quoteName(field)}: there is no such field${hint}`);
        continue;
      }
      const text = toText(value, settings[setting]);
      if (text === undefined) unfit(`${where}.${field}`, 'a text or number', kindOf(value));
      else if (text !== '') texts[setting] = resolve(text, `${where}.${field}`);
      if (texts[setting] !== text) fromVariables.add(setting);
    }
    return { texts, fromVariables };
  }

  /** `${NAME}` stands for a variable of the environment, so that a file need not hold secrets. */
  function resolve(text: string, where: string): string {
    const [, variable] = /^\$\{(\w+)\}$/.exec(text) ?? [];
    if (variable === undefined) return text;
    const value = Object.hasOwn(env, variable) ? env[variable]?.trim() : undefined;
    if (!value) unfit(where, `the environment variable ${variable} to be set`, 'nothing');
    return value ?? '';
  }
}

function toText(value: Value, { parse }: Setting<unknown>): string | undefined {
  if (typeof value === 'string') return value.trim();
  const listed = Array.isArray(parse.schema.type) && parse.schema.type.includes('array');
  const plain = Array.isArray(value) && value.every((part) => typeof part === 'string');
  return listed && plain ? value.join(',') : undefined;
}

/** The environment for an account: a secret for all is not for one that has credentials of its own. */
function inherited(env: Environment, own: Environment): Environment {
  const { VCC_CONFIG: _, VCC_SECRET_ID: secretId, ...rest } = env;
  const ownCredentials = own.VCC_CLIENT_ID !== undefined || own.VCC_CLIENT_SECRET !== undefined;
  return ownCredentials ? rest : { ...rest, VCC_SECRET_ID: secretId };
}

function fieldOf(setting: SettingName): string {
  return (settings[setting] as Setting<unknown>).field ?? setting;
}

/** A key of the file, if it looks like one; a secret may stand where a key should. */
function quoteName(key: string): string {
  return /^\w{1,40}$/.test(key) ? key : 'a name that is not letters, digits and _';
}
