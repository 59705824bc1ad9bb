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
  variablePrefix,
} from './load.ts';
import type { Setting } from './setting.ts';
import { type SettingName, type Settings, settings } from './settings.ts';

/**
 * A kind of list. Each entry consists of settings. This defines the names of their fields, and the
 * rules for an entry.
 */
export interface ListKind {
  /** The only field of the document. */
  key: 'accounts' | 'destinations';
  /** For messages such as "a list of at least one account". */
  one: string;
  fields: ReadonlyMap<string, SettingName>;
  /** The setting that must differ between entries. */
  name: SettingName;
  /** Returns the settings of the environment that apply where an entry has none. */
  inherited(env: Environment, own: Environment): Environment;
  /** Returns problems of settings that contradict each other. */
  contradictions(values: Partial<Settings>, nameOf: NameSetting, own: Environment): string[];
  /**
   * Returns words for the missing fields that follow "expected ", or undefined if none are missing.
   * `isNamed` returns true for a field that is present, even if its value is invalid.
   */
  missing?(isNamed: (setting: SettingName) => boolean): string | undefined;
}

/** Returns the settings of a list's fields, by field name. */
export function fieldsOf(which: 'field' | 'destinationField'): ReadonlyMap<string, SettingName> {
  return new Map(
    settingNames.flatMap((name) => {
      const field = (settings[name] as Setting<unknown>)[which];
      return field === undefined ? [] : [[field, name] as const];
    }),
  );
}

/**
 * Longest value of a field, in characters. The time to parse some settings grows with the square of
 * their length, and a list may have 10 MB.
 */
const maxValueLength = 10_000;

/** Longest time for reading a list. */
const readMs = 10_000;

/**
 * Reads the entries of a list. Messages about an unreadable document start with `setting`.
 * @throws ConfigError with all problems and their places in the list; retryable when a later read
 * may succeed
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
    problems.push(`${name}: ${quoteName(other)}: unknown field${didYouMean(other, [key])}`);
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
      unfit(`${where}.name`, `a name that no other ${one} has`, 'the name of an earlier one');
    }
    if (ownName !== undefined) seen.add(ownName);
    const texts = { ...kind.inherited(env, own), ...own };
    const read = readSettings(texts, nameOf, fromVariables);
    const contradictions = kind.contradictions(read.values, nameOf, own);
    const emptied = settingNames.filter((setting) => own[setting] === '').map((each) => `${nameOf(each)}: `);
    const unfitting = [...read.problems, ...newProblems([...read.problems, ...emptied], contradictions)];
    problems.push(...unfitting.map((problem) => `${name}: ${problem}`));
    // A field with an unusable variable counts as named: that problem is reported already.
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

  /**
   * Returns the fields of an entry as texts, by setting, and the settings with values from
   * variables. Messages must not quote these values: they may be secrets in the wrong field.
   */
  function toTexts(entry: { readonly [key: string]: Value }, where: string) {
    const texts: Partial<Record<SettingName, string>> = {};
    const fromVariables = new Set<SettingName>();
    for (const [field, value] of Object.entries(entry)) {
      const setting = fields.get(field);
      if (setting === undefined) {
        const hint = didYouMean(field, [...fields.keys()]);
        problems.push(`${name}: ${where}.${quoteName(field)}: unknown field${hint}`);
        continue;
      }
      const text = toText(value, settings[setting]);
      if (text === undefined) unfit(`${where}.${field}`, 'a text or number', kindOf(value));
      else if (text.length > maxValueLength) {
        unfit(`${where}.${field}`, `at most ${maxValueLength} characters`, 'more');
        texts[setting] = '';
      } else if (text !== '') texts[setting] = resolve(text, `${where}.${field}`);
      if (texts[setting] !== text) fromVariables.add(setting);
    }
    return { texts, fromVariables };
  }

  /**
   * Replaces `${NAME}` with a variable of the environment, so that a file needs no secrets. It
   * rejects variables without the prefix for lists. Otherwise the author of a list (perhaps an
   * object in S3) could send AWS credentials to an address in the same entry.
   */
  function resolve(text: string, where: string): string {
    const [, variable] = /^\$\{(\w+)\}$/.exec(text) ?? [];
    if (variable === undefined) return text;
    if (!variable.startsWith(variablePrefix)) {
      unfit(where, `a variable whose name begins with ${variablePrefix}`, 'another one');
      return '';
    }
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

/**
 * Returns a key of the file for a message. It quotes only names, since other texts may be secrets.
 */
function quoteName(key: string): string {
  return /^\w{1,20}$/.test(key) ? key : 'a name that is not letters, digits and _';
}
