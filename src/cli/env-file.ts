import { access, constants, lstat, readFile, realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigError, type Environment } from '../config/load.ts';
import { DocumentError } from '../documents/errors.ts';
import { decodeText } from '../documents/text.ts';
import { describeFileError, removeUnfinished, writeWhole } from '../files/write.ts';

/**
 * Reads an env file. Returns undefined when it does not exist.
 * @throws ConfigError that names the file and never quotes it
 */
export async function readEnvFile(path: string): Promise<Environment | undefined> {
  return (await readEnvText(path))?.values;
}

/**
 * Changes the text of an env file, or creates one that only this user may read. After a failure the
 * file has its old or its new text.
 * @throws ConfigError that names the file and never quotes it, or the system's error
 */
export async function rewriteEnvFile(path: string, change: (text: string) => string): Promise<void> {
  const current = await readEnvText(path);
  const text = change(current?.text ?? '');
  parseEnvText(text, path);
  // A link stays a link.
  const target = current ? await realpath(path) : path;
  await writeWhole(dirname(target), basename(target), text);
  await removeUnfinished(dirname(target), { file: basename(target) });
}

/**
 * Finds out whether {@link rewriteEnvFile} can work, without writing anything.
 * @throws ConfigError that names the file and never quotes it
 */
export async function checkRewrite(path: string): Promise<void> {
  const current = await readEnvText(path);
  const isThere = await lstat(path).then(Boolean, () => false);
  if (!current && isThere) throw new ConfigError([`${path}: is a link to a file that does not exist`]);
  const target = current ? await realpath(path) : path;
  await checkFolder(dirname(target)).catch((error) => {
    throw new ConfigError([`${path}: cannot be written (${describeFileError(error)})`]);
  });
}

/**
 * Checks that files can be created in a folder. If the folder does not exist, checks its parent.
 * @throws the system's error
 */
async function checkFolder(folder: string): Promise<void> {
  const above = dirname(folder);
  try {
    await access(folder, constants.W_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === folder) throw error;
    await checkFolder(above);
  }
}

async function readEnvText(path: string): Promise<{ text: string; values: Environment } | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    const reasons: Record<string, string> = { EISDIR: 'is a folder', EACCES: 'no permission to read it' };
    throw new ConfigError([`${path}: ${reasons[code] ?? `cannot be read (${code})`}`]);
  }
  try {
    const text = decodeText(bytes, path);
    return { text, values: parseEnvText(text, path) };
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new ConfigError([error.message]);
  }
}

const closingQuote = 'a closing quote on the same line';

const empty = /^\s*(?:#.*)?$/;
const name = /^\s*(?:export\s+)?(\w+)\s*=/;

/**
 * Parses lines `NAME=value` and comments. `export` before the name and quotes around the value are
 * allowed.
 * @throws ConfigError with every line that Node's parser would misread. Otherwise a part of a
 * secret could be used as the secret.
 */
export function parseEnvText(text: string, path: string): Environment {
  const lines = text.split(/\r\n|\n|\r/);
  const problems: string[] = [];
  for (const [index, line] of lines.entries()) {
    const expected = expectedIn(line);
    if (expected === undefined) continue;
    problems.push(`${path}, line ${index + 1}: expected ${expected}`);
    // The next lines may continue that value.
    if (expected === closingQuote) break;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  // Node.js 20 reads a second space after `export` as part of the name. It reads a comment after a
  // space that is not ASCII, or at the end of the file, as a name that includes the next line.
  const assignments = lines.filter((line) => !empty.test(line)).map((line) => line.replace(name, '$1='));
  return parseEnv(assignments.join('\n')) as Environment;
}

/** Returns what the line should contain. Undefined for a valid line. */
function expectedIn(line: string): string | undefined {
  if (empty.test(line)) return undefined;
  const [start] = name.exec(line) ?? [];
  if (start === undefined) return 'NAME=value';
  const value = line.slice(start.length);
  const [quoted, quote] = /^\s*(["'`])/.exec(value) ?? [];
  if (quoted === undefined || quote === undefined) {
    // Some parsers read # as the start of a comment, others as part of the value.
    return /^(?:[^#]*[^#\s])?#/.test(value) ? 'quotes around a value with a # in it' : undefined;
  }
  const end = value.indexOf(quote, quoted.length);
  if (end < 0) return closingQuote;
  if (quote === '"' && value.slice(0, end).includes('\\n')) {
    return 'single quotes around a value with \\n, since \\n in double quotes is a line break';
  }
  return empty.test(value.slice(end + 1)) ? undefined : 'only a comment after the closing quote';
}
