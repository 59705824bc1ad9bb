import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

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

/** Longest that a package may take; a lock older than that was left behind. */
const longestMs = 60_000;

/** Runs one `serverless` at a time: all work in the folder .serverless, and tests run side by side. */
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

/** What `serverless package` says and makes with these parameters; nothing of AWS is in its environment. */
export function packageStack(parameters: Readonly<Record<string, string>> = {}): {
  status: number | null;
  output: string;
  template: Template;
  text: string;
} {
  const folder = mkdtempSync(join(tmpdir(), 'vcc-template-'));
  try {
    const params = Object.entries(parameters).map(([name, value]) => `--param=${name}=${value}`);
    const serverless = join(root, 'node_modules', 'serverless', 'bin', 'serverless.js');
    const done = alone(() =>
      spawnSync(process.execPath, [serverless, 'package', '--package', folder, ...params], {
        cwd: root,
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HOME: folder },
      }),
    );
    const output = done.stdout + done.stderr;
    if (done.status !== 0)
      return { status: done.status, output, template: { Resources: {}, Outputs: {} }, text: '' };
    const text = readFileSync(join(folder, 'cloudformation-template-update-stack.json'), 'utf8');
    return { status: 0, output, template: JSON.parse(text) as Template, text };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
