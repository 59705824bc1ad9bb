import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Parts } from './parts.ts';

/** The findings of cfn-lint for a template, line by line, without the checks named. */
export function lintTemplate(
  { python, env }: Parts['cfnLint'],
  template: string,
  ignored: readonly string[] = [],
): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'vcc-e2e-template-'));
  try {
    const file = join(folder, 'template.json');
    writeFileSync(file, template);
    const runner = 'import sys; from cfnlint.runner import main; sys.exit(main())';
    const ignore = ignored.length > 0 ? ['--ignore-checks', ...ignored] : [];
    const args = ['-c', runner, '--format', 'parseable', ...ignore, '--', file];
    const { stdout, stderr } = spawnSync(python, args, { encoding: 'utf8', env: { ...process.env, ...env } });
    return (stdout + stderr).split('\n').filter((line) => line.trim() !== '');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
