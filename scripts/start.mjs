// npm start, after the install: builds, then serves. Both run in one process, since npm passes a
// signal only to the process that it started.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// npm keeps options without `--` for itself, and passes on only their values.
const kept = ['demo', 'host', 'port'].find((name) => process.env[`npm_config_${name}`] !== undefined);
const [first = '-'] = process.argv.slice(2);
if (kept !== undefined || !first.startsWith('-')) {
  process.stderr.write('npm start: options must follow --, as in: npm start -- --port 9800\n');
  process.exit(2);
}

const pathOf = (file) => fileURLToPath(new URL(file, import.meta.url));
const { status } = spawnSync(process.execPath, [pathOf('build.mjs')], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
process.argv.splice(1, 1, pathOf('../dist/cli.mjs'), 'serve', '--demo-if-unset');
await import('../dist/cli.mjs');
