import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

const toArguments = (parameters: Readonly<Record<string, string>>) =>
  Object.entries(parameters).map(([name, value]) => `${name}=${value}`);

/** Where osls keeps its compiled schema: compiling is slower than packaging. */
export const schemaCache = { SLS_SCHEMA_CACHE_BASE_DIR: join(root, '.cache') };

/** Without anything of AWS. */
const environmentIn = (home: string) => ({ PATH: process.env.PATH, HOME: home, ...schemaCache });

const readTemplate = (folder: string) => {
  const text = readFileSync(join(folder, 'cloudformation-template-update-stack.json'), 'utf8');
  return { template: JSON.parse(text) as Template, text };
};

/** A CloudFormation template. */
export interface Template {
  Resources: Record<string, Resource>;
  Outputs: Record<string, { Value: unknown }>;
}

/** One of its resources. */
export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
}

/** Longest duration of a package. An older lock was left behind. */
const longestMs = 60_000;

/**
 * Runs one `serverless` at a time: all work in the folder .serverless, and tests run side by side.
 */
export function alone<T>(work: () => T): T {
  const lock = join(root, '.cache', 'serverless.lock');
  mkdirSync(join(root, '.cache'), { recursive: true });
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
      if (Date.now() - since > longestMs) rmSync(lock, { recursive: true, force: true });
      // Blocks the worker, as the program itself does.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
  try {
    return work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/**
 * The output and results of `serverless package` with these parameters. Nothing of AWS is in its
 * environment.
 */
export function packageStack(parameters: Readonly<Record<string, string>> = {}): {
  status: number | null;
  output: string;
  template: Template;
  text: string;
} {
  const folder = mkdtempSync(join(tmpdir(), 'vcc-template-'));
  try {
    const params = toArguments(parameters).map((each) => `--param=${each}`);
    const serverless = join(root, 'node_modules', 'serverless', 'bin', 'serverless.js');
    const done = alone(() =>
      spawnSync(process.execPath, [serverless, 'package', '--package', folder, ...params], {
        cwd: root,
        encoding: 'utf8',
        env: environmentIn(folder),
      }),
    );
    const output = done.stdout + done.stderr;
    if (done.status !== 0)
      return { status: done.status, output, template: { Resources: {}, Outputs: {} }, text: '' };
    return { status: 0, output, ...readTemplate(folder) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The stacks with these parameters, under the names of the variants. One process packages all of
 * them, with the zips that scripts/build.mjs left in dist.
 * @throws Error with the output if one of them cannot be packaged
 */
export function packageStacks<Name extends string>(
  variants: Readonly<Record<Name, Readonly<Record<string, string>>>>,
): Record<Name, { template: Template; text: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'vcc-templates-'));
  try {
    const all = Object.entries<Readonly<Record<string, string>>>(variants);
    const { status, stderr } = alone(() =>
      spawnSync(process.execPath, [join(root, 'test', 'support', 'package-stacks.mjs'), folder], {
        input: JSON.stringify(all.map(([, parameters]) => toArguments(parameters))),
        encoding: 'utf8',
        env: environmentIn(folder),
      }),
    );
    if (status !== 0) throw new Error(stderr);
    const made = all.map(([name], index) => [name, readTemplate(join(folder, String(index)))]);
    return Object.fromEntries(made) as Record<Name, { template: Template; text: string }>;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
