import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The command of a program in TypeScript that imports from ./src. */
export const commandOf = (program: string, ...args: string[]): [string, ...string[]] => [
  process.execPath,
  ...['--import', 'tsx', '--input-type=module', '--eval', program],
  ...args,
];

/** The folder to run {@link commandOf} in. */
export const programFolder = root;

/**
 * Runs a program in a separate process, after a command of the shell, such as `umask 0`. Returns
 * its output, as JSON.
 */
export async function inChild<T>(before: string, program: string, ...args: string[]): Promise<T> {
  const shell = ['-c', `${before}; exec "$@"`, 'sh', ...commandOf(program, ...args)];
  const { stdout } = await promisify(execFile)('sh', shell, { cwd: root });
  return JSON.parse(stdout);
}
