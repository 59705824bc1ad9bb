// npm start, after the install: builds, then serves. Both run in one process, since npm passes a
// signal only to the process that it started.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const pathOf = (file) => fileURLToPath(new URL(file, import.meta.url));
const { status } = spawnSync(process.execPath, [pathOf('build.mjs')], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
process.argv.splice(1, 1, pathOf('../dist/cli.mjs'), 'serve', '--demo-if-unset');
await import('../dist/cli.mjs');
