import { deadlineIn } from '../deadline.ts';
import { DocumentError, type ReadText } from '../documents/errors.ts';
import { isMapping, kindOf, parseYaml, type Value } from '../documents/yaml.ts';
import {
  ConfigError,
  didYouMean,
  type Environment,
  type NameSetting,
  newProblems,
  readSettings,
  settingNames,
} from './load.ts';
import type { Setting } from './setting.ts';
import { type SettingName, type Settings, settings } from './settings.ts';

/** A list whose entries are made of settings: what its fields are called, and what must be true of an entry. */
export interface ListKind {
  /** The one field of the document. */
  key: 'accounts' | 'destinations';
  /** As in "a list of at least one account". */
  one: string;
  fields: ReadonlyMap<string, SettingName>;
  /** The field by which entries differ. */
  name: SettingName;
  /** What an entry that says nothing itself has from the environment. */
  inherited(env: Environment, own: Environment): Environment;
  /** What does not go together in an entry. */
  contradictions(values: Partial<Settings>, nameOf: NameSetting): string[];
  /** What an entry must have, when it is not there; `isNamed`: it is there, whatever is wrong with it. */
  missing?(isNamed: (setting: SettingName) => boolean): string | undefined;
}

/** The fields of a list, and the settings that they are. */
export function fieldsOf(which: 'field' | 'destinationField'): ReadonlyMap<string, SettingName> {
  return new Map(
    settingNames.flatMap((name) => {
      const field = (settings[name] as Setting<unknown>)[which];
      return field === undefined ? [] : [[field, name] as const];
    }),
  );
}

/** Longest that reading a list may take. */
const readMs = 10_000;

/**
 * Reads a list of entries from where it is. `setting` is what an unreadable document is a problem of.
 * @throws ConfigError with every problem, named by its place in the list
 */
export async function loadList(
  kind: ListKind,
  setting: SettingName,
  source: { inline: string } | { location: string },
  env: Environment,
  readText: ReadText,
): Promise<Settings[]> {
  const name = 'inline' in source ? setting : source.location;
  const toReason = () =>
    new DocumentError(`${name}: not read within ${readMs / 1000} s`, { retryable: true });
  try {
    const text =
      'inline' in source ? source.inline : await readText(source.location, deadlineIn(readMs, { toReason }));
    return toEntries(kind, await parseYaml(text, name), name, env);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new ConfigError([`${setting}: ${error.message}`], { retryable: error.retryable });
  }
}

function toEntries(kind: ListKind, document: Value, name: string, env: Environment): Settings[] {
  const { key, one, fields } = kind;
  const problems: string[] = [];
  const unfit = (where: string, expected: string, received: string) => {
    problems.push(`${name}: ${where === '' ? '' : `${where}: `}expected ${expected}; received ${received}`);
  };
  const found: Settings[] = [];
  const seen = new Set<string>();
  const { [key]: entries, ...others } = isMapping(document) ? document : ({} as { [key: string]: Value });
  if (!isMapping(document)) unfit('', `a mapping with ${key}`, kindOf(document));
  else if (!Array.isArray(entries) || entries.length === 0) {
    unfit(key, `a list of at least one ${one}`, Array.isArray(entries) ? 'none' : kindOf(entries));
  }
  for (const other of Object.keys(others)) {
    problems.push(`${name}: ${quoteName(other)}: there is no such field${didYouMean(other, [key])}`);
  }
  for (const [index, entry] of (Array.isArray(entries) ? (entries as Value[]) : []).entries()) {
    const where = `${key}[${index}]`;
    if (!isMapping(entry)) {
      unfit(where, 'a mapping with a name', kindOf(entry));
      continue;
    }
    const { texts: own, fromVariables } = toTexts(entry, where);
    const nameOf = (setting: SettingName) => `${where}.${fieldOf(setting)}`;
    const ownName = own[kind.name];
    if (ownName === undefined) unfit(`${where}.name`, 'a name', 'nothing');
    else if (seen.has(ownName)) {
      unfit(`${where}.name`, `a name that no other ${one} has`, JSON.stringify(ownName));
    }
    if (ownName !== undefined) seen.add(ownName);
    const texts = { ...kind.inherited(env, own), ...own };
    const read = readSettings(texts, nameOf, fromVariables);
    const contradictions = kind.contradictions(read.values, nameOf);
    const unfitting = [...read.problems, ...newProblems(read.problems, contradictions)];
    problems.push(...unfitting.map((problem) => `${name}: ${problem}`));
    // One whose variable is not set has been named already.
    const named = (setting: SettingName) => own[setting] !== undefined || Boolean(texts[setting]);
    const missing = kind.missing?.(named);
    if (missing !== undefined) unfit(where, missing, 'neither');
    found.push(read.values as Settings);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return found;

  function fieldOf(setting: SettingName): string {
    return [...fields].find(([, each]) => each === setting)?.[0] ?? setting;
  }

  /** An entry's fields as texts, by the names of their settings, and which of them may be secrets in the wrong field. */
  function toTexts(entry: { readonly [key: string]: Value }, where: string) {
    const texts: Partial<Record<SettingName, string>> = {};
    const fromVariables = new Set<SettingName>();
    for (const [field, value] of Object.entries(entry)) {
      const setting = fields.get(field);
      if (setting === undefined) {
        const hint = didYouMean(field, [...fields.keys()]);
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
  if (listed && plain) return value.join(',');
  const mapped = Array.isArray(parse.schema.type) && parse.schema.type.includes('object');
  if (!mapped || !isMapping(value)) return undefined;
  const entries = Object.entries(value);
  return entries.every(([, part]) => typeof part === 'string' && !part.includes(','))
    ? entries.map((pair) => pair.join('=')).join(',')
    : undefined;
}

/** A key of the file, if it looks like one; a secret may stand where a key should. */
function quoteName(key: string): string {
  return /^\w{1,40}$/.test(key) ? key : 'a name that is not letters, digits and _';
}
