#!/usr/bin/env node
// The sender that a conformance suite drives (docs/explain/remote-write-conformance.md). A file
// that can be started by its path from any folder, in one process: a shell or a child of tsx would
// not pass on the environment as the suite wrote it, nor the suite's signal.
import { existsSync, readFileSync } from 'node:fs';
import { register } from 'tsx/esm/api';

register();
const { run } = await import('./main.ts');

const raw = '/proc/self/environ';
process.exitCode = await run({
  args: process.argv.slice(2),
  env: process.env,
  environ: existsSync(raw) ? readFileSync(raw, 'utf8') : '',
  stopped: new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => resolve());
  }),
  log: (line) => process.stderr.write(`${line}\n`),
});
