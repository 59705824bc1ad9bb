import { posix } from 'node:path';

/** Returns a row of a table in Markdown. */
export function row(...cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/**
 * Returns a page of `folder` with each `docs/….md` as a link. Help and messages name pages by path,
 * since a terminal has no links.
 */
export function withLinks(folder: string, page: string): string {
  return page.replace(/(?<![\w./(])docs\/[\w/-]+\.md/g, (path) => {
    return `[${posix.basename(path)}](${posix.relative(folder, path)})`;
  });
}
