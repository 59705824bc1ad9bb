#!/usr/bin/env node
// What `npx vcc-exporter` runs. In a checkout it is there before anything is built: npx remembers
// for good that a file was missing.
import { existsSync } from 'node:fs';

const cli = new URL('../dist/cli.mjs', import.meta.url);
if (existsSync(cli)) await import(cli.href);
else {
  process.stderr.write('vcc-exporter: dist/cli.mjs is not built yet; run `npm run build` in the checkout\n');
  process.exitCode = 2;
}
