// Writes the files that derive from the code: docs/metrics.md, docs/configuration.md, docs/errors.md, docs/cost.md.
import { writeFileSync } from 'node:fs';
import { generatedFiles } from './generated-files.ts';

for (const [path, content] of Object.entries(generatedFiles())) {
  writeFileSync(new URL(`../${path}`, import.meta.url), content);
  process.stdout.write(`${path}\n`);
}
