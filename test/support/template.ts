import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
    const done = spawnSync(process.execPath, [serverless, 'package', '--package', folder, ...params], {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: folder },
    });
    const output = done.stdout + done.stderr;
    if (done.status !== 0)
      return { status: done.status, output, template: { Resources: {}, Outputs: {} }, text: '' };
    const text = readFileSync(join(folder, 'cloudformation-template-update-stack.json'), 'utf8');
    return { status: 0, output, template: JSON.parse(text) as Template, text };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
