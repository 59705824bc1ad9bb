import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Ended, type Running, start } from './process.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const repository = 'https://github.com/vcc-exporter/vcc-exporter.git';

/**
 * A user with a new machine: an empty home folder, and a shell in which one command follows the
 * other.
 */
export interface Newcomer {
  home: string;
  /** The current folder of the shell. */
  folder(): string;
  /**
   * Runs a block of commands to its end, and answers its questions.
   * @throws Error when one of the commands fails
   */
  type(block: string, answers?: string): Promise<string>;
  /** The same for a block whose last line is a command that goes on until it is stopped. */
  begin(block: string): Promise<Running>;
}

/** A repository whose branch main is the commit checked out here, on any branch or none. */
function createOrigin(folder: string): string {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'safe.directory=*', ...args], { stdio: 'pipe' });
  git('init', '--quiet', '--bare', '--initial-branch=main', folder);
  git('-C', folder, 'fetch', '--quiet', '--update-shallow', root, 'HEAD:refs/heads/main');
  return folder;
}

/**
 * `env` is set in the shell, and `folders` come first on PATH. The shell forgets what is not
 * exported, except for the variables that the commands set. For the shell, the repository's address
 * is this checkout with its committed files.
 */
export function createNewcomer(
  home: string,
  env: Readonly<Record<string, string>> = {},
  folders: readonly string[] = [],
): Newcomer {
  mkdirSync(join(home, 'state'), { recursive: true });
  const origin = createOrigin(join(home, 'origin.git'));
  writeFileSync(join(home, '.gitconfig'), `[url "file://${origin}"]\n\tinsteadOf = ${repository}\n`);
  const state = { cwd: join(home, 'state', 'cwd'), variables: join(home, 'state', 'variables') };
  const PATH = [...folders, dirname(process.execPath), process.env.PATH].join(delimiter);

  function folder(): string {
    return existsSync(state.cwd) ? readFileSync(state.cwd, 'utf8').trim() : home;
  }

  const options = () => ({ folder: folder(), env: { ...env, PATH, HOME: home } });
  /** The folder at the end of the last block. */
  const goOn = `[ ! -e '${state.variables}' ] || . '${state.variables}'`;

  async function type(block: string, answers?: string): Promise<string> {
    // -a: exports each variable that a command sets, so that the next block has it.
    const script = `set -aeuo pipefail
${goOn}
trap 'pwd > "${state.cwd}"; export -p | grep -v " PWD=\\| OLDPWD=\\| SHLVL=" > "${state.variables}"' EXIT
${block}`;
    const shell = start('bash', ['-c', script], {
      ...options(),
      ...(answers !== undefined && { input: answers }),
    });
    const ended: Ended = await shell.end(180_000);
    if (ended.status === 0) return ended.stdout + ended.stderr;
    throw new Error(`status ${ended.status} of\n${block}\n${ended.stdout}\n${ended.stderr}`);
  }

  return {
    home,
    folder,
    type,
    async begin(block) {
      const lines = block.trimEnd().split('\n');
      const last = lines.pop()!;
      if (lines.length > 0) await type(lines.join('\n'));
      // The command replaces the shell, so that it can be stopped.
      return start('bash', ['-c', `${goOn}\nexec bash -c "$0"`, last], options());
    },
  };
}
