/** A page without its blocks of code, in which `#` and brackets mean something else. */
const withoutCode = (text: string) => text.replace(/^( *)(```+)[^\n]*\n[\s\S]*?^\1\2 *$/gm, '');

/** The headings of a page of Markdown, in order, as they are written. */
export function headingsOf(text: string): string[] {
  return [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
}

/**
 * The anchors of a page's headings, as GitHub makes them. A second heading with the same words gets
 * `-1`.
 */
export function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>();
  return headingsOf(text).map((heading) => {
    const anchor = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
}

/** The targets of a page's links and pictures, in order. */
export function linksOf(text: string): string[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
}
