import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { ConfigError, type Environment } from '../config/load.ts';
import { DocumentError } from '../documents/errors.ts';
import { decodeText } from '../documents/text.ts';

/** Reads a .env file; undefined when there is none. @throws ConfigError, which names the file and never quotes it */
export async function readEnvFile(path: string): Promise<Environment | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    const reasons: Record<string, string> = { EISDIR: 'is a folder', EACCES: 'may not be read' };
    throw new ConfigError([`${path}: ${reasons[code] ?? `cannot be read (${code})`}`]);
  }
  try {
    return parseEnvText(decodeText(bytes, path), path);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new ConfigError([error.message]);
  }
}

const closingQuote = 'a closing quote on the same line';

const name = /^\s*(?:export\s+)?(\w+)\s*=/;

/**
 * Reads lines `NAME=value`, with `export` before them or not, values in quotes or not, and comments; any line ends.
 * @throws ConfigError with every line that Node's own parser would misread: half a secret must not pass for a whole one
 */
export function parseEnvText(text: string, path: string): Environment {
  const lines = text.split(/\r\n|\n|\r/);
  const problems: string[] = [];
  for (const [index, line] of lines.entries()) {
    const expected = expectedIn(line);
    if (expected === undefined) continue;
    problems.push(`${path}, line ${index + 1}: expected ${expected}`);
    // What follows may be the rest of that value.
    if (expected === closingQuote) break;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  // Node.js 20 takes the second space after `export` for a part of the name.
  return parseEnv(lines.map((line) => line.replace(name, '$1=')).join('\n')) as Environment;
}

/** What should stand in a line in place of what does; undefined: it is well written. */
function expectedIn(line: string): string | undefined {
  const empty = /^\s*(?:#.*)?$/;
  if (empty.test(line)) return undefined;
  const [start] = name.exec(line) ?? [];
  if (start === undefined) return 'NAME=value';
  const value = line.slice(start.length);
  const [quoted, quote] = /^\s*(["'`])/.exec(value) ?? [];
  if (quoted === undefined || quote === undefined) {
    // Some take it for the start of a comment, others for a part of the value.
    return /^(?:[^#]*[^#\s])?#/.test(value) ? 'quotes around a value with a # in it' : undefined;
  }
  const end = value.indexOf(quote, quoted.length);
  if (end < 0) return closingQuote;
  if (quote === '"' && value.slice(0, end).includes('\\n')) {
    return 'single quotes around a value with \\n in it, which stands for a line break in double quotes';
  }
  return empty.test(value.slice(end + 1)) ? undefined : 'nothing but a comment behind the closing quote';
}
