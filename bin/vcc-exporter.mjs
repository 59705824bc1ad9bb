#!/usr/bin/env node
// `npx vcc-exporter` runs this file. It must exist in a checkout before the build: otherwise npx
// remembers permanently that the file is missing.
import { existsSync } from 'node:fs';

const cli = new URL('../dist/cli.mjs', import.meta.url);
if (existsSync(cli)) await import(cli.href);
else {
  process.stderr.write('vcc-exporter: dist/cli.mjs is not built yet; run `npm run build` in the checkout\n');
  process.exitCode = 2;
}
