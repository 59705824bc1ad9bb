// Functions for the getters of parts: running tools, and folders in .cache/e2e that are complete or
// absent.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = fileURLToPath(new URL('../../', import.meta.url));
/** The folder that keeps parts from run to run. */
export const cache = join(root, '.cache', 'e2e');
/** Whether this is Windows. */
export const windows = process.platform === 'win32';

/** A part is missing. The message says why. */
export class Missing extends Error {}

/** Runs a tool to its end. Returns its output. @throws Missing with the last lines of its output */
export function run(file, args, options = {}) {
  const done = spawnSync(file, args, { encoding: 'utf8', timeout: 5 * 60_000, cwd: cache, ...options });
  if (done.error) {
    throw new Missing(
      done.error.code === 'ENOENT' ? `${file} is not installed` : `${file}: ${done.error.message}`,
    );
  }
  if (done.status !== 0) {
    const last = `${done.stdout}\n${done.stderr}`.trim().split('\n').slice(-3).join(' / ');
    throw new Missing(
      `${[file, ...args].join(' ')}: ended with ${done.status ?? done.signal}${last && `: ${last}`}`,
    );
  }
  return `${done.stdout}${done.stderr}`.trim();
}

/** Returns the result of `attempt`, or undefined if it throws Missing. */
export function orNothing(attempt) {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof Missing) return undefined;
    throw error;
  }
}

/** Returns the file of a program on PATH. Undefined if there is none. */
export function onPath(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, windows ? `${name}.exe` : name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** Creates a complete folder. If it is interrupted, the next run finds no folder. */
export function makeFolder(name, fill) {
  const target = join(cache, name);
  const draft = `${target}.draft`;
  for (const folder of [target, draft]) rmSync(folder, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  fill(draft);
  renameSync(draft, target);
}
