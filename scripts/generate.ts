// Writes the files that are generated from the code: pages in docs/, rules in alerts/, and
// dashboards/grafana/.
import { mkdirSync, writeFileSync } from 'node:fs';
import { generatedFiles } from './generated-files.ts';

for (const [path, content] of Object.entries(generatedFiles())) {
  const file = new URL(`../${path}`, import.meta.url);
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, content);
  process.stdout.write(`${path}\n`);
}
