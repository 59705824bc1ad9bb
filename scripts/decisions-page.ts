import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../docs/decisions/', import.meta.url);

/** Returns docs/decisions/README.md: the titles of all decisions. */
export function decisionsPage(notice: string): string {
  const rows = readdirSync(folder)
    .filter((name) => /^\d{4}-.*\.md$/.test(name))
    .sort()
    .map((name) => {
      const [title = ''] = readFileSync(new URL(name, folder), 'utf8').split('\n');
      return `- [${name.slice(0, 4)}](${name}): ${title.replace(/^# \d+[.:] /, '')}`;
    });
  return `${notice}
# Decisions

Design decisions, with their reasons. There is no decision 0027.

${rows.join('\n')}
`;
}
