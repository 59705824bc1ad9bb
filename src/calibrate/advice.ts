import type { Semantics } from '../snapshot/semantics.ts';
import { type KnownValues, openFields } from '../snapshot/vocabulary.ts';
import type { Findings } from './observer.ts';

/** The current values of the settings of an account that a calibration may advise to change. */
export interface CurrentSettings {
  semantics: Semantics | undefined;
  known: KnownValues | undefined;
  pageSize: number;
}

/** The settings that a calibration may advise to set, with their fields in VCC_CONFIG. */
export const advisedFields = {
  VCC_SEMANTICS: 'semantics',
  VCC_KNOWN_VALUES: 'known_values',
  VCC_PAGE_SIZE: 'page_size',
  VCC_HOSTS: 'hosts',
} as const;

/** The settings to set, and their values as texts. */
export type Advice = Partial<Record<keyof typeof advisedFields, string>>;

/**
 * Returns the settings to set. They include the answers and words that are set already. A verdict
 * replaces the answer that is set. Without a verdict, that answer stays.
 */
export function toAdvice({ verdicts, words, paging }: Findings, current: CurrentSettings): Advice {
  const found = verdicts.flatMap(({ question, answer }) =>
    answer === undefined ? [] : [[question, answer]],
  );
  const semantics: Record<string, string> = { ...current.semantics, ...Object.fromEntries(found) };
  const known = openFields.flatMap((field) => [
    ...(current.known?.[field] ?? []).map((word) => `${field}=${word}`),
    ...words.flatMap((each) =>
      each.field === field && each.word !== undefined ? [`${field}=${each.word}`] : [],
    ),
  ]);
  // A refused size costs one more request at each start and every hour.
  const { asked, refused } = paging;
  const size = refused.includes(current.pageSize) ? asked : undefined;
  return {
    ...toText(
      'VCC_SEMANTICS',
      Object.entries(semantics).map((pair) => pair.join('=')),
    ),
    ...toText('VCC_KNOWN_VALUES', known),
    ...(size !== undefined && { VCC_PAGE_SIZE: String(size) }),
  };
}

const toText = (name: keyof Advice, parts: readonly string[]): Advice =>
  parts.length === 0 ? {} : { [name]: parts.join(',') };

/** Returns the settings as lines `NAME=value` of an env file. */
export function toEnvLines(advice: Advice): string[] {
  return Object.entries(advice).map(([name, value]) => `${name}=${quoteForEnv(value)}`);
}

/** Quotes a value that a shell, Docker and systemd would read in different ways. */
function quoteForEnv(value: string): string {
  if (/^[\w=,.:/-]*$/.test(value)) return value;
  // Words from the API have no quotes. Words that were set before might have some.
  const quote = ["'", '"', '`'].find((each) => !value.includes(each)) ?? '';
  return `${quote}${value}${quote}`;
}

/** Returns the settings as entries of the list in VCC_CONFIG. */
export function toYamlLines(accounts: readonly { name: string; advice: Advice }[]): string[] {
  return accounts.flatMap(({ name, advice }) => [
    `  - name: ${JSON.stringify(name)}`,
    ...Object.entries(advice).map(
      ([setting, value]) => `    ${advisedFields[setting as keyof Advice]}: ${JSON.stringify(value)}`,
    ),
  ]);
}

/**
 * Sets settings in the text of an env file. A setting replaces the line that sets it, or becomes a
 * new line at the end. All other lines stay as they are.
 */
export function mergeEnv(text: string, advice: Advice): string {
  const lines = new Map(Object.keys(advice).map((name, index) => [name, toEnvLines(advice)[index]!]));
  const eol = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
  // Each line keeps its line break.
  const kept = text.split(/(?<=\n|\r(?!\n))/).flatMap((line) => {
    const [, start = '', name = ''] = /^(\s*(?:export\s+)?)(\w+)\s*=/.exec(line) ?? [];
    if (!Object.hasOwn(advice, name)) return [line];
    const replacement = lines.get(name);
    // The last line of a name takes precedence, so replace the first one and drop the others.
    lines.delete(name);
    const [end] = /[\r\n]*$/.exec(line)!;
    return replacement === undefined ? [] : [`${start}${replacement}${end}`];
  });
  if (/[^\r\n]$/.test(kept.join(''))) kept.push(eol);
  return [...kept, ...[...lines.values()].map((line) => `${line}${eol}`)].join('');
}
