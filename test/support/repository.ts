import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The text of a file of this repository. */
export const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Folders that are not the project's own: installed, built, cached, deployed. */
const skipped = /^(?:node_modules|dist|\.?cache|\.git|\.serverless|\.terraform|cdk\.out|coverage)$/;

/**
 * The paths of files below a folder of this repository, without installed, built and cached ones.
 */
export function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (skipped.test(entry.name)) return [];
    const path = posix.join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}
