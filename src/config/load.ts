import { closest, distance } from 'fastest-levenshtein';
import { minCredentialLength } from '../credentials.ts';
import { ExporterError } from '../errors.ts';
import { redact } from '../redact.ts';
import { Unfit } from './parse.ts';
import type { Setting } from './setting.ts';
import { type SettingName, type Settings, settings } from './settings.ts';

/** Settings are invalid. `problems` has one line per problem, without known secrets. */
export class ConfigError extends ExporterError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options: { retryable?: boolean } = {}) {
    super('config', problems.join('\n'), options);
    this.problems = problems.map((problem) => redact(problem));
  }
}

/** The environment, or another source of settings. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The prefix of the variables that lists of accounts and destinations may use as `${NAME}`. */
export const variablePrefix = 'VCC_VAR_';

/** The names of all settings, in the order of the table. */
export const settingNames = Object.keys(settings) as SettingName[];

/** Returns the name of a setting for messages: its variable, or its place in a file. */
export type NameSetting = (name: SettingName) => string;

/** Settings of a single account. They exclude a list of accounts. */
const identity = [
  'VCC_ACCOUNT',
  'VCC_CLIENT_ID',
  'VCC_CLIENT_SECRET',
  'VCC_TOKEN_URL',
  'VCC_API_URL',
] as const satisfies SettingName[];

/**
 * Reads all settings. An empty variable counts as not set.
 * @throws ConfigError with all problems: invalid values, unknown VCC_* names, and settings that
 * contradict each other
 */
export function loadSettings(env: Environment): Settings {
  const { values, problems } = readSettings(env, (name) => name);
  for (const name of Object.keys(env)) {
    if (name.startsWith(variablePrefix)) continue;
    if (name.startsWith('VCC_') && !(name in settings)) problems.push(unknownSetting(name));
  }
  problems.push(...newProblems(problems, contradictions(values)));
  if (values.VCC_CONFIG === undefined) {
    problems.push(
      ...newProblems(
        problems,
        accountContradictions(values, (name) => name, env),
      ),
    );
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values as Settings;
}

/**
 * Parses the settings that are set or have a default. The problem of an invalid value starts with
 * the name from `nameOf`. Problems quote only short values of settings for numbers or for words
 * from a list. They never quote settings in `hidden`. Other values may be secrets in the wrong
 * place.
 */
export function readSettings(
  texts: Environment,
  nameOf: NameSetting,
  hidden: ReadonlySet<SettingName> = new Set(),
): { values: Partial<Settings>; problems: string[] } {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const name of settingNames) {
    const { parse, fallback } = settings[name] as Setting<unknown>;
    const given = texts[name]?.trim() || fallback;
    if (given === undefined) continue;
    try {
      values[name] = parse(given);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      const received = error.received ?? (hidden.has(name) ? another : quoteValue(given, parse.quotable));
      problems.push(`${nameOf(name)}: expected ${error.expected}; received ${received}`);
    }
  }
  return { values: values as Partial<Settings>, problems };
}

const another = 'another value';

/**
 * Returns the words of a message for a wrong value: the value in quotes if it is safe and too short
 * for a credential, else "another value".
 */
export function quoteValue(value: string, quotable: boolean): string {
  return quotable && value.length < minCredentialLength ? JSON.stringify(value) : another;
}

/**
 * Returns the problems of settings without a problem in `known`. So an invalid value is not also
 * reported as missing.
 */
export function newProblems(known: readonly string[], problems: readonly string[]): string[] {
  const settingOf = (problem: string) => problem.split(': ', 1)[0];
  const named = new Set(known.map(settingOf));
  return problems.filter((problem) => !named.has(settingOf(problem)));
}

/** Returns problems of general settings that contradict each other. */
function contradictions(values: Partial<Settings>): string[] {
  const problems: string[] = [];
  const isSet = (name: SettingName) => values[name] !== undefined;
  const unused = (['VCC_SCRAPE_TOKENS', 'VCC_SCRAPE_USERS'] as const).filter(isSet);
  const auth = values.VCC_SCRAPE_AUTH;
  if (unused.length > 0 && (auth === 'none' || auth === 'iam')) {
    problems.push(
      `VCC_SCRAPE_AUTH: expected credentials, since ${unused.join(' and ')} is set; received "${auth}"`,
    );
  }
  const twice = identity.filter(isSet);
  if (isSet('VCC_CONFIG') && twice.length > 0) {
    problems.push(
      `VCC_CONFIG: expected either a list of accounts or the settings of a single one (${twice.join(', ')}); received both`,
    );
  }
  return problems;
}

