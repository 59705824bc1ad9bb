import { basename, dirname, join, resolve } from 'node:path';
import { Option } from 'commander';
import { createReadText } from '../app/places.ts';
import { ConfigError } from '../config/load.ts';
import { DocumentError } from '../documents/errors.ts';
import { makeFolder, removeUnfinished, writeWhole } from '../files/write.ts';
import type { Command } from './command.ts';
import { type Terminal, untilStopped } from './terminal.ts';

/** Writes rules and dashboards for the user's thresholds. */
export const rules: Command<{ thresholds?: string; out?: string }> = {
  name: 'rules',
  summary: 'write alerting rules and dashboards with your thresholds',
  about:
    'Writes the rules for Prometheus, the rules for Grafana and the dashboards to a folder. Overwrites files with the same names. The last line says how many alerts are off, and how many have other thresholds than the shipped ones.',
  options: [
    new Option('--out <folder>', 'the folder to write to; required'),
    new Option(
      '--thresholds <file>',
      'a YAML file with your thresholds (docs/use/alerts.md); the others keep their shipped values',
    ),
  ],
  sections: [],
  statuses: ['the files were written', 'it failed'],
  examples: ['rules --out monitoring', 'rules --thresholds mine.yml --out monitoring'],
  async run(terminal, { thresholds, out }) {
    if (!out) throw new ConfigError(['--out: expected a folder to write to; received nothing']);
    const text = thresholds === undefined ? undefined : await readThresholds(terminal, thresholds);
    const { generateRuleFiles } = await importRuleFiles();
    const made = generateRuleFiles(text === undefined ? undefined : { name: thresholds!, text });
    if ('problems' in made) throw new ConfigError(made.problems);
    await writeFiles(resolve(terminal.folder, out), made.files);
    // Only now, since a reader that closes early (`| head`) ends the process.
    for (const path of Object.keys(made.files)) terminal.print(join(out, path));
    terminal.print(made.summary);
    return 0;
  },
};

/** @throws ConfigError */
async function readThresholds(terminal: Terminal, path: string): Promise<string> {
  try {
    return await createReadText()(resolve(terminal.folder, path), untilStopped(terminal));
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new ConfigError([`--thresholds: ${error.message}`]);
  }
}

/** Loads alerts and dashboards. No other command needs them, so they have a separate bundle. */
async function importRuleFiles() {
  try {
    return await import('../rule-files.ts');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ConfigError([
      'rules: expected the file rule-files.mjs beside cli.mjs; run the command from the npm package or from a checkout',
    ]);
  }
}

const reasons: Record<string, string> = {
  EEXIST: 'is not a folder',
  ENOTDIR: 'is not a folder',
  EISDIR: 'is a folder',
  EACCES: 'may not be written',
  EPERM: 'may not be written',
  EROFS: 'is on a read-only file system',
  ENOSPC: 'there is no space left',
};

/** Prometheus and Grafana read these files as other users, so the umask alone decides who may. */
const fileMode = 0o666;
const folderMode = 0o777;

/** @throws ConfigError */
async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  let at = folder;
  try {
    // First this folder, so that an error names it and not a folder in it.
    await makeFolder(folder, folderMode);
    for (const [path, content] of Object.entries(files)) {
      const file = join(folder, path);
      at = dirname(file);
      await makeFolder(at, folderMode);
      at = file;
      await writeWhole(dirname(file), basename(file), content, fileMode);
      await removeUnfinished(dirname(file), { file: basename(file) });
    }
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new ConfigError([`--out: ${at}: ${reasons[code] ?? `cannot be written (${code})`}`]);
  }
}
