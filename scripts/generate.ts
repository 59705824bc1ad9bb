// Writes the files that derive from the code: pages of docs/, rules of alerts/,
// dashboards/grafana/.
import { mkdirSync, writeFileSync } from 'node:fs';
import { generatedFiles } from './generated-files.ts';

for (const [path, content] of Object.entries(generatedFiles())) {
  const file = new URL(`../${path}`, import.meta.url);
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, content);
  process.stdout.write(`${path}\n`);
}
