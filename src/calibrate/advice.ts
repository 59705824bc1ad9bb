import type { Semantics } from '../snapshot/semantics.ts';
import { type KnownValues, openFields } from '../snapshot/vocabulary.ts';
import type { Findings } from './observer.ts';

/** The settings of an account that a calibration may change, as they are now. */
export interface CurrentSettings {
  semantics: Semantics | undefined;
  known: KnownValues | undefined;
  pageSize: number;
}

/** The settings that a calibration may advise, with their fields in VCC_CONFIG. */
export const advisedFields = {
  VCC_SEMANTICS: 'semantics',
  VCC_KNOWN_VALUES: 'known_values',
  VCC_PAGE_SIZE: 'page_size',
  VCC_HOSTS: 'hosts',
} as const;

/** The texts of settings to set. */
export type Advice = Partial<Record<keyof typeof advisedFields, string>>;

/**
 * Returns the settings to set, with what is set already. A verdict takes the place of the answer
 * that is set; without a verdict, that answer stays.
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
  // A size that was refused costs a request at each start and each hour.
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

/** Returns lines `NAME=value` of an env file. */
export function toEnvLines(advice: Advice): string[] {
  return Object.entries(advice).map(([name, value]) => `${name}=${quoteForEnv(value)}`);
}

/** Quotes what a shell, Docker and systemd would read in different ways. */
function quoteForEnv(value: string): string {
  if (/^[\w=,.:/-]*$/.test(value)) return value;
  // Words of the API have no quotes; those that were set before might.
  const quote = ["'", '"', '`'].find((each) => !value.includes(each)) ?? '';
  return `${quote}${value}${quote}`;
}

/** Returns entries of the list in VCC_CONFIG. */
export function toYamlLines(accounts: readonly { name: string; advice: Advice }[]): string[] {
  return accounts.flatMap(({ name, advice }) => [
    `  - name: ${JSON.stringify(name)}`,
    ...Object.entries(advice).map(
      ([setting, value]) => `    ${advisedFields[setting as keyof Advice]}: ${JSON.stringify(value)}`,
    ),
  ]);
}

/**
 * Puts lines into the text of an env file: in the place of the lines that set the same names, or at its end. All other lines
 * stay as they are.
 */
export function mergeEnv(text: string, advice: Advice): string {
  const lines = new Map(Object.keys(advice).map((name, index) => [name, toEnvLines(advice)[index]!]));
  const eol = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
  // Each line with its own end.
  const kept = text.split(/(?<=\n|\r(?!\n))/).flatMap((line) => {
    const [, start = '', name = ''] = /^(\s*(?:export\s+)?)(\w+)\s*=/.exec(line) ?? [];
    if (!Object.hasOwn(advice, name)) return [line];
    const replacement = lines.get(name);
    // The last line of a name counts, and a second one is gone then.
    lines.delete(name);
    const [end] = /[\r\n]*$/.exec(line)!;
    return replacement === undefined ? [] : [`${start}${replacement}${end}`];
  });
  if (/[^\r\n]$/.test(kept.join(''))) kept.push(eol);
  return [...kept, ...[...lines.values()].map((line) => `${line}${eol}`)].join('');
}
