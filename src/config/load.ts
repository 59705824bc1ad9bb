import { closest, distance } from 'fastest-levenshtein';
import { ExporterError } from '../errors.ts';
import { Unfit } from './parse.ts';
import { type Setting, type SettingName, type Settings, settings } from './settings.ts';

/** Settings that cannot be used; lists all that is wrong, a line each, never a value of a secret. */
export class ConfigError extends ExporterError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super('config', problems.join('\n'));
    this.problems = problems;
  }
}

/** The environment, or any other source of settings. */
export type Environment = Readonly<Record<string, string | undefined>>;

const names = Object.keys(settings) as SettingName[];

/**
 * Reads all settings; an empty variable counts as not set.
 * @throws ConfigError with every problem: values that do not fit, unknown VCC_* names, settings that contradict each other
 */
export function loadSettings(env: Environment): Settings {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const name of names) {
    const { parse, fallback, sensitive } = settings[name] as Setting<unknown>;
    const given = env[name]?.trim() || fallback;
    if (given === undefined) continue;
    try {
      values[name] = parse(given);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      const received = sensitive ? 'another value' : JSON.stringify(given);
      problems.push(`${name}: expected ${error.expected}; received ${received}`);
    }
  }
  for (const name of Object.keys(env)) {
    if (name.startsWith('VCC_') && !(name in settings)) problems.push(unknownSetting(name));
  }
  problems.push(...contradictions(values));
  if (problems.length > 0) throw new ConfigError(problems);
  return values as Settings;
}

/** Settings that do not go together. */
function contradictions(values: Partial<Record<SettingName, unknown>>): string[] {
  const problems: string[] = [];
  const isSet = (name: SettingName) => values[name] !== undefined;
  const idGiven = isSet('VCC_CLIENT_ID');
  if (isSet('VCC_SECRET_ID') && (idGiven || isSet('VCC_CLIENT_SECRET'))) {
    problems.push(
      'VCC_SECRET_ID: expected either a secret or VCC_CLIENT_ID and VCC_CLIENT_SECRET; received both',
    );
  } else if (idGiven !== isSet('VCC_CLIENT_SECRET')) {
    const [given, missing] = idGiven ? ['ID', 'SECRET'] : ['SECRET', 'ID'];
    problems.push(
      `VCC_CLIENT_${missing}: expected a value, since VCC_CLIENT_${given} is set; received nothing`,
    );
  }
  const unused = (['VCC_SCRAPE_TOKENS', 'VCC_SCRAPE_USERS'] as const).filter(isSet);
  const auth = values.VCC_SCRAPE_AUTH;
  if (unused.length > 0 && (auth === 'none' || auth === 'iam')) {
    problems.push(
      `VCC_SCRAPE_AUTH: expected credentials, since ${unused.join(' and ')} is set; received "${auth}"`,
    );
  }
  return problems;
}

function unknownSetting(name: string): string {
  // A name of other characters may be half a file, secrets included.
  if (!/^\w{1,100}$/.test(name))
    return 'a variable that begins with VCC_ has a name that is not letters, digits and _';
  const nearest = closest(name, names);
  const hint = distance(name, nearest) <= Math.max(3, name.length / 3) ? `; did you mean ${nearest}?` : '';
  return `${name}: there is no such setting${hint}`;
}
