import type { YAMLException } from 'js-yaml';

/** What the parser complains about, in our words. */
const problems: readonly (readonly [reason: RegExp, problem: string])[] = [
  [
    /\balias\b/,
    'a value that begins with * is an alias, and this one has no anchor; put quotes around another value',
  ],
  [/\btag\b/i, 'a value that begins with ! has a tag; put quotes around another value'],
  [/\banchor\b/, 'a value that begins with & has an anchor; put quotes around another value'],
  [/duplicated mapping key/, 'a key that is there twice'],
  [/quoted scalar/, 'the closing quote is missing'],
  [/flow collection/, 'a bracket or a comma is missing'],
  [/tab characters/, 'tabs must not be used to indent'],
  [/indentation/, 'the indentation does not fit'],
  [/escape sequence|hexadecimal/, 'an unknown escape with a backslash in double quotes'],
  [/non-printable|valid JSON character|null byte/, 'a character that is not printable'],
  [/single document/, 'only one document is allowed'],
  [/input is empty/, 'it is empty'],
  [/maxDepth/, 'it is nested too deeply'],
  [/mapping/, 'expected key: value here'],
];

/**
 * Describes an error of js-yaml in our own words, since its words quote the document: the tag in
 * `client_secret: !…` may be the secret. `where` follows the name of the document, and is empty for
 * an error without a place.
 */
export function describeYamlError(error: unknown): { where: string; problem: string } {
  const { reason = '', mark } = error as Partial<YAMLException>;
  const [, problem] = problems.find(([pattern]) => pattern.test(reason)) ?? [];
  return {
    where: mark ? `, line ${mark.line + 1}, column ${mark.column + 1}` : '',
    problem: problem ?? 'this is not valid YAML',
  };
}