/**
 * Returns problems of an account's settings that contradict each other. `own` are the texts of its
 * own settings, without general ones.
 */
export function accountContradictions(
  values: Partial<Settings>,
  nameOf: NameSetting,
  own: Environment,
): string[] {
  const problems: string[] = [];
  const isSet = (name: SettingName) => values[name] !== undefined;
  const [id, secret, secretId] = (['VCC_CLIENT_ID', 'VCC_CLIENT_SECRET', 'VCC_SECRET_ID'] as const).map(
    nameOf,
  );
  const idGiven = isSet('VCC_CLIENT_ID');
  if (isSet('VCC_SECRET_ID') && (idGiven || isSet('VCC_CLIENT_SECRET'))) {
    problems.push(`${secretId}: expected either a secret or ${id} and ${secret}; received both`);
  } else if (idGiven !== isSet('VCC_CLIENT_SECRET')) {
    const [given, missing] = idGiven ? [id, secret] : [secret, id];
    problems.push(`${missing}: expected a value, since ${given} is set; received nothing`);
  }
  const { VCC_PAGE_CONCURRENCY: pages = 0, VCC_CONCURRENCY: all = Number.POSITIVE_INFINITY } = values;
  if (pages > all) {
    problems.push(
      `${nameOf('VCC_PAGE_CONCURRENCY')}: expected at most ${all}, the requests of all accounts (VCC_CONCURRENCY); received ${pages}`,
    );
  }
  const hashed = values.VCC_AGENT_METRICS === 'hashed';
  const metrics = nameOf('VCC_AGENT_METRICS');
  if (hashed && !isSet('VCC_AGENT_KEY') && !isSet('VCC_SECRET_ID')) {
    problems.push(
      `${nameOf('VCC_AGENT_KEY')}: expected a key here or as agentKey in a secret, since ${metrics} is hashed; received nothing`,
    );
  }
  // A general one applies to the accounts that have queues.
  if (own.VCC_SKILLS && values.VCC_SKILLS === 'users-api' && values.VCC_QUEUES === 'off') {
    problems.push(
      `${nameOf('VCC_SKILLS')}: expected off, since ${nameOf('VCC_QUEUES')} is off; received "users-api"`,
    );
  }
  const numbers = values.VCC_QUEUES === 'on' && values.VCC_QUEUE_NUMBERS === 'hash';
  if (numbers && !hashed && !isSet('VCC_AGENT_KEY') && !isSet('VCC_SECRET_ID')) {
    problems.push(
      `${nameOf('VCC_AGENT_KEY')}: expected a key here or as agentKey in a secret, since ${nameOf('VCC_QUEUE_NUMBERS')} is hash; received nothing`,
    );
  }
  if (hashed && values.VCC_ROSTER_LABELS?.includes('name')) {
    problems.push(
      `${nameOf('VCC_ROSTER_LABELS')}: expected no name, since ${metrics} is hashed; received one`,
    );
  }
  for (const name of ['VCC_AGENT_INCLUDE', 'VCC_AGENT_EXCLUDE'] as const) {
    const column = values[name]?.column ?? 'agent_id';
    if (column !== 'agent_id' && !isSet('VCC_ROSTER')) {
      problems.push(
        `${nameOf(name)}: expected an expression for agent ids, since no ${nameOf('VCC_ROSTER')} is set; received one for a column`,
      );
    }
  }
  return problems;
}

function unknownSetting(name: string): string {
  // A name with other characters may be part of a file that contains secrets.
  if (!/^\w{1,40}$/.test(name))
    return 'VCC_*: expected names of settings with letters, digits and _ only; received another name';
  return `${name}: unknown setting${didYouMean(name, settingNames)}`;
}

/** Returns `; did you mean …?`, or an empty text when no known name is similar. */
export function didYouMean(name: string, known: readonly string[]): string {
  const nearest = closest(name, known);
  // Two swapped letters count as two. Three differences are a typo in a long name, and another word
  // in a short name.
  const most = Math.min(Math.max(3, name.length / 3), Math.ceil(nearest.length / 2));
  return distance(name, nearest) <= most ? `; did you mean ${nearest}?` : '';
}
