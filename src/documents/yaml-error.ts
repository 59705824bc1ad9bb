import type { YAMLException } from 'js-yaml';

/** Messages for the parser's errors. */
const problems: readonly (readonly [reason: RegExp, problem: string])[] = [
  [
    /\balias\b/,
    'a value that begins with * is an alias, and its anchor does not exist; if it is a text, put quotes around it',
  ],
  [/\btag\b/i, 'a value that begins with ! has a tag; if it is a text, put quotes around it'],
  [/\banchor\b/, 'a value that begins with & has an anchor; if it is a text, put quotes around it'],
  [/duplicated mapping key/, 'a key occurs twice'],
  [/quoted scalar/, 'the closing quote is missing'],
  [/flow collection/, 'a bracket or a comma is missing'],
  [/tab characters/, 'tabs must not be used to indent'],
  [/indentation/, 'the indentation is wrong'],
  [/escape sequence|hexadecimal/, 'an unknown escape with a backslash in double quotes'],
  [/non-printable|valid JSON character|null byte/, 'a character that is not printable'],
  [/single document/, 'only one document is allowed'],
  [/input is empty/, 'it is empty'],
  [/maxDepth/, 'it is nested too deeply'],
  [/mapping/, 'expected key: value here'],
];

/**
 * Describes an error of js-yaml without its own message, which quotes the document. For example,
 * the tag in `client_secret: !…` may be the secret. `where` follows the name of the document in
 * messages. It is empty for an error without a place.
 */
export function describeYamlError(error: unknown): { where: string; problem: string } {
  const { reason = '', mark } = error as Partial<YAMLException>;
  const [, problem] = problems.find(([pattern]) => pattern.test(reason)) ?? [];
  return {
    where: mark ? `, line ${mark.line + 1}, column ${mark.column + 1}` : '',
    problem: problem ?? 'this is not valid YAML',
  };
}
