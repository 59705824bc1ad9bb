#!/usr/bin/env node
// The sender that a conformance suite drives (docs/explain/remote-write-conformance.md). It can be
// started by its path from any folder, in one process. A shell or a child of tsx would pass on
// neither the suite's environment unchanged nor its signal.
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
